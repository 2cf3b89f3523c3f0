"""What the notes of one attempt say together: which phases have begun, what became of each object, and what is ahead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from loadmaster.planning.progress.notes import Ahead, Held, Phase, RunNote
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One attempt at a release, as far as it has come."""

    receipt: Receipt | None = None
    """What it says besides its objects; None before the attempt has begun."""
    phases: tuple[tuple[Phase, datetime], ...] = ()
    """Those that have begun, each with the instant."""
    ahead: Ahead | None = None
    held: Held | None = None
    records: Mapping[str, ObjectRecord] = field(default_factory=dict)
    """The crates', by id."""
    begun: Mapping[str, datetime] = field(default_factory=dict)
    """When the upload of each crate began, by id."""
    ended: datetime | None = None
    """None while it is at work."""

    @property
    def outcome(self) -> ReceiptOutcome | None:
        return None if self.receipt is None or self.ended is None else self.receipt.outcome

    def after(self, note: RunNote) -> Self:
        """What is known after one more note. The head of another attempt begins anew."""
        if note.receipt is not None:
            is_same = self.receipt is not None and self.receipt.started == note.receipt.started
            before = self if is_same else type(self)(phases=((Phase.LOOK, note.receipt.started),))
            return replace(before, receipt=note.receipt)
        if note.phase is not None and note.at is not None:
            return replace(self, phases=(*self.phases, (note.phase, note.at)))
        if note.object is not None and note.object.kind == "crate":
            return self._with(note.object, note.at)
        return replace(self, ahead=note.ahead or self.ahead, held=note.held or self.held)

    def _with(self, record: ObjectRecord, at: datetime | None) -> Self:
        begins = record.code == "in-flight" and at is not None
        begun = {**self.begun, record.id: at} if begins and at is not None else self.begun
        return replace(self, records={**self.records, record.id: record}, begun=begun)

    def end(self, receipt: Receipt, at: datetime) -> Self:
        """What is known when the attempt has left its receipt."""
        crates = {record.id: record for record in receipt.objects if record.kind == "crate"}
        return replace(self, receipt=receipt, records={**self.records, **crates}, ended=at)


def progress_of(notes: Iterable[RunNote]) -> Progress:
    progress = Progress()
    for note in notes:
        progress = progress.after(note)
    return progress
