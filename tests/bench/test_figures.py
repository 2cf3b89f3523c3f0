"""The arithmetic of the benchmark, with figures that miss their target as well as such that meet it."""

from __future__ import annotations

import pytest

from bench.figures import (
    BenchRun,
    Cost,
    Target,
    cost_per_crate,
    critical_path,
    deviation,
    run_row,
    table,
    targets,
)
from loadmaster.rehearsal.registry import Service

SLOW, FAST = Service(upload=1.0, visible=3.0), Service(upload=0.1, visible=0.5)


def run(crates: int, layers: int, *, phase: float, whole: float, service: Service = SLOW) -> BenchRun:
    cost = Cost(seconds=whole, cpu_seconds=1.0, own_peak_mib=100.0, tree_peak_mib=200.0)
    return BenchRun(contender="any", crates=crates, layers=layers, service=service, cost=cost, phase_seconds=phase)


@pytest.mark.parametrize(
    ("layers", "service", "bound"), [(12, SLOW, 15.0), (8, SLOW, 11.0), (6, SLOW, 9.0), (6, FAST, 1.1), (1, SLOW, 4.0)]
)
def test_the_bound_is_one_upload_per_layer_and_one_lag(layers: int, service: Service, bound: float) -> None:
    assert critical_path(layers, service) == pytest.approx(bound)


def test_a_phase_of_exactly_a_quarter_more_than_the_bound_is_still_in_time() -> None:
    (met,) = targets(run(15, 6, phase=9.0 * 1.25, whole=20.0), None)
    (missed,) = targets(run(15, 6, phase=9.0 * 1.26, whole=20.0), None)
    assert (met.met, missed.met) == (True, False)


@pytest.mark.parametrize(
    ("crates", "layers", "cargo_phase", "cargo_whole", "met"),
    [
        (60, 8, 60.0, 75.0, [True, True, True]),  # against 12 s and 30 s
        (60, 8, 59.0, 75.0, [True, False, True]),
        (60, 8, 60.0, 74.0, [True, True, False]),
        (400, 12, 240.0, 180.0, [True, True, True]),
        (400, 12, 239.0, 179.0, [True, False, False]),
    ],
)
def test_against_cargo_the_phase_and_the_whole_run_have_targets_of_their_own(
    crates: int, layers: int, cargo_phase: float, cargo_whole: float, met: list[bool]
) -> None:
    found = targets(
        run(crates, layers, phase=12.0, whole=30.0), run(crates, layers, phase=cargo_phase, whole=cargo_whole)
    )
    assert [each.met for each in found] == met


def test_nothing_is_promised_against_cargo_where_uploads_are_quick_or_crates_are_few() -> None:
    for ours in (run(60, 8, phase=2.0, whole=9.0, service=FAST), run(15, 6, phase=9.0, whole=20.0)):
        assert len(targets(ours, ours)) == 1


def test_what_prefect_adds_is_told_in_milliseconds_per_crate() -> None:
    assert cost_per_crate(with_prefect=22.0, without=18.0, crates=400) == pytest.approx(10.0)


@pytest.mark.parametrize(("predicted", "actual", "percent"), [(95.0, 100.0, 5.0), (105.0, 100.0, 5.0), (7.0, 7.0, 0.0)])
def test_a_prediction_may_be_off_in_either_direction(predicted: float, actual: float, percent: float) -> None:
    assert deviation(predicted, actual) == pytest.approx(percent)


def test_a_missed_target_is_seen_in_its_row() -> None:
    assert Target(name="peak", figure=301.0, unit="MiB", at_most=300.0).row() == (
        "peak", "301.0 MiB", "≤ 300 MiB", "**missed**",
    )  # fmt: skip
    assert Target(name="faster", figure=5.5, at_least=5.0).row() == ("faster", "5.50 ×", "≥ 5 ×", "met")


def test_a_row_holds_the_ratio_to_the_bound() -> None:
    assert run_row(run(15, 6, phase=10.8, whole=20.0))[4:8] == ("9.0", "10.8", "1.20", "20.0")


def test_columns_line_up() -> None:
    assert table(("a", "name"), [("1", "x"), ("22", "y")]) == (
        "| a  | name |\n"
        "|----|------|\n"
        "| 1  | x    |\n"
        "| 22 | y    |"
    )  # fmt: skip
