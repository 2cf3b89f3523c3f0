"""The arithmetic of the benchmark: bounds, ratios, targets, and their table. Pure; it measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry import Service

MS = 1000.0
QUIET = 0.10
"""The most that others may have of the machine during a run that is called a measurement."""


class Cost(Value):
    """The time and memory that one process used, with everything that it started."""

    seconds: float
    cpu_seconds: float
    own_peak_mib: float
    """The highest resident memory of the process itself."""
    tree_peak_mib: float
    """The same for the process and its descendants together."""


class BenchRun(Value):
    """One contender's release of one workspace."""

    contender: str
    crates: int
    layers: int
    service: Service
    cost: Cost
    phase_seconds: float
    """From the start of the first upload until the contender knew that everything is visible."""
    server_cpu_seconds: float = 0.0
    """CPU time of Prefect's server and of its worker meanwhile, with the run's own process, which the worker starts."""
    cargo_cpu_seconds: float | None = None
    """CPU time of cargo with the compilers and linkers that it starts; None if that cannot be told from the rest."""
    others: float = 0.0
    """The share of the machine's CPU time, between 0 and 1, that nobody had meanwhile whom the bench started."""

    @property
    def bound(self) -> float:
        return critical_path(self.layers, self.service)


class Limited(Value):
    """A release against crates.io's limits, in seconds of the registry's clock."""

    predicted: float
    actual: float
    """From the start of the first upload until the last is visible."""
    uploads: int
    refused: dict[str, int]
    """The number of uploads that were answered with 429, by kind."""


class Target(Value):
    """A figure beside the limit that the issue and the documentation promise."""

    name: str
    figure: float
    unit: str = "×"
    at_most: float | None = None
    at_least: float | None = None
    others: float = 0.0
    """What others had of the machine while it was measured, between 0 and 1."""

    @property
    def is_measured(self) -> bool:
        """A busy machine shows nothing of a promise."""
        return self.others <= QUIET

    @property
    def met(self) -> bool:
        return (self.at_most is None or self.figure <= self.at_most) and (
            self.at_least is None or self.figure >= self.at_least
        )

    def row(self) -> tuple[str, ...]:
        limit = f"≤ {self.at_most:.3g}" if self.at_most is not None else f"≥ {self.at_least:.3g}"
        figure = f"{self.figure:.1f}" if abs(self.figure) >= 10 else f"{self.figure:.2f}"
        verdict = "met" if self.met else "**missed**"
        if not self.is_measured:
            verdict = f"not measured: others had {self.others:.0%} of the CPU"
        return (self.name, f"{figure} {self.unit}", f"{limit} {self.unit}", verdict)


def critical_path(layers: int, service: Service) -> float:
    """The shortest possible time: the uploads of the longest chain one after the other, then the index's lag once."""
    return layers * service.upload + service.visible


def cost_per_crate(with_prefect: float, without: float, crates: int) -> float:
    """The wall time that Prefect adds to each crate, in milliseconds."""
    return (with_prefect - without) / crates * MS


def deviation(predicted: float, actual: float) -> float:
    """The absolute deviation, in percent of the actual time."""
    return abs(predicted - actual) / actual * 100.0


PHASE_TO_BOUND = {1.0: {15: 1.10, 60: 1.10, 400: 1.20}, 0.1: {15: 1.5, 60: 1.5}}
FASTER_PHASE = {1.0: {60: 5.0, 400: 20.0}}
FASTER_WHOLE = {1.0: {15: 2.0, 60: 3.0, 400: 7.0}, 0.1: {15: 1.0, 60: 1.3, 400: 3.0}}
"""By the seconds of an upload and the number of crates: the phase as a multiple of its bound, at most; and how many times as
fast as cargo the phase and the whole run are, at least."""


def targets(ours: BenchRun, cargo: BenchRun) -> tuple[Target, ...]:
    """The promises for one workspace, which both have released."""
    upload, what = ours.service.upload, f"{ours.crates} crates, {describe(ours.service)}"
    bound, others = PHASE_TO_BOUND.get(upload, {}).get(ours.crates), max(ours.others, cargo.others)
    phase, whole = FASTER_PHASE.get(upload, {}).get(ours.crates), FASTER_WHOLE.get(upload, {}).get(ours.crates)
    return tuple(
        Target(name=f"{name}, {what}", figure=figure, at_most=at_most, at_least=at_least, others=others)
        for name, figure, at_most, at_least in (
            ("phase to bound", ours.phase_seconds / ours.bound, bound, None),
            ("phase against cargo's", cargo.phase_seconds / ours.phase_seconds, None, phase),
            ("whole run against cargo's", cargo.cost.seconds / ours.cost.seconds, None, whole),
        )
        if at_most is not None or at_least is not None
    )


def exit_code(found: Iterable[Target]) -> int:
    """0 if all are met; 1 if one is missed; 3 if none is missed, and one could not be measured."""
    judged = list(found)
    if any(target.is_measured and not target.met for target in judged):
        return 1
    return 0 if all(target.is_measured for target in judged) else 3


def describe(service: Service) -> str:
    return f"{service.upload:g} s + {service.visible:g} s"


RUN_HEADINGS = (
    "contender", "crates", "layers", "upload + lag", "bound s", "phase s", "phase ÷ bound",
    "whole s", "cpu s", "server cpu s", "cargo cpu s", "others %", "own MiB", "tree MiB",
)  # fmt: skip


def run_row(run: BenchRun) -> tuple[str, ...]:
    return (
        run.contender,
        str(run.crates),
        str(run.layers),
        describe(run.service),
        f"{run.bound:.1f}",
        f"{run.phase_seconds:.1f}",
        f"{run.phase_seconds / run.bound:.2f}",
        f"{run.cost.seconds:.1f}",
        f"{run.cost.cpu_seconds:.1f}",
        f"{run.server_cpu_seconds:.1f}",
        "–" if run.cargo_cpu_seconds is None else f"{run.cargo_cpu_seconds:.1f}",
        f"{run.others * 100:.0f}",
        f"{run.cost.own_peak_mib:.0f}",
        f"{run.cost.tree_peak_mib:.0f}",
    )


TARGET_HEADINGS = ("target", "measured", "promised", "")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned in its text, too."""
    body = [list(headings), *map(list, rows)]
    widths = [max(len(row[column]) for row in body) for column in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in body
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
