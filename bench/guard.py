"""The guard of a change: whether what was just measured is worse than the figures that `docs/benchmarks.md` has.

Ratios are compared, and no seconds: those are this machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bench.figures import RUN_HEADINGS, BenchRun, Target, describe, run_row

WORSE = 1.2
"""A ratio that is worse by more than a fifth is told."""
BenchCase = tuple[str, str]
"""The number of crates, and the service times as a table has them."""


class Ratios(NamedTuple):
    whole: float
    """How many times as fast as cargo the whole run is."""
    phase: float
    """The phase, as a multiple of its bound."""


def ratios(rows: Iterable[Mapping[str, str]]) -> dict[BenchCase, Ratios]:
    """By case, where a table has a row of cargo and one of Loadmaster. A row is its cells by their headings."""
    runs = {(row["contender"], row["crates"], row["upload + lag"]): row for row in rows}
    cases = [(crates, service) for contender, crates, service in runs if contender == "loadmaster"]
    return {
        case: Ratios(
            whole=float(runs["cargo", *case]["whole s"]) / float(runs["loadmaster", *case]["whole s"]),
            phase=float(runs["loadmaster", *case]["phase ÷ bound"]),
        )
        for case in cases
        if ("cargo", *case) in runs
    }


def rows_of(page: str) -> Iterator[Mapping[str, str]]:
    """The rows of all tables of a Markdown page that begin with the headings of runs."""
    headings: list[str] | None = None
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells[:1] == [RUN_HEADINGS[0]]:
            headings = cells
        elif not cells:
            headings = None
        elif headings is not None and not line.startswith("|-"):
            yield dict(zip(headings, cells, strict=True))


def guarded(runs: Iterable[BenchRun], page: str) -> tuple[Target, ...]:
    """A target for each ratio that was measured and that the page has a figure for."""
    measured = list(runs)
    before, now = ratios(rows_of(page)), ratios(dict(zip(RUN_HEADINGS, run_row(run), strict=True)) for run in measured)
    return tuple(
        target
        for case, found in now.items()
        if case in before
        for target in _compared(f"{case[0]} crates, {case[1]}", found, before[case], _others(measured, case))
    )


def _others(runs: Iterable[BenchRun], case: BenchCase) -> float:
    """What others had during the busiest run of the case."""
    return max(run.others for run in runs if (str(run.crates), describe(run.service)) == case)


def _compared(what: str, now: Ratios, before: Ratios, others: float) -> tuple[Target, Target]:
    return (
        Target(
            name=f"whole run against cargo's, {what}", figure=now.whole, at_least=before.whole / WORSE, others=others
        ),
        Target(name=f"phase to bound, {what}", figure=now.phase, at_most=before.phase * WORSE, others=others),
    )
