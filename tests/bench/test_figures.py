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
    exit_code,
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


def verdicts(ours: BenchRun, cargo: BenchRun) -> list[tuple[str, bool]]:
    return [(target.name.partition(",")[0], target.met) for target in targets(ours, cargo)]


@pytest.mark.parametrize(
    ("crates", "layers", "cargo_phase", "cargo_whole", "met"),
    [
        (60, 8, 60.5, 90.0, [True, True, True]),  # against 12.1 s and 30 s
        (60, 8, 60.4, 90.0, [True, False, True]),
        (60, 8, 60.5, 89.9, [True, True, False]),
        (400, 12, 242.0, 210.0, [True, True, True]),
        (400, 12, 241.9, 209.9, [True, False, False]),
    ],
)
def test_against_cargo_the_phase_and_the_whole_run_have_targets_of_their_own(
    crates: int, layers: int, cargo_phase: float, cargo_whole: float, met: list[bool]
) -> None:
    ours = run(crates, layers, phase=12.1, whole=30.0)
    found = targets(ours, run(crates, layers, phase=cargo_phase, whole=cargo_whole))
    assert [each.met for each in found] == met


def test_a_phase_may_be_a_tenth_longer_than_its_bound_and_no_more() -> None:
    cargo = run(15, 6, phase=30.0, whole=40.0)
    assert verdicts(run(15, 6, phase=9.9, whole=20.0), cargo) == [
        ("phase to bound", True),
        ("whole run against cargo's", True),
    ]
    assert verdicts(run(15, 6, phase=10.0, whole=20.1), cargo) == [
        ("phase to bound", False),
        ("whole run against cargo's", False),
    ]


def test_where_uploads_are_quick_a_few_crates_must_only_not_be_slower_than_with_cargo() -> None:
    cargo = run(15, 6, phase=8.0, whole=9.0, service=FAST)
    assert verdicts(run(15, 6, phase=1.65, whole=9.0, service=FAST), cargo) == [
        ("phase to bound", True),
        ("whole run against cargo's", True),
    ]
    assert [met for _, met in verdicts(run(15, 6, phase=1.66, whole=9.1, service=FAST), cargo)] == [False, False]


BUSY = Target(name="faster", figure=5.5, at_least=5.0, others=0.34)
MET, MISSED = (Target(name="faster", figure=figure, at_least=5.0, others=0.1) for figure in (5.0, 4.9))


def test_on_a_busy_machine_nothing_is_met_and_nothing_is_missed() -> None:
    assert BUSY.row()[3] == "not measured: others had 34% of the CPU"
    assert (MET.row()[3], MISSED.row()[3]) == ("met", "**missed**")


@pytest.mark.parametrize(
    ("found", "code"), [([], 0), ([MET], 0), ([MET, BUSY], 3), ([MISSED, BUSY], 1), ([MISSED], 1)], ids=str
)
def test_the_exit_code_tells_missed_from_not_measured(found: list[Target], code: int) -> None:
    assert exit_code(found) == code


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
