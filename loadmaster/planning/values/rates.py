"""Rate limits as values: crates.io's token buckets, exactly as its server counts, so that limits are planned and not met.

Knows the algorithm and crates.io's numbers (facts of its source, `src/rate_limiter.rs`). Knows no clock: every function
gets the instant. A bucket that a 429 corrected goes on counting from what the server said.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from loadmaster.planning.values.value import Value


class Action(StrEnum):
    """What a registry counts separately."""

    NEW = "new"
    """The first version of a crate."""
    UPDATE = "update"
    """A version of a crate that exists."""


class Rate(Value):
    """So many at once, then one more every so many seconds."""

    burst: int
    refill_seconds: int


CRATES_IO_RATES = {Action.NEW: Rate(burst=5, refill_seconds=600), Action.UPDATE: Rate(burst=30, refill_seconds=60)}
"""Per user. A trusted-publishing token has no user, and is not limited."""


class Bucket(Value):
    """A token bucket after its last request.

    The server takes the token of a request away at the next one: `tokens` is what it stores, one more than is left.
    """

    rate: Rate
    tokens: int
    refilled: datetime | None = None
    """Up to when refills are counted in; None before the first request."""
    is_answered: bool = False
    """Whether that count is on the safe side: the server's starts when the first request arrives, at the latest at its
    answer. Counted from when it was sent, each token would be asked for too early by what it was under way."""

    @classmethod
    def full(cls, rate: Rate) -> Self:
        """A bucket whose whole burst may go at once.

        Where an account used its bucket before, the server's count started earlier than ours and is ahead of it.
        """
        return cls(rate=rate, tokens=rate.burst + 1)

    @classmethod
    def holding(cls, rate: Rate, left: int, now: datetime) -> Self:
        """A bucket that is known to have `left` requests left at `now`."""
        return cls(rate=rate, tokens=left + 1, refilled=now, is_answered=True)

    def earliest(self, now: datetime) -> datetime:
        """The first instant from `now` on at which a request passes."""
        return now if self._stored(now) >= 1 else (self.refilled or now) + self._refill

    def taken(self, now: datetime) -> Self:
        """After a request at `now`, whether it passed or not: hammering an empty bucket does not postpone its refill."""
        refilled = now if self.refilled is None else self.refilled + self._refills(now) * self._refill
        return self.model_copy(update={"tokens": self._stored(now), "refilled": refilled})

    def answered(self, now: datetime) -> Self:
        """After an answer at `now`; only the first one changes anything."""
        return self if self.is_answered else self.model_copy(update={"refilled": now, "is_answered": True})

    def corrected(self, until: datetime) -> Self:
        """After a 429 that names the instant of the next token: the server's count, whatever ours was."""
        return self.model_copy(update={"tokens": 0, "refilled": until - self._refill, "is_answered": True})

    @property
    def _refill(self) -> timedelta:
        return timedelta(seconds=self.rate.refill_seconds)

    def _refills(self, now: datetime) -> int:
        return 0 if self.refilled is None else max(0, (now - self.refilled) // self._refill)

    def _stored(self, now: datetime) -> int:
        return min(self.rate.burst, max(0, self.tokens - 1) + self._refills(now))
