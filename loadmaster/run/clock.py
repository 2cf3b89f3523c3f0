"""The clock that waits follow. A rehearsal may run on a faster one, so that an hour of rate limits passes in seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


def utc_now() -> datetime:
    return datetime.now(UTC)


class Clock(Protocol):
    def now(self) -> datetime: ...

    def seconds_until(self, instant: datetime) -> float:
        """How long this process has to wait, in its own seconds, until the clock shows `instant`; 0 if it is past."""
        ...


class SystemClock:
    """The clock of this machine, in UTC."""

    def now(self) -> datetime:
        return utc_now()

    def seconds_until(self, instant: datetime) -> float:
        return max(0.0, (instant - self.now()).total_seconds())
