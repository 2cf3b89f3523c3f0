"""What the registry's limits let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from loadmaster.planning.pace import correct, let_through
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_crate_whose_bucket_is_empty_does_not_hold_up_another() -> None:
    buckets = {
        Action.NEW: Bucket.holding(Rate(burst=5, refill_seconds=600), 0, NOW),
        Action.UPDATE: Bucket.full(CRATES_IO_RATES[Action.UPDATE]),
    }
    turn = let_through(["fresh", "old"], {"fresh": Action.NEW, "old": Action.UPDATE}, buckets, NOW)
    assert (turn.start, turn.waiting) == (("old",), ("fresh",))
    assert turn.until == NOW + timedelta(minutes=10)


def test_a_credential_without_buckets_waits_for_nothing() -> None:
    turn = let_through(["a", "b"], {"a": Action.NEW, "b": Action.NEW}, {}, NOW)
    assert (turn.start, turn.until) == (("a", "b"), None)


def test_a_crate_that_is_published_already_costs_nothing() -> None:
    buckets = {Action.NEW: Bucket.holding(Rate(burst=2, refill_seconds=600), 1, NOW)}
    turn = let_through(["published", "a", "b"], {"a": Action.NEW, "b": Action.NEW}, buckets, NOW)
    assert (turn.start, turn.waiting) == (("published", "a"), ("b",))


def test_a_refusal_makes_a_bucket_where_none_was_expected() -> None:
    rate = CRATES_IO_RATES[Action.NEW]
    turn = let_through(["a"], {"a": Action.NEW}, correct({}, Action.NEW, rate, NOW + timedelta(seconds=90)), NOW)
    assert turn.until == NOW + timedelta(seconds=90)
