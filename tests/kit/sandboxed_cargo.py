"""cargo as a release calls it: in the sandbox that this machine gives."""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients.cargo import Cargo, cargo_in
from loadmaster.planning.profile.project import CargoStyle
from loadmaster.run.sandboxing import sandbox_for


def sandboxed_cargo(home: Path, log: Path, *, index: str | None = None, toolchain: str | None = None) -> Cargo:
    return cargo_in(home, log, sandbox=sandbox_for(CargoStyle(), home), index=index, toolchain=toolchain)
