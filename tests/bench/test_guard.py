"""Whether a change made the release path slower, by ratios beside those of the page."""

from __future__ import annotations

import pytest

from bench.figures import RUN_HEADINGS, BenchRun, Cost, run_row, table
from bench.guard import Ratios, guarded, ratios, rows_of
from loadmaster.rehearsal.registry import Service
from tests.kit.checkout import ROOT

SERVICE = Service(upload=1.0, visible=3.0)


def run(contender: str, whole: float, phase: float, *, others: float = 0.0) -> BenchRun:
    cost = Cost(seconds=whole, cpu_seconds=1.0, own_peak_mib=100.0, tree_peak_mib=200.0)
    return BenchRun(
        contender=contender, crates=15, layers=6, service=SERVICE, cost=cost, phase_seconds=phase, others=others
    )


def page(*runs: BenchRun) -> str:
    other = table(("target", "measured"), [("a", "b")])
    return f"# Figures\n\n{table(RUN_HEADINGS, map(run_row, runs))}\n\nWords | with a bar.\n\n{other}\n"


BEFORE = page(run("cargo", 30.0, 30.0), run("loadmaster", 15.0, 9.0), run("shipper", 20.0, 20.0))


def test_a_page_s_table_gives_ratios_and_no_seconds() -> None:
    assert ratios(rows_of(BEFORE)) == {("15", "1 s + 3 s"): Ratios(whole=2.0, phase=1.0)}


@pytest.mark.parametrize(
    ("whole", "phase", "met"),
    [(15.0, 9.0, [True, True]), (17.9, 10.7, [True, True]), (18.2, 9.0, [False, True]), (15.0, 10.9, [True, False])],
)
def test_a_ratio_may_be_a_fifth_worse_and_no_more(whole: float, phase: float, met: list[bool]) -> None:
    found = guarded([run("cargo", 30.0, 30.0), run("loadmaster", whole, phase)], BEFORE)
    assert [target.met for target in found] == met
    assert all(target.is_measured for target in found)


def test_the_busiest_of_both_runs_counts() -> None:
    found = guarded([run("cargo", 30.0, 30.0, others=0.5), run("loadmaster", 15.0, 9.0)], BEFORE)
    assert [target.is_measured for target in found] == [False, False]


def test_a_case_without_a_figure_on_the_page_is_not_compared() -> None:
    assert guarded([run("cargo", 30.0, 30.0), run("loadmaster", 15.0, 9.0)], page()) == ()


def test_our_own_page_has_figures_for_15_and_60_crates() -> None:
    own = ratios(rows_of((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")))
    assert {("15", "1 s + 3 s"), ("60", "1 s + 3 s")} <= set(own)
