"""The limits of one account: crates.io's token buckets and sizes. Pure; the instant is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from loadmaster.planning.crates_io.packaged import UPLOAD_LIMIT
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.registry.crate_file import UNPACKED_LIMIT
from loadmaster.planning.values.value import Value
from loadmaster.run.world_clock import http_date

Counted = Literal["new", "update", "yank"]
"""The actions that are counted separately."""

_TOO_MANY: Mapping[Counted, str] = {
    "new": "published too many new crates",
    "update": "published too many updates to existing crates",
    "yank": "yanked or unyanked too many versions",
}


class Bursts(Value):
    """The bursts of one account that differ from everybody's."""

    new: int | None = Field(default=None, ge=0)
    update: int | None = Field(default=None, ge=0)
    yank: int | None = Field(default=None, ge=0)


OwnLimits = Literal["crates.io", "off"] | Bursts
"""Limits that crates.io grants one account instead of everybody's."""


class Limits(Value):
    """The registry's limits; the defaults are crates.io's own numbers."""

    new_burst: int = 5
    new_refill_seconds: int = 600
    update_burst: int = 30
    update_refill_seconds: int = 60
    yank_burst: int = 100
    yank_refill_seconds: int = 60
    daily_per_crate: int | None = None
    """Versions of one crate in 24 hours; None: not limited."""
    upload_bytes: int = UPLOAD_LIMIT
    unpacked_bytes: int = UNPACKED_LIMIT

    def rate(self, kind: Counted, own: OwnLimits | None = None) -> CountedRate:
        """The rate for this kind. `own`: the account's own limits."""
        if own == "off":
            return NO_LIMITS.rate(kind)
        if own == "crates.io":
            return Limits().rate(kind)
        burst = getattr(own, kind) if own else None
        return CountedRate(
            kind=kind,
            burst=getattr(self, f"{kind}_burst") if burst is None else burst,
            refill_seconds=getattr(self, f"{kind}_refill_seconds"),
        )


NO_LIMITS = Limits(new_burst=1_000_000_000, update_burst=1_000_000_000, yank_burst=1_000_000_000)
"""Buckets so large that they are never empty."""


class CountedRate(Value):
    kind: Counted
    burst: int
    refill_seconds: int


class CountedBucket(Value):
    tokens: int
    last_refill: datetime


def take(bucket: CountedBucket | None, rate: CountedRate, now: datetime) -> CountedBucket:
    """The bucket after one more attempt; the attempt may pass if a token is left in it.

    A full bucket starts with `burst`, and its first attempt is free, so exactly `burst` attempts pass at once. Asking
    an empty bucket again does not delay its refill.
    """
    if bucket is None:
        return CountedBucket(tokens=rate.burst, last_refill=now)
    refill = timedelta(seconds=rate.refill_seconds)
    added = (now - bucket.last_refill) // refill
    return CountedBucket(
        tokens=min(rate.burst, max(0, bucket.tokens - 1) + added), last_refill=bucket.last_refill + refill * added
    )


def check_bucket(bucket: CountedBucket, rate: CountedRate) -> None:
    """Raises `Refusal` with `Retry-After` if no token is left."""
    if bucket.tokens >= 1:
        return
    again = http_date(bucket.last_refill + timedelta(seconds=rate.refill_seconds))
    detail = (
        f"You have {_TOO_MANY[rate.kind]} in a short period of time. "
        f"Please try again after {again} and see https://crates.io/docs/rate-limits for more details."
    )
    raise Refusal(429, detail, {"Retry-After": again})
