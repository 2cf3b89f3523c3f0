"""Rate limits as values: crates.io's token buckets. They count exactly as its server does, so that a release plans for limits.

Knows the algorithm and crates.io's numbers (facts of its source, `src/rate_limiter.rs`). Knows no clock: every function
gets the instant. After a 429 a bucket counts on from what the server said.
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
    """`burst` requests at once, then one more every `refill_seconds`."""

    burst: int
    refill_seconds: int


CRATES_IO_RATES = {Action.NEW: Rate(burst=5, refill_seconds=600), Action.UPDATE: Rate(burst=30, refill_seconds=60)}
"""Per user. A trusted-publishing token has no user, and is not limited."""


class Bucket(Value):
    """A token bucket after its last request.

    The server removes the token of a request only at the next request. `tokens` is what the server stores: one more than
    what is left.
    """

    rate: Rate
    tokens: int
    refilled: datetime | None = None
    """The instant up to which refills are counted; None before the first request."""
    is_answered: bool = False
    """Whether the count starts late enough. The server starts to count when the first request arrives, at the latest when
    it answers. A count from the moment of sending would use each token too early, by the time that the request took to
    arrive."""

    @classmethod
    def full(cls, rate: Rate) -> Self:
        """A bucket whose whole burst may be used at once.

        If the account used its bucket before, the server's count started earlier than ours and is ahead of it.
        """
        return cls(rate=rate, tokens=rate.burst + 1)

    @classmethod
    def holding(cls, rate: Rate, left: int, now: datetime) -> Self:
        """A bucket that is known to have `left` requests left at `now`."""
        return cls(rate=rate, tokens=left + 1, refilled=now, is_answered=True)

    def earliest(self, now: datetime) -> datetime:
        """The first instant from `now` on at which a request passes."""
        return now if self._tokens_at(now) >= 1 else (self.refilled or now) + self._refill

    def take(self, now: datetime) -> Self:
        """The bucket after a request at `now`. A refused request counts, too, but it does not postpone the refill."""
        refilled = now if self.refilled is None else self.refilled + self._refills(now) * self._refill
        return self.model_copy(update={"tokens": self._tokens_at(now), "refilled": refilled})

    def note_answer(self, now: datetime) -> Self:
        """The bucket after an answer at `now`. Only the first answer changes anything."""
        return self if self.is_answered else self.model_copy(update={"refilled": now, "is_answered": True})

    def correct(self, until: datetime) -> Self:
        """The bucket after a 429 that names the instant of the next token. The server's count replaces ours."""
        return self.model_copy(update={"tokens": 0, "refilled": until - self._refill, "is_answered": True})

    @property
    def _refill(self) -> timedelta:
        return timedelta(seconds=self.rate.refill_seconds)

    def _refills(self, now: datetime) -> int:
        return 0 if self.refilled is None else max(0, (now - self.refilled) // self._refill)

    def _tokens_at(self, now: datetime) -> int:
        return min(self.rate.burst, max(0, self.tokens - 1) + self._refills(now))
