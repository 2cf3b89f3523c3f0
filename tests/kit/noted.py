"""A release of four crates as its run notes it, instant by instant, and what is known of it by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from loadmaster.planning.progress.notes import Ahead, CrateAhead, Held, Phase, RunNote
from loadmaster.planning.progress.progress import Progress, progress_of
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from tests.kit.receipts import WHEN, receipt

AHEAD = Ahead(
    version="1.0.0",
    seconds=30.0,
    crates=(
        CrateAhead(id="hull@1.0.0", needs=(), start=0.0),
        CrateAhead(id="mast@1.0.0", needs=(), start=0.0),
        CrateAhead(id="sail@1.0.0", needs=("mast@1.0.0",), start=5.0),
        CrateAhead(id="ship@1.0.0", needs=("hull@1.0.0", "mast@1.0.0", "sail@1.0.0"), start=10.0),
    ),
)
HEAD = receipt(outcome="crashed", objects=(), gates=(), started=WHEN)


def at(second: float) -> datetime:
    return WHEN.astimezone(UTC) + timedelta(seconds=second)


def begins(phase: Phase, second: float) -> RunNote:
    return RunNote(at=at(second), phase=phase)


def uploads(crate: str, second: float) -> RunNote:
    record = ObjectRecord(kind="crate", id=f"{crate}@1.0.0", state=ObjectState.UNKNOWN, code="in-flight")
    return RunNote(at=at(second), object=record)


def published(crate: str, second: float, seconds: float = 2.0) -> RunNote:
    record = ObjectRecord(
        kind="crate", id=f"{crate}@1.0.0", state=ObjectState.SAME, code="accepted", seconds=seconds, attempts=1
    )
    return RunNote(at=at(second), object=record)


def refused(crate: str, second: float, why: str = "the registry refused it") -> RunNote:
    record = ObjectRecord(kind="crate", id=f"{crate}@1.0.0", state=ObjectState.UNKNOWN, code="upload-refused", why=why)
    return RunNote(at=at(second), object=record)


def held(crate: str, second: float, until: float) -> RunNote:
    return RunNote(at=at(second), held=Held(crates=(f"{crate}@1.0.0",), until=at(until)))


TO_EXECUTE: tuple[RunNote, ...] = (
    RunNote(at=at(0), receipt=HEAD),
    begins(Phase.DECIDE, 2),
    RunNote(at=at(3), ahead=AHEAD),
    begins(Phase.CHECK, 4),
    begins(Phase.PREPARE, 14),
    begins(Phase.EXECUTE, 20),
)


def known(*notes: RunNote) -> Progress:
    """What is known after all phases up to the uploads, and then these notes."""
    return progress_of((*TO_EXECUTE, *notes))
