"""Which directories of Loadmaster's home may be removed: nobody works in them, no attempt needs them, and they are old enough.

Decides from what was seen of each directory. It does not guess: a run that is not known to be finished stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from loadmaster.planning.values.value import Value

LOOKS = ("audit", "plan", "preflight", "status", "yank")
"""The commands that only look. Their run directories' names begin with these words, and nothing is resumed there."""
LONGEST_LOOK = timedelta(days=1)
"""A command that only looks holds no lock. None of them runs this long."""


class LeftoverKind(StrEnum):
    RUN = "run"
    LOOK = "look"
    """Left by a command that only looks and was killed."""
    BUILD = "build"


class LeftoverPlace(Value):
    """One directory as it was seen."""

    path: str
    """The path below the home."""
    kind: LeftoverKind
    bytes: int
    """The bytes that its removal frees. The records of a run stay."""
    used: AwareDatetime
    """When something last wrote to it."""
    busy: str | None = None
    """The process that works in it now."""
    finished: bool = False
    """For a run: whether its release is complete."""


class Fate(Value):
    path: str
    bytes: int
    removed: bool
    why: str


def kind_of_run(name: str) -> LeftoverKind:
    """The kind, by the directory's name. The directory of a flow has the flow run's id as its name."""
    return LeftoverKind.LOOK if name.startswith(tuple(f"{look}-" for look in LOOKS)) else LeftoverKind.RUN


def fate_of(place: LeftoverPlace, now: datetime, older_than: timedelta) -> Fate:
    """Whether the place is removed, and the reason."""
    kept = _reason_to_keep(place, now, older_than)
    return Fate(path=place.path, bytes=place.bytes, removed=kept is None, why=kept or _reason_to_remove(place))


def _reason_to_keep(place: LeftoverPlace, now: datetime, older_than: timedelta) -> str | None:
    needed = max(older_than, LONGEST_LOOK) if place.kind is LeftoverKind.LOOK else older_than
    if place.busy is not None:
        return f"in use by {place.busy}"
    if place.kind is LeftoverKind.RUN and not place.finished:
        return "not finished: another attempt goes on with it"
    if now - place.used < needed:
        return f"used {_ago(now - place.used)}"
    return None


def _reason_to_remove(place: LeftoverPlace) -> str:
    match place.kind:
        case LeftoverKind.RUN:
            return "finished; its receipt stays"
        case LeftoverKind.LOOK:
            return "left by a command that was killed"
        case LeftoverKind.BUILD:
            return "builds again when it is needed"


def _ago(passed: timedelta) -> str:
    return f"{passed.days} days ago" if passed.days > 1 else "less than two days ago"
