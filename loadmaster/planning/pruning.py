"""Which directories of Loadmaster's home may go: what nobody works in, no Retry needs, and nobody has used for long enough.

Decides from what was seen of each. Refuses to guess: a run that is not known to be finished stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from loadmaster.planning.values.value import Value

LOOKS = ("audit", "plan", "preflight", "status", "yank")
"""What a run directory's name begins with if its command only looks: nothing is resumed there."""
LONGEST_LOOK = timedelta(days=1)
"""A command that only looks holds no lock; none takes so long."""


class LeftoverKind(StrEnum):
    RUN = "run"
    LOOK = "look"
    """Left behind by a command that only looks, and was killed."""
    BUILD = "build"


class LeftoverPlace(Value):
    """One directory as it was found."""

    path: str
    """Below the home."""
    kind: LeftoverKind
    bytes: int
    """What would be freed: of a run, all but its records."""
    used: AwareDatetime
    """When it was last written to."""
    busy: str | None = None
    """Who works in it now."""
    finished: bool = False
    """Of a run: whether its release is out."""


class Fate(Value):
    path: str
    bytes: int
    removed: bool
    why: str


def kind_of_run(name: str) -> LeftoverKind:
    """By the directory's name; what flows leave is named by the flow run's id."""
    return LeftoverKind.LOOK if name.startswith(tuple(f"{look}-" for look in LOOKS)) else LeftoverKind.RUN


def fate_of(place: LeftoverPlace, now: datetime, older_than: timedelta) -> Fate:
    """Whether the place goes, and why, or why not."""
    kept = _kept_because(place, now, older_than)
    return Fate(path=place.path, bytes=place.bytes, removed=kept is None, why=kept or _goes_because(place))


def _kept_because(place: LeftoverPlace, now: datetime, older_than: timedelta) -> str | None:
    needed = max(older_than, LONGEST_LOOK) if place.kind is LeftoverKind.LOOK else older_than
    if place.busy is not None:
        return f"in use by {place.busy}"
    if place.kind is LeftoverKind.RUN and not place.finished:
        return "not finished: Retry goes on with it"
    if now - place.used < needed:
        return f"used {_ago(now - place.used)}"
    return None


def _goes_because(place: LeftoverPlace) -> str:
    match place.kind:
        case LeftoverKind.RUN:
            return "finished; its receipt stays"
        case LeftoverKind.LOOK:
            return "left behind by a command that was killed"
        case LeftoverKind.BUILD:
            return "builds again when it is needed"


def _ago(passed: timedelta) -> str:
    return f"{passed.days} days ago" if passed.days > 1 else "less than two days ago"
