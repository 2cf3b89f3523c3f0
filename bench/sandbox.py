"""The cost of the sandbox: the same small call of cargo with it and without it, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.figures import MS, Target
from loadmaster.clients.cargo import Cargo, cargo_in, toolchain
from loadmaster.clients.sandbox import bubblewrap
from loadmaster.planning.profile.project import CargoStyle
from loadmaster.run.sandboxing import sandbox_for


def targets(repeats: int) -> tuple[Target, ...]:
    """Raises `SandboxMissing` where there is none."""
    with tempfile.TemporaryDirectory(prefix="loadmaster-bench-") as place:
        home = Path(place)
        inside = cargo_in(home / "inside", home / "log", sandbox=sandbox_for(CargoStyle(), home, required=True))
        outside = cargo_in(home / "outside", home / "log", sandbox=None)
        pairs = [(_seconds_a_call(inside, home), _seconds_a_call(outside, home)) for _ in range(repeats)]
    cost = statistics.median(within - without for within, without in pairs)
    return (Target(name=f"cost of {bubblewrap().program} a call", figure=cost * MS, unit="ms", at_most=50.0),)


def _seconds_a_call(cargo: Cargo, directory: Path) -> float:
    """Of two calls: cargo and rustc are asked for their versions."""
    begun = time.monotonic()
    toolchain(cargo, directory)
    return (time.monotonic() - begun) / 2
