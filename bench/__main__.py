"""`python -m bench`: measures every promised figure of speed and size in one run on this machine.

Prints Markdown; progress goes to standard error. Exit codes: 0 every target is met, 1 one is missed, 3 one could not be
measured, because others used the machine.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from bench import ROOT, deciding, sandbox, smoke
from bench.bare import publish_all
from bench.contenders import Released, others, run_loadmaster, run_tool
from bench.figures import (
    RUN_HEADINGS,
    TARGET_HEADINGS,
    BenchRun,
    Limited,
    Target,
    cost_per_crate,
    describe,
    deviation,
    exit_code,
    run_row,
    table,
    targets,
)
from bench.guard import guarded
from bench.place import BenchPlace, RegistryProcess, prefect_stack, registry_process
from bench.process import ProgramFailed, adopt_orphans
from bench.workspace import LARGEST, RATE_LIMITED, SHAPES, Shape, bare_copy, crates_of, write
from loadmaster.errors.cargo import SandboxMissing
from loadmaster.errors.smoke import EngineAbsent, EngineForbidden
from loadmaster.rehearsal.registry import Service
from loadmaster.run.job import Job, Pinned
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from loadmaster.run.world import World
from loadmaster.stack.record import running
from loadmaster.stack.settings import environment

SERVICES = (Service(upload=1.0, visible=3.0), Service(upload=0.1, visible=0.5))
WITHOUT_PREFECT = ("deciding", "sandbox", "smoke")
"""Parts that need neither Prefect's server nor its worker."""
HEAVY_BYTES = 2 * 1024 * 1024


