"""How long an outage is waited out, and when the call is made again.

An outage is an error that says that somebody else is out of reach: the registry, the forge, the git remote. The same call is
made again with ever longer pauses, until the patience of the profile has ended. A server that names an instant is asked again
at that instant, but within an hour. Knows no clock and no chance: it gets instants, and the jitter as a number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime

from loadmaster.planning.values.value import Value

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before the second try, and the most between two tries."""
GROWTH = 2.0
"""Each pause is longer than the one before by this factor."""
JITTER = 0.5
"""The part of a pause that is left to chance, so that many who wait do not all ask at once."""

SOONEST, LATEST = timedelta(seconds=1), timedelta(hours=1)
"""How soon, and how late, a server is asked again that named an instant. It may name the past, or the year 9999."""
LIMITED_FOR = timedelta(days=1)
"""How long one call obeys a server that names one instant after the other."""
QUIET = timedelta(minutes=2)
"""An outage of which nothing was seen for so long counts as over. It is longer than the longest pause and a call that
times out."""


class Outage(Value):
    """An outage as one run sees it, whichever of its calls met it."""

    since: AwareDatetime
    last: AwareDatetime
    """When a call met it last."""

    def met_again(self, now: datetime) -> Self:
        """The outage after a call has met it at `now`: this one, or a new one after a quiet time."""
        is_new = now - self.last > QUIET
        return self.model_copy(update={"since": now if is_new else self.since, "last": now})


class NextTry(Value):
    """When the call is made again."""

    at: AwareDatetime
    until: AwareDatetime
    """Until when it is waited altogether; for an instant that the server named, `at`."""
    named: AwareDatetime | None = None
    """The instant that the server named."""


class Patience(Value):
    seconds: float

    def next_try(
        self, since: datetime, tries: int, now: datetime, jitter: float, named: datetime | None = None
    ) -> NextTry | None:
        """When to make a call again that has failed `tries` times since `since`. None if it is not made again.

        `jitter` is a number from 0 to 1. `named` is the instant that the server named. The last try is made when the patience
        ends, and not before, so that whoever is back by then is seen.
        """
        if named is not None:
            at = asked_again(named, now)
            return NextTry(at=at, until=at, named=named) if now - since < LIMITED_FOR else None
        end = since + timedelta(seconds=self.seconds)
        at = min(end, now + timedelta(seconds=pause(tries, jitter)))
        return NextTry(at=at, until=end) if now < end else None


def pause(tries: int, jitter: float) -> float:
    """Seconds to wait after so many tries. `jitter`, from 0 to 1, decides how much of `JITTER` is taken off."""
    exponent = min(tries - 1, 30)  # by then the longest pause is reached, and the power is still a number
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * GROWTH**exponent)
    return whole * (1 - JITTER * jitter)


def told_of(named: datetime, at: datetime) -> str:
    """The sentence about a server that named one instant and is asked again at another; "" if they are one.

    It follows a text without a full stop.
    """
    if at == named:
        return ""
    absurd = "lies in the past" if named < at else "is more than an hour away"
    return f". The instant that it names {absurd}; it is asked again at {at:%H:%M:%S} UTC."


def asked_again(named: datetime, now: datetime) -> datetime:
    """When to ask a server again that named this instant: then, but neither at once nor later than in an hour."""
    return min(max(named, now + SOONEST), now + LATEST)
