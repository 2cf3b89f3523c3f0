"""Faults as values: where each makes sense, and which requests it hits."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loadmaster.rehearsal.faults import Fault, FaultScript
from loadmaster.rehearsal.faults.fault import Use


def hit(script: FaultScript, crates: list[str], seconds: float = 0) -> list[int | None]:
    """Of each request, one after another, the status that it meets; None if it goes unharmed."""
    seen: Counter[str] = Counter()

    def count(key: str, after: int) -> Use:
        seen[key] += 1
        return Use(seen[key] - 1 - after, seconds)

    found = [script.due("index", crate, count) for crate in crates]
    return [None if fault is None else fault.status for fault in found]


@pytest.mark.parametrize(
    ("faults", "crates", "expected"),
    [
        pytest.param([Fault(on="index", status=500)], ["a", "a"], [500, None], id="once, if nothing is said"),
        pytest.param([Fault(on="index", status=500, times=2)], ["a"] * 3, [500, 500, None], id="as often as is said"),
        pytest.param([Fault(on="index", status=500, after=2)], ["a"] * 4, [None, None, 500, None], id="after a while"),
        pytest.param([Fault(on="index", status=500, crate="B_c")], ["a", "b_c"], [None, 500], id="for one crate"),
        pytest.param([Fault(on="publish", status=500)], ["a"], [None], id="at its own door only"),
        pytest.param(
            [Fault(on="index", status=500), Fault(on="index", status=503, after=1)],
            ["a"] * 4,
            [500, None, 503, None],
            id="one after another, each counting what the first left",
        ),
        pytest.param(
            [Fault(on="index", status=500, crate="b"), Fault(on="index", status=503)],
            ["a", "b", "b"],
            [503, 500, None],
            id="the first that matches",
        ),
        pytest.param(
            [Fault(on="index", stale=True, status=500, times=2)],
            ["a"] * 6,
            [500, None, 500, None, None, None],
            id="every other read, if it is an edge's",
        ),
    ],
)
def test_a_script_hits(faults: list[Fault], crates: list[str], expected: list[int | None]) -> None:
    assert hit(FaultScript(faults=tuple(faults)), crates) == expected


def test_a_fault_with_a_time_hits_all_until_it_is_over() -> None:
    script = FaultScript(faults=(Fault(on="index", status=503, for_seconds=60),))
    assert hit(script, ["a"] * 3, seconds=59.9) == [503] * 3
    assert hit(script, ["a"] * 3, seconds=60) == [None] * 3


@given(st.integers(0, 5), st.integers(1, 5), st.booleans(), st.integers(0, 30))
def test_no_fault_hits_more_often_than_it_says(after: int, times: int, stale: bool, requests: int) -> None:
    script = FaultScript(faults=(Fault(on="index", status=500, after=after, times=times, stale=stale),))
    answers = hit(script, ["a"] * requests)
    enough = requests >= after + (2 if stale else 1) * times
    assert answers.count(500) <= times
    assert answers[:after] == [None] * min(after, requests)
    assert answers.count(500) == times or not enough


def test_a_lag_is_of_the_crate_and_not_of_requests() -> None:
    script = FaultScript(faults=(Fault(on="index", crate="a", lag_seconds=5), Fault(on="index", lag_seconds=2)))
    assert hit(script, ["a"]) == [None]
    assert (script.lag_seconds("A"), script.lag_seconds("b")) == (5, 2)
    assert FaultScript(faults=()).lag_seconds("a") is None


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"on": "index", "kill": True}, "`kill` means nothing on `index`"),
        ({"on": "push-tag", "crate": "a"}, "`crate` means nothing on `push-tag`"),
        ({"on": "push-tag", "form": "html"}, "`form` means nothing on `push-tag`"),
        ({"on": "publish", "stale": True}, "`stale` means nothing on `publish`"),
        ({"on": "publish", "lag_seconds": 1}, "`lag_seconds` means nothing on `publish`, only on index"),
        ({"on": "publish", "loop": True}, "`loop` means nothing on `publish`"),
        ({"on": "download", "checksum": "wrong"}, "`checksum` means nothing on `download`"),
        ({"on": "index", "tampered": True}, "`tampered` means nothing on `index`"),
        ({"on": "draft", "read_only": True}, "`read_only` means nothing on `draft`"),
        ({"on": "draft", "reset": "before-body"}, "`draft` sends no file"),
        ({"on": "index", "reset": "before-commit"}, "`index` has no effect"),
        ({"on": "registry", "crate": "a", "status": 503}, "`crate` means nothing on `registry`"),
        ({"on": "registry", "lose_answer": True}, "`registry` is a whole server"),
        ({"on": "forge", "reset": "before-commit"}, "`forge` is a whole server"),
        ({"on": "publish", "times": 0}, "greater than or equal to 1"),
        ({"on": "publish", "status": 99}, "greater than or equal to 200"),
        ({"on": "publish", "crates": "a"}, "Extra inputs"),
    ],
    ids=str,
)
def test_a_fault_that_makes_no_sense_is_refused(fault: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Fault.model_validate(fault)
