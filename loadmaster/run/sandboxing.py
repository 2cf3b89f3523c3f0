"""Which sandbox cargo runs in: what the profile asks for, as far as this machine can make one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from loadmaster.clients import sandbox
from loadmaster.clients.process import environment, home_of_user
from loadmaster.clients.sandbox import BuildSandbox, hides_within, require_narrow
from loadmaster.errors.cargo import SandboxMissing, SandboxTooOpen
from loadmaster.planning.profile.project import CargoStyle, SandboxChoice
from loadmaster.run.store import Store

READS_VARIABLE = "LOADMASTER_SANDBOX_READS"
"""What builds may read on this machine besides what the profile names: paths, separated as in `PATH`."""


def sandbox_for(style: CargoStyle, store: Path, *, required: bool = False) -> BuildSandbox | None:
    """The sandbox of the project's builds; None if the profile wants none, or this machine has none.

    `required`: `auto` does not allow to go without. Raises `SandboxMissing`, `SandboxTooOpen`.
    """
    if style.sandbox is SandboxChoice.NONE:
        return None
    bubblewrap = sandbox.bubblewrap()
    if bubblewrap.trouble is not None:
        if required or style.sandbox is SandboxChoice.BUBBLEWRAP:
            raise SandboxMissing(bubblewrap.trouble)
        return None
    private = (home_of_user(), store.resolve(), Store(store).caches.resolve())
    hides = tuple(place for place in dict.fromkeys(private) if place != Path("/") and place.is_dir())
    named = (*style.sandbox_reads, *filter(None, os.environ.get(READS_VARIABLE, "").split(os.pathsep)))
    reads = tuple(_require_narrow(Path(path).expanduser(), hides) for path in named)
    env = environment(store)
    found = sandbox.toolchains(env.get("PATH", os.defpath), Path(env["RUSTUP_HOME"]))
    # A cargo in `~/bin` is shown without what lies beside `bin`: that is the home.
    toolchains = tuple(place for place in found if hides_within(place, hides) is None)
    return BuildSandbox(program=bubblewrap.program, reads=(*toolchains, *reads), hides=hides)


def missing_sandbox(style: CargoStyle) -> str | None:
    """Why this machine gives the project's builds no sandbox, for the receipt; None if there is one."""
    if style.sandbox is SandboxChoice.NONE:
        return "cargo ran without a sandbox, by the profile: builds could read whatever this user can"
    trouble = sandbox.bubblewrap().trouble
    return None if trouble is None else f"cargo ran without a sandbox: {trouble}"


def _require_narrow(path: Path, hidden: Iterable[Path]) -> Path:
    """Raises `SandboxTooOpen`."""
    if not path.is_absolute():
        raise SandboxTooOpen(str(path), "it is not an absolute path")
    require_narrow(path, hidden)
    return path
