"""The arithmetic of the benchmark: bounds, ratios, targets, and their table. Pure; it measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry import Service

MS = 1000.0


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
    """CPU time of Prefect's server and worker meanwhile."""

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
    """The shortest possible time: the uploads of the longest chain one after the other, then the index's lag once."""
    return layers * service.upload + service.visible


def cost_per_crate(with_prefect: float, without: float, crates: int) -> float:
    """The wall time that Prefect adds to each crate, in milliseconds."""
    return (with_prefect - without) / crates * MS


def deviation(predicted: float, actual: float) -> float:
    """The absolute deviation, in percent of the actual time."""
    return abs(predicted - actual) / actual * 100.0


FASTER_PHASE = {60: 5.0, 400: 20.0}
FASTER_WHOLE = {60: 2.5, 400: 6.0}
"""How many times as fast as cargo at least, by number of crates, if an upload takes a second."""


def targets(ours: BenchRun, cargo: BenchRun | None) -> tuple[Target, ...]:
    """The promises for one workspace. Against cargo, there is a promise only for a service of 1 s and 3 s."""
    what = f"{ours.crates} crates, {describe(ours.service)}"
    promised = [Target(name=f"phase to bound, {what}", figure=ours.phase_seconds / ours.bound, at_most=1.25)]
    if cargo is not None and ours.crates in FASTER_PHASE and ours.service.upload == 1.0:
        phase, whole = cargo.phase_seconds / ours.phase_seconds, cargo.cost.seconds / ours.cost.seconds
        promised += [
            Target(name=f"phase against cargo's, {what}", figure=phase, at_least=FASTER_PHASE[ours.crates]),
            Target(name=f"whole run against cargo's, {what}", figure=whole, at_least=FASTER_WHOLE[ours.crates]),
        ]
    return tuple(promised)


def describe(service: Service) -> str:
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
        describe(run.service),
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
    """A Markdown table whose columns are aligned in its text, too."""
    body = [list(headings), *map(list, rows)]
    widths = [max(len(row[column]) for row in body) for column in range(len(headings))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in body
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
