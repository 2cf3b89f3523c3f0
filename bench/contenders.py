"""The contenders: unmodified cargo, Loadmaster through Prefect, and other tools if they are installed.

Each releases a workspace of its own, with its own `CARGO_HOME` and a fresh target directory; the workspaces are equal except for
the crates' prefix. Each packages and verifies before it uploads. A phase starts with the first upload that the registry saw.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import time

import psutil

from bench.figures import BenchRun
from bench.machine import MachineWatch
from bench.place import LOADMASTER, BenchPlace, RegistryProcess
from bench.process import cpu_seconds, measure, sandboxed_cpu_seconds
from bench.workspace import Shape, bare_copy, write
from loadmaster.clients.cargo import REGISTRY
from loadmaster.planning.values.receipt import Receipt
from loadmaster.run.store import RunDirectory, Store

TOKEN = f"CARGO_REGISTRIES_{REGISTRY.upper()}_TOKEN"

TOOLS: Mapping[str, tuple[str, ...]] = {
    "cargo": ("cargo", "publish", "--workspace", "--registry", REGISTRY),
    "cargo-release": (
        "cargo",
        "release",
        "publish",
        "--workspace",
        "--execute",
        "--no-confirm",
        "--registry",
        REGISTRY,
    ),
    "cargo-workspaces": ("cargo", "workspaces", "publish", "--publish-as-is", "--registry", REGISTRY),
    "shipper": ("shipper", "publish", "--parallel", "--allow-dirty", "--registry", REGISTRY),
}


def others() -> list[str]:
    """The tools besides cargo that are on `PATH`."""
    return [name for name in TOOLS if name != "cargo" and shutil.which(name)]


def run_tool(place: BenchPlace, world: RegistryProcess, shape: Shape, name: str) -> BenchRun:
    """Releases with a tool that runs in a checkout and ends when all crates are visible. Raises `ProgramFailed`."""
    prefix = f"{name.removeprefix('cargo-')}{shape.crates}"
    label = f"{prefix}-{world.pid}"
    cargo = place.cargo(label, world.index)
    checkout = write(shape, prefix, place.root / "workspaces" / label, cargo.env)
    env = {**cargo.env, TOKEN: world.token}
    watch = MachineWatch()
    cost = measure(TOOLS[name], cwd=checkout, env=env, log=cargo.log)
    ended = time()
    return BenchRun(
        contender=name,
        crates=shape.crates,
        layers=shape.layers,
        service=world.service,
        cost=cost,
        phase_seconds=ended - world.first_upload(prefix),
        cargo_cpu_seconds=cost.cpu_seconds if name == "cargo" else None,
        others=watch.others(),
    )


class Released:
    """A release by Loadmaster, with its receipt and run directory."""

    def __init__(self, run: BenchRun, prefix: str, receipt: Receipt, directory: RunDirectory) -> None:
        self.run, self.prefix, self.receipt, self.directory = run, prefix, receipt, directory

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 by crate name."""
        crates = (record for record in self.receipt.objects if record.kind == "crate")
        return {crate.id.partition("@")[0]: crate.sha256 or "" for crate in crates}


def run_loadmaster(
    place: BenchPlace, world: RegistryProcess, shape: Shape, stack: Sequence[int], *, verify: bool = True
) -> Released:
    """Releases with `loadmaster release`; Prefect's server and worker are running before. Raises `ProgramFailed`."""
    prefix = f"load{shape.crates}" + ("p" if shape.payload_bytes else "")
    label = f"{prefix}-{world.pid}"
    cargo = place.cargo(label, world.index)
    checkout = write(shape, prefix, place.root / "workspaces" / label, cargo.env)
    place.add_profile(label, bare_copy(checkout, place.root / "remotes" / label, cargo.env), verify=verify)
    argv = [*LOADMASTER, "release", "--project", label, "--version", "minor", "--registry", world.index]
    before, sandboxed, known = cpu_seconds(stack), sandboxed_cpu_seconds(), set(_receipts(place))
    log = place.root / f"{label}.log"
    env = {**place.env, "LOADMASTER_REGISTRY_TOKEN": world.token}
    watch = MachineWatch()
    cost = measure([*argv, "--forge", "none"], cwd=place.root, env=env, log=log, workers=partial(_engines, stack))
    others = watch.others()
    (file,) = set(_receipts(place)) - known
    receipt = Receipt.model_validate(json.loads(file.read_bytes()))
    run = BenchRun(
        contender="loadmaster",
        crates=shape.crates,
        layers=shape.layers,
        service=world.service,
        cost=cost,
        # The receipt is written right after the last crate was seen in the index.
        phase_seconds=receipt.started.timestamp() + receipt.seconds - world.first_upload(prefix),
        server_cpu_seconds=cpu_seconds(stack) - before,
        cargo_cpu_seconds=sandboxed_cpu_seconds() - sandboxed,
        others=others,
    )
    return Released(run, prefix, receipt, Store(place.home).run(file.parent.name))


def _engines(stack: Sequence[int]) -> list[psutil.Process]:
    """The processes of runs, which the worker starts."""
    children = [child for pid in stack for child in psutil.Process(pid).children()]
    return [child for child in children if "loadmaster.guarded.engine" in child.cmdline()]


def _receipts(place: BenchPlace) -> list[Path]:
    return list((place.home / "runs").glob("*/receipt.json"))
