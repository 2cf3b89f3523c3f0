"""How much one account may publish: crates.io's token buckets and sizes. Pure; the instant is an argument."""

from __future__ import annotations

from datetime import datetime, timedelta

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.value import Value
from loadmaster.rehearsal.clock import http_date


class Limits(Value):
    """crates.io's own numbers, unless said otherwise."""

    new_burst: int = 5
    new_refill_seconds: int = 600
    update_burst: int = 30
    update_refill_seconds: int = 60
    daily_per_crate: int | None = None
    """Versions of one crate in 24 hours; None: not limited."""
    upload_bytes: int = 10 * 1024 * 1024
    unpacked_bytes: int = 512 * 1024 * 1024

    def rate(self, *, is_new: bool) -> Rate:
        if is_new:
            return Rate(what="new crates", burst=self.new_burst, refill_seconds=self.new_refill_seconds)
        return Rate(
            what="updates to existing crates", burst=self.update_burst, refill_seconds=self.update_refill_seconds
        )


NO_LIMITS = Limits(new_burst=1_000_000_000, update_burst=1_000_000_000)
"""Buckets that nobody empties."""


class Rate(Value):
    what: str
    burst: int
    refill_seconds: int


class Bucket(Value):
    tokens: int
    last_refill: datetime


def take(bucket: Bucket | None, rate: Rate, now: datetime) -> Bucket:
    """The bucket after one more attempt; the attempt may pass if a token is left in it.

    A full bucket starts with `burst`, and its first attempt is free, so exactly `burst` attempts pass at once. Asking
    an empty bucket again does not put off its refill.
    """
    if bucket is None:
        return Bucket(tokens=rate.burst, last_refill=now)
    refill = timedelta(seconds=rate.refill_seconds)
    added = (now - bucket.last_refill) // refill
    return Bucket(
        tokens=min(rate.burst, max(0, bucket.tokens - 1) + added), last_refill=bucket.last_refill + refill * added
    )


def check_bucket(bucket: Bucket, rate: Rate) -> None:
    """Raises `Refusal` with `Retry-After` when no token is left."""
    if bucket.tokens >= 1:
        return
    again = http_date(bucket.last_refill + timedelta(seconds=rate.refill_seconds))
    detail = (
        f"You have published too many {rate.what} in a short period of time. "
        f"Please try again after {again} and see https://crates.io/docs/rate-limits for more details."
    )
    raise Refusal(429, detail, {"Retry-After": again})
