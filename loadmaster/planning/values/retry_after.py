"""The instant that a server names for the next request: `Retry-After`, or GitHub's seconds since the epoch. It may be absurd.

The registry, its index and the forge are read by this one module. It refuses to know how long anybody is willing to wait:
`planning.patience` bounds what a server names.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FARTHEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for every instant that a calendar does not hold."""

_SECONDS = re.compile(r"[+-]?\d+", re.ASCII)
_DIGITS = 15
"""A number with more digits is farther away than `FARTHEST`, and may be too long to be read as a number at all."""


def instant_named(retry_after: str, now: datetime) -> datetime | None:
    """The instant of the header `Retry-After`: seconds from `now`, or a date. None if it is neither.

    A second is added to a date: crates.io cuts off the fraction of its instant, and refuses a request in the second that it
    names.
    """
    if _SECONDS.fullmatch(text := retry_after.strip()):
        return _later(now, text)
    try:
        named = parsedate_to_datetime(text)
        return (named if named.tzinfo else named.replace(tzinfo=UTC)).astimezone(UTC) + timedelta(seconds=1)
    except OverflowError:
        return FARTHEST
    except ValueError:
        return None


def instant_of_epoch(seconds: str) -> datetime | None:
    """The instant of the header `x-ratelimit-reset`. None if it is no number of seconds since the epoch."""
    return _later(datetime(1970, 1, 1, tzinfo=UTC), text) if _SECONDS.fullmatch(text := seconds.strip()) else None


def _later(start: datetime, seconds: str) -> datetime:
    try:
        return min(FARTHEST, start + timedelta(seconds=int(seconds[:_DIGITS])))
    except OverflowError:
        return start if seconds.startswith("-") else FARTHEST
