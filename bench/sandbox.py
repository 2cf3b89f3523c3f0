"""The cost of the sandbox: the same small call of cargo with it and without it, in turns; and of fetching before an install."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.figures import MS, Target
from loadmaster.clients.cargo import Cargo, cargo_in, fetch_program, package, toolchain
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.clients.sandbox import bubblewrap
from loadmaster.clients.serving import serving
from loadmaster.planning.profile.project import CargoStyle
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.rehearsal.registry import Registry, new_token
from loadmaster.run.sandboxing import sandbox_for

MANIFEST = """[package]
name = "program"
version = "0.1.0"
edition = "2021"
description = "A program."
license = "MIT"
"""


def targets(repeats: int) -> tuple[Target, ...]:
    """Raises `SandboxMissing` where there is none."""
    with tempfile.TemporaryDirectory(prefix="loadmaster-bench-") as place:
        home = Path(place)
        inside = cargo_in(home / "inside", home / "log", sandbox=sandbox_for(CargoStyle(), home, required=True))
        outside = cargo_in(home / "outside", home / "log", sandbox=None)
        pairs = [(_seconds_a_call(inside, home), _seconds_a_call(outside, home)) for _ in range(repeats)]
        fetching = statistics.median(_seconds_of_fetching(home / "fetching", max(1, repeats // 4)))
    cost = statistics.median(within - without for within, without in pairs)
    return (
        Target(name=f"cost of {bubblewrap().program} a call", figure=cost * MS, unit="ms", at_most=50.0),
        Target(name="fetching a program before it is built offline", figure=fetching * MS, unit="ms", at_most=500.0),
    )


def _seconds_a_call(cargo: Cargo, directory: Path) -> float:
    """Of two calls: cargo and rustc are asked for their versions."""
    begun = time.monotonic()
    toolchain(cargo, directory)
    return (time.monotonic() - begun) / 2


def _seconds_of_fetching(place: Path, repeats: int) -> list[float]:
    """Of the calls before an install of a program that needs nothing, each with a new `CARGO_HOME`."""
    registry, token = Registry(place / "registry"), new_token()
    registry.add_account("bench")
    registry.add_token("bench", token)
    with serving(registry.app()) as address:
        index = f"sparse+{address}/index/"
        crate = _program(place, index)
        RegistryClient(index).upload("program@0.1.0", upload_head(upload_metadata(crate), len(crate)) + crate, token)
        return [_seconds_to_fetch(place / str(number), index) for number in range(repeats)]


def _program(place: Path, index: str) -> bytes:
    """A packaged crate."""
    source = place / "program"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (source / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    packing = cargo_in(place / "packing", place / "log", sandbox=None, index=index)
    files = package(packing, source, place / "target", {"program": "0.1.0"}, locked=False)
    return files["program"].read_bytes()


def _seconds_to_fetch(home: Path, index: str) -> float:
    called = cargo_in(home, home / "log", sandbox=sandbox_for(CargoStyle(), home, required=True), index=index)
    begun = time.monotonic()
    fetch_program(called, home, "program", "0.1.0")
    return time.monotonic() - begun
