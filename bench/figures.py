"""The arithmetic of the benchmark: bounds, ratios, targets, and the table they go into. Pure; it measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry import Service

MS = 1000.0


class Cost(Value):
    """What one process took, with everything that it started."""

    seconds: float
    cpu_seconds: float
    own_peak_mib: float
    """Resident memory of the process itself, at its highest."""
    tree_peak_mib: float
    """The same of it and its descendants together."""


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
    """Prefect's server and worker meanwhile."""

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
    """How many uploads were answered 429, by what was counted."""


class Target(Value):
    """A figure beside what issue and documentation promise."""

    name: str
    figure: float
    unit: str = "×"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        return (self.at_most is None or self.figure <= self.at_most) and (
            self.at_least is None or self.figure >= self.at_least
        )

    def row(self) -> tuple[str, ...]:
        limit = f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"
        figure = f"{self.figure:.1f}" if abs(self.figure) >= 10 else f"{self.figure:.2f}"
        return (self.name, f"{figure} {self.unit}", f"{limit} {self.unit}", "met" if self.met else "**missed**")


def critical_path(layers: int, service: Service) -> float:
    """No order of uploads is faster: one after the other along the longest chain, then the index's lag once."""
    return layers * service.upload + service.visible


def added_per_crate(with_prefect: float, without: float, crates: int) -> float:
    """Milliseconds of wall time."""
    return (with_prefect - without) / crates * MS


def deviation(predicted: float, actual: float) -> float:
    """Percent of the actual time, without a sign."""
    return abs(predicted - actual) / actual * 100.0


FASTER_PHASE = {60: 5.0, 400: 20.0}
FASTER_WHOLE = {60: 2.5, 400: 6.0}
"""At least so many times as fast as cargo, by number of crates, where an upload takes a second."""


def targets(ours: BenchRun, cargo: BenchRun | None) -> tuple[Target, ...]:
    """What is promised of one workspace. Nothing is promised against cargo but for a service of 1 s and 3 s."""
    what = f"{ours.crates} crates, {described(ours.service)}"
    found = [Target(name=f"phase to bound, {what}", figure=ours.phase_seconds / ours.bound, at_most=1.25)]
    if cargo is not None and ours.crates in FASTER_PHASE and ours.service.upload == 1.0:
        phase, whole = cargo.phase_seconds / ours.phase_seconds, cargo.cost.seconds / ours.cost.seconds
        found += [
            Target(name=f"phase against cargo's, {what}", figure=phase, at_least=FASTER_PHASE[ours.crates]),
            Target(name=f"whole run against cargo's, {what}", figure=whole, at_least=FASTER_WHOLE[ours.crates]),
        ]
    return tuple(found)


def described(service: Service) -> str:
    return f"{service.upload:g} s + {service.visible:g} s"


RUN_HEADINGS = (
    "contender", "crates", "layers", "upload + lag", "bound s", "phase s", "phase ÷ bound",
    "whole s", "cpu s", "server cpu s", "own MiB", "tree MiB",
)  # fmt: skip


def run_row(run: BenchRun) -> tuple[str, ...]:
    return (
        run.contender,
        str(run.crates),
        str(run.layers),
        described(run.service),
        f"{run.bound:.1f}",
        f"{run.phase_seconds:.1f}",
        f"{run.phase_seconds / run.bound:.2f}",
        f"{run.cost.seconds:.1f}",
        f"{run.cost.cpu_seconds:.1f}",
        f"{run.server_cpu_seconds:.1f}",
        f"{run.cost.own_peak_mib:.0f}",
        f"{run.cost.tree_peak_mib:.0f}",
    )


TARGET_HEADINGS = ("target", "measured", "promised", "")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns line up, too, where it is read as text."""
    body = [list(headings), *map(list, rows)]
    widths = [max(len(row[column]) for row in body) for column in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in body
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
