"""What Loadmaster itself is made of: every pin has a digest, the SBOM names each, and an audit of nothing is no success."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.kit.checkout import ROOT

CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there."""


def pins() -> list[Requirement]:
    return [Requirement(line.rstrip(" \\")) for line in CONSTRAINTS.splitlines() if re.match(r"[a-z0-9]", line)]


def test_every_pin_is_exact_and_has_its_digests_and_setup_asks_for_them() -> None:
    blocks = re.split(r"(?m)^(?=[a-z0-9])", CONSTRAINTS)[1:]
    assert len(blocks) == len(pins()) > 100
    assert [block.splitlines()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
    assert "--require-hashes -r constraints.txt" in (ROOT / "scripts" / "setup").read_text(encoding="utf-8")


def test_the_sbom_lists_every_pinned_package_in_its_version(tmp_path: Path) -> None:
    command = re.search(r"(?s)^sbom:.*?(cyclonedx-py .*?) -o", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert command is not None
    program, *options = command[1].replace("\\\n", " ").split()
    made = tmp_path / "sbom.json"
    argv = [str(Path(sys.executable).with_name(program)), *options, "-o", str(made), sys.executable]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    listed = {(canonicalize_name(each["name"]), each["version"]) for each in json.loads(made.read_text())["components"]}
    wanted = {
        (canonicalize_name(pin.name), next(iter(pin.specifier)).version)
        for pin in pins()
        if pin.marker is None or pin.marker.evaluate()
    }
    assert wanted - listed == set()
    assert len(wanted) > 100


def test_an_audit_that_reaches_nobody_says_so_and_fails() -> None:
    out_of_reach = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"), NOWHERE)
    environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | out_of_reach
    done = subprocess.run(
        [ROOT / "scripts" / "audit"], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 2
    assert "nothing was checked" in done.stderr