class Bench:
    """Collects the measurements."""

    def __init__(self, place: BenchPlace, stack: Sequence[int]) -> None:
        self.place, self.stack = place, stack
        self.runs: list[BenchRun] = []
        self.targets: list[Target] = []
        self.skipped: list[str] = []
        """Measurements that are not possible here, and why."""

    def measure(self, only: str | None, *, full: bool) -> None:
        if only in (None, "deciding"):
            self.targets += deciding.targets()
        if only in (None, "compare"):
            for service in SERVICES:
                self.compare(service, (*SHAPES, LARGEST) if full else SHAPES)
        if only == "quick":
            self.compare(SERVICES[0], SHAPES[:2], is_quick=True)
            self.targets = list(guarded(self.runs, (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")))
        if only in (None, "limited"):
            self.limited()
        if only in (None, "heavy"):
            shape = LARGEST if full else SHAPES[-1]
            self.heavy(shape.model_copy(update={"payload_bytes": HEAVY_BYTES}))
        if only in (None, "sandbox"):
            self.sandbox(50 if full else 20)
        if only in (None, "smoke"):
            self.smoke(20 if full else 5)

    def report(self) -> str:
        runs = [table(RUN_HEADINGS, map(run_row, self.runs))] if self.runs else []
        targets = [table(TARGET_HEADINGS, (target.row() for target in self.targets))] if self.targets else []
        return "\n\n".join([*runs, *targets, *self.skipped])

    def compare(self, service: Service, shapes: Sequence[Shape], *, is_quick: bool = False) -> None:
        """Every contender on every shape, against one registry process. If it is to be quick, cargo and Loadmaster alone."""
        with registry_process(self.place, service) as world, registry_process(self.place, service) as second:
            for shape in shapes:
                cargo = self._note(run_tool(self.place, world, shape, "cargo"))
                for other in others() if shape.crates < LARGEST.crates and not is_quick else ():
                    self._try(world, shape, other)
                released = run_loadmaster(self.place, world, shape, self.stack)
                self._note(released.run)
                self.targets += targets(released.run, cargo)
                if not is_quick:
                    self._measure_without_prefect(second, shape, released)

    def _try(self, world: RegistryProcess, shape: Shape, tool: str) -> None:
        """Runs another tool. If it fails, it has no figures, and the others go on."""
        try:
            self._note(run_tool(self.place, world, shape, tool))
        except ProgramFailed as error:
            print(error, file=sys.stderr)

    def _measure_without_prefect(self, world: RegistryProcess, shape: Shape, released: Released) -> None:
        """Publishes the same crates again without Prefect, to a registry that does not know them."""
        job = _job(self.place, world, released)
        ended = publish_all(job, crates_of(shape.edges(released.prefix), released.receipt.version), released.digests)
        phase = ended - world.first_upload(released.prefix)
        ours = released.run
        print(f"without Prefect: {phase:.1f} s", file=sys.stderr)
        name = f"Prefect's cost per crate, {ours.crates} crates, {describe(ours.service)}"
        figure = cost_per_crate(ours.phase_seconds, phase, ours.crates)
        self.targets.append(Target(name=name, figure=figure, unit="ms", at_most=15.0, others=ours.others))

    def heavy(self, shape: Shape) -> None:
        """Memory with large crates. They are not verified, because that needs rustc's memory, not ours."""
        with registry_process(self.place, SERVICES[1]) as world:
            run = self._note(run_loadmaster(self.place, world, shape, self.stack, verify=False).run)
        name = f"peak of the release's own process, {shape.crates} × {shape.payload_bytes // 1024 // 1024} MiB"
        self.targets.append(Target(name=name, figure=run.cost.own_peak_mib, unit="MiB", at_most=300.0))

    def limited(self) -> None:
        """The rate-limited run of `bench.limited`."""
        cargo = self.place.cargo("limited", index=None)
        checkout = write(RATE_LIMITED, "limited", self.place.root / "workspaces" / "limited", cargo.env)
        remote = bare_copy(checkout, self.place.root / "remotes" / "limited", cargo.env)
        self.place.add_profile("limited", remote, verify=False, bursts="")
        argv = [sys.executable, "-m", "bench.limited", str(self.place.root / "limited"), "limited"]
        stack = environment(self.place.home, running(self.place.home).port, ROOT)
        quiet = {"PREFECT_LOGGING_LEVEL": "ERROR"}
        env = {**stack, **self.place.env, **quiet}
        done = subprocess.run(argv, cwd=self.place.root, env=env, stdout=subprocess.PIPE, check=True)
        result = Limited.model_validate_json(done.stdout.splitlines()[-1])
        print(f"limited: {result}", file=sys.stderr)
        figure = deviation(result.predicted, result.actual)
        name = f"end predicted {result.predicted:.0f} s, was {result.actual:.0f} s: deviation"
        self.targets.append(Target(name=name, figure=figure, unit="%", at_most=5.0))
        for what, refused in result.refused.items():
            self.targets.append(Target(name=f"429s, {what}", figure=refused, unit="", at_most=1))

    def sandbox(self, repeats: int) -> None:
        """The sandbox of `bench.sandbox`. A machine without one has no figure."""
        try:
            self.targets += sandbox.targets(repeats)
        except SandboxMissing as error:
            self.skipped.append(f"Skipped: the sandbox. {error.what}")

    def smoke(self, repeats: int) -> None:
        """The smoke test of `bench.smoke`. A machine without a Docker engine has no figures, and misses no target."""
        try:
            self.targets += smoke.targets(Store(self.place.root / "smoke"), repeats)
        except (EngineAbsent, EngineForbidden) as error:
            self.skipped.append(f"Skipped: the smoke test. {error.what}; {error.fix}")

    def _note(self, run: BenchRun) -> BenchRun:
        self.runs.append(run)
        print(
            f"{run.contender}, {run.crates} crates: {run.phase_seconds:.1f} of {run.cost.seconds:.1f} s",
            file=sys.stderr,
        )
        return run


def _job(place: BenchPlace, world: RegistryProcess, released: Released) -> Job:
    store = Store(place.home)
    pinned = Pinned.model_validate_json(released.directory.pinned.read_bytes())
    directory = store.run(f"bare-{world.pid}-{released.prefix}")
    return Job(
        project=load_project(pinned.project, place.projects),
        pinned=pinned,
        world=World(
            kind="rehearsal",
            index=world.index,
            replaces_crates_io=True,
            forge=None,
            repository="bench/bench",
            remote="",
            directory=world.directory,
        ),
        directory=directory,
        store=store,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"also {LARGEST}: most of an hour")
    parser.add_argument(
        "--only",
        choices=("quick", "deciding", "compare", "limited", "heavy", "sandbox", "smoke"),
        help="one part of it; `quick` compares what changed with the figures in docs/benchmarks.md",
    )
    options = parser.parse_args()
    # On SIGTERM it stops what it started, as on an interrupt by a person.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="loadmaster-bench-") as root:
        place = BenchPlace(Path(root))
        with prefect_stack(place) if options.only not in WITHOUT_PREFECT else nullcontext(()) as stack:
            bench = Bench(place, stack)
            try:
                bench.measure(options.only, full=options.full)
            except ProgramFailed as error:
                print(error, file=sys.stderr)
                return 1
            finally:
                print(bench.report())
    return exit_code(bench.targets)


if __name__ == "__main__":
    raise SystemExit(main())
