"""Rate limits are counted as the server counts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.values.rates import Bucket, Rate

START = datetime(2026, 11, 22, tzinfo=UTC)
SMALL = Rate(burst=3, refill_seconds=60)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Server:
    """crates.io's own algorithm, spelled as in its source: the stored count is what the last request found."""

    def __init__(self, rate: Rate) -> None:
        self.rate, self.tokens, self.refilled = rate, rate.burst, START
        self.asked = False

    def passes(self, now: datetime) -> bool:
        if self.asked:
            added = (now - self.refilled) // timedelta(seconds=self.rate.refill_seconds)
            self.tokens = min(self.rate.burst, max(0, self.tokens - 1) + added)
            self.refilled += added * timedelta(seconds=self.rate.refill_seconds)
        else:
            self.asked, self.refilled = True, now
        return self.tokens >= 1


def test_the_burst_passes_at_once_and_then_one_a_refill() -> None:
    bucket, instants = Bucket.full(SMALL), []
    now = START
    for _ in range(5):
        now = bucket.earliest(now)
        bucket = bucket.take(now).note_answer(now)
        instants.append((now - START).total_seconds())
    assert instants == [0, 0, 0, 60, 120]


def test_tokens_that_are_known_to_be_left_are_all_there_are() -> None:
    bucket = Bucket.holding(SMALL, 1, START)
    assert bucket.earliest(START) == START
    assert bucket.take(START).earliest(START) == after(60)


def test_an_empty_bucket_knows_that_it_is_empty() -> None:
    assert Bucket.holding(SMALL, 0, START).earliest(START) == after(60)


def test_a_refusal_that_names_an_instant_corrects_the_count() -> None:
    bucket = Bucket.full(SMALL).correct(after(90))
    assert bucket.earliest(START) == after(90)
    assert bucket.take(after(90)).earliest(after(90)) == after(150)


@given(
    st.lists(st.floats(0, 200), max_size=30),
    st.builds(Rate, burst=st.integers(1, 5), refill_seconds=st.integers(1, 90)),
)
def test_what_the_bucket_lets_pass_the_server_lets_pass(pauses: list[float], rate: Rate) -> None:
    bucket, server, now = Bucket.full(rate), Server(rate), START
    for pause in pauses:
        now += timedelta(seconds=pause)
        assert (bucket.earliest(now) == now) is server.passes(now)
        bucket = bucket.take(now).note_answer(now)


@given(
    st.lists(st.tuples(st.floats(0, 0.49), st.floats(0, 0.49)), max_size=30),
    st.builds(Rate, burst=st.integers(2, 5), refill_seconds=st.integers(1, 90)),
)
def test_one_request_after_the_other_never_meets_a_refusal_however_long_they_are_under_way(
    exchanges: list[tuple[float, float]], rate: Rate
) -> None:
    # Refills that arrive at a full bucket are lost, so it must not be left alone until it is full.
    bucket, server, now = Bucket.full(rate), Server(rate), START
    for there, back in exchanges:
        now = bucket.earliest(now)
        bucket = bucket.take(now)
        now += timedelta(seconds=there * rate.refill_seconds)
        assert server.passes(now)
        now += timedelta(seconds=back * rate.refill_seconds)
        bucket = bucket.note_answer(now)


def test_a_first_request_that_arrives_late_delays_the_tokens_after_it() -> None:
    bucket = Bucket.full(Rate(burst=1, refill_seconds=60)).take(START)
    assert bucket.note_answer(after(20)).earliest(after(20)) == after(80)
    assert bucket.note_answer(after(20)).note_answer(after(40)).earliest(after(40)) == after(80)
