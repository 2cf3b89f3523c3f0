"""The notes that a run leaves in its journal, one line of JSON each, in the order in which things happened."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, ValidationError

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.values.receipt import ObjectRecord, Receipt
from loadmaster.planning.values.value import Value


class Phase(StrEnum):
    """The parts of a release, in their order; the receipt, which is the last one, is no work."""

    LOOK = "look"
    DECIDE = "decide"
    CHECK = "check"
    PREPARE = "prepare"
    EXECUTE = "execute"
    VERIFY = "verify"


class CrateAhead(Value):
    """A crate of the plan, as the schedule sees it before the first upload."""

    id: str
    needs: tuple[str, ...]
    """The ids of those that must be accepted before it."""
    start: float
    """When its upload begins by the forecast, in seconds after the first one."""


class Ahead(Value):
    """What the plan says that publishing will be."""

    version: str
    crates: tuple[CrateAhead, ...]
    seconds: float
    """From the first upload until all crates are visible, by the forecast."""


class Held(Value):
    """Crates that wait for a rate limit of the registry."""

    crates: tuple[str, ...]
    until: AwareDatetime | None


class RunNote(Value):
    """One line: when it was written, and the one thing that it says."""

    at: AwareDatetime | None = None
    """None in a journal that was written before notes had it."""
    receipt: Receipt | None = None
    """What the receipt says besides its objects."""
    object: ObjectRecord | None = None
    phase: Phase | None = None
    """It has begun."""
    ahead: Ahead | None = None
    held: Held | None = None


def read_note(line: bytes | str) -> RunNote | None:
    """The note of a line. None for one that was cut off, or that another version of Loadmaster wrote."""
    try:
        return RunNote.model_validate_json(line)
    except ValidationError:
        return None


def ahead_of(plan: ReleasePlan) -> Ahead:
    starts = dict(plan.forecast.starts)
    crates = tuple(
        CrateAhead(
            id=crate.id,
            needs=tuple(plan.crate(name).id for name in crate.needs),
            start=starts.get(crate.name, 0.0),
        )
        for crate in plan.crates
    )
    return Ahead(version=plan.version, crates=crates, seconds=plan.forecast.seconds)
