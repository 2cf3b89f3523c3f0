"""`loadmaster smoke` with a real engine: the probe, several kernels, and a released program beside its probe."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from loadmaster.planning.smoke.verdict import Verdict
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Engine
from tests.kit.archives import OBJECT, tar
from tests.kit.running import Ran, loadmaster
from tests.kit.standin import POLICY, READY, compile_standin

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine")]

PROFILE = f"""
forge = "ada/standin"
[source]
directory = "examples/hangar"
[smoke]
subject = "release"
backend = "vm"
[smoke.artefact]
binary = "standin"
asset = "standin-{{version}}.tar.gz"
policy = '''{POLICY}'''
arguments = ["monitor", "--ebpf", "{{object}}", "--policy", "{{policy}}", "--monitor-all"]
ready = {list(READY)}
"""
NAME = "standin-1.0.0.tar.gz"


def run(engine: Engine, store: Store, *options: str, **variables: str) -> Ran:
    return loadmaster(store.root, "smoke", "--json", *options, DOCKER_HOST=engine.address, **variables)


def test_the_probe_is_enforced_where_auto_says(engine: Engine, store: Store) -> None:
    ran = run(engine, store)
    assert (ran.code, ran.document["verdict"]) == (0, "enforced")
    assert ran.document["backend"] in {"native", "vm"}
    assert ran.document["report"]["during"]["victim"] in {1, 13}


def test_this_host_s_own_kernel_has_its_word_and_the_exit_code_of_it(engine: Engine, store: Store) -> None:
    ran = run(engine, store, "--backend", "native")
    assert ran.code == Verdict(ran.document["verdict"]).exit_code
    assert ran.document["verdict"] == os.environ.get("NATIVE_VERDICT", ran.document["verdict"])


def test_each_kernel_has_a_verdict_and_the_weakest_is_told_first(engine: Engine, store: Store) -> None:
    ran = run(engine, store, "--backend", "vm", "--kernel", "6.12", "--kernel", "6.1")
    assert ran.code == 0
    assert [each["verdict"] for each in ran.document["kernels"]] == ["enforced", "enforced"]
    assert [each["kernel"].split("-")[0][:4] for each in ran.document["kernels"]] == ["6.12", "6.1."]


def test_a_deadline_that_passes_is_an_error_and_no_verdict(engine: Engine, store: Store) -> None:
    ran = run(engine, store, "--backend", "vm", "--deadline", "2")
    assert (ran.code, ran.document["verdict"]) == (1, "error(deadline)")


@pytest.mark.parametrize(
    ("with_object", "verdict"), [(False, "could-not-check"), (True, "not-enforced")], ids=["no object", "an object"]
)
def test_a_release_is_tested_beside_its_probe(
    with_object: bool, verdict: str, engine: Engine, store: Store, tmp_path: Path
) -> None:
    """The stand-in takes its conduct from its object; from a real one it learns none, shows every marker, denies nothing."""
    (tmp_path / "standin.toml").write_text(PROFILE + '[smoke.artefact.object]\nasset = "standin.o"\n' * with_object)
    files = {NAME: tar(("standin", compile_standin(tmp_path))), "standin.o": OBJECT}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    (tmp_path / "SHA256SUMS").write_text(sums)
    options = ("-p", "standin", "-V", "1.0.0", "--assets", str(tmp_path))
    ran = run(engine, store, *options, LOADMASTER_PROJECTS=str(tmp_path))
    assert (ran.code, ran.document["verdict"]) == (1, verdict)
    assert "the probe beside it: enforced" in ran.document["why"]
