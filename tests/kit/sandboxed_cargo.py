"""cargo as a release calls it: in the sandbox that this machine gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadmaster.clients.cargo import Cargo, cargo_in
from loadmaster.clients.sandbox import bubblewrap
from loadmaster.planning.profile.project import CargoStyle
from loadmaster.run.sandboxing import sandbox_for


def require_sandbox() -> str:
    """The path of bubblewrap; skips the test on a machine without, unless there must be one."""
    if (trouble := bubblewrap().trouble) is not None:
        assert os.environ.get("LOADMASTER_SANDBOX") != "required", trouble
        pytest.skip(trouble)
    return bubblewrap().program


def sandboxed_cargo(home: Path, log: Path, *, index: str | None = None, toolchain: str | None = None) -> Cargo:
    return cargo_in(home, log, sandbox=sandbox_for(CargoStyle(), home), index=index, toolchain=toolchain)
