from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.limits import CountedBucket, CountedRate, Limits, check_bucket, take

NOON = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)
NEW = Limits().rate("new")


def passes(bucket: CountedBucket, rate: CountedRate) -> bool:
    try:
        check_bucket(bucket, rate)
    except Refusal:
        return False
    return True


def test_crates_io_s_own_numbers() -> None:
    update = Limits().rate("update")
    assert (NEW.burst, NEW.refill_seconds) == (5, 600)
    assert (update.burst, update.refill_seconds) == (30, 60)


def test_the_sixth_new_crate_must_wait_ten_minutes_from_the_first() -> None:
    bucket: CountedBucket | None = None
    for _ in range(6):
        bucket = take(bucket, NEW, NOON)
    assert bucket is not None
    with pytest.raises(Refusal) as refused:
        check_bucket(bucket, NEW)
    again = "Sat, 25 Jul 2026 12:10:00 GMT"
    assert refused.value.status == 429
    assert refused.value.headers == {"Retry-After": again}
    assert refused.value.detail == (
        "You have published too many new crates in a short period of time. "
        f"Please try again after {again} and see https://crates.io/docs/rate-limits for more details."
    )


def test_asking_an_empty_bucket_does_not_put_off_its_refill() -> None:
    bucket: CountedBucket | None = None
    for minute in range(10):
        bucket = take(bucket, CountedRate(kind="new", burst=1, refill_seconds=600), NOON + timedelta(minutes=minute))
    bucket = take(bucket, CountedRate(kind="new", burst=1, refill_seconds=600), NOON + timedelta(minutes=10))
    assert passes(bucket, NEW)


@given(st.integers(1, 50), st.integers(1, 3600), st.integers(0, 30))
def test_exactly_the_burst_passes_at_once(burst: int, refill: int, more: int) -> None:
    rate, bucket, passed = CountedRate(kind="new", burst=burst, refill_seconds=refill), None, 0
    for _ in range(burst + more):
        bucket = take(bucket, rate, NOON)
        passed += passes(bucket, rate)
    assert passed == burst


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=60))
def test_no_span_of_time_sees_more_than_burst_and_refills(pauses: list[int]) -> None:
    bucket, now, passed = None, NOON, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        bucket = take(bucket, NEW, now)
        passed += passes(bucket, NEW)
    assert passed <= NEW.burst + (now - NOON) // timedelta(seconds=NEW.refill_seconds)
