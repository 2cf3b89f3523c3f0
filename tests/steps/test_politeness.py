"""The web API is asked once a second where it is not on this machine; on a clock that nobody has to wait for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.steps.permission_questions import Turnstile


class Stopped:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 22, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def seconds_until(self, instant: datetime) -> float:
        return max(0.0, (instant - self.instant).total_seconds())

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@given(st.lists(st.floats(0, 3), min_size=2, max_size=30))
def test_no_two_requests_begin_within_a_second_however_long_each_takes(takes: list[float]) -> None:
    clock = Stopped()
    turn, begun = Turnstile(1.0, clock, clock.sleep), list[datetime]()

    def request(seconds: float) -> None:
        begun.append(clock.now())
        clock.sleep(seconds)

    for seconds in takes:
        turn(partial(request, seconds))
    gaps = [(after - before).total_seconds() for before, after in pairwise(begun)]
    assert all(gap >= 1.0 for gap in gaps)
    assert all(gap <= max(1.0, took) + 0.001 for gap, took in zip(gaps, takes, strict=False))


def test_without_a_pause_nobody_waits() -> None:
    clock = Stopped()
    turn = Turnstile(0.0, clock, clock.sleep)
    for _ in range(400):
        turn(lambda: None)
    assert clock.now() == Stopped().now()
