"""The clock of a rehearsal world. It may run faster than this machine's, so that an hour of rate limits passes in seconds.

The registry counts by it, and the publisher waits by it. It keeps no state: a Retry, in a new process, sees the same time.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from loadmaster.run.clock import utc_now


class WorldClock:
    """Shows `since` plus `speed` seconds for every second that has passed since then."""

    def __init__(self, since: datetime, speed: float = 1.0) -> None:
        self._since, self._speed = since, speed

    @property
    def since(self) -> datetime:
        return self._since

    def now(self) -> datetime:
        return self._since + (utc_now() - self._since) * self._speed

    def seconds_until(self, instant: datetime) -> float:
        """Seconds that this process has to wait until the clock shows `instant`; 0 if that is past."""
        return max(0.0, (instant - self.now()) / timedelta(seconds=self._speed))

    async def sleep(self, seconds: float) -> None:
        """Sleeps until this many seconds have passed on this clock."""
        await asyncio.sleep(seconds / self._speed)


def http_date(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
