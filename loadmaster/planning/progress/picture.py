"""The picture of an attempt at one instant: a line for each phase, and a row for each crate with what it waits for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from loadmaster.planning.progress.notes import CrateAhead, Phase
from loadmaster.planning.progress.progress import Progress
from loadmaster.planning.values.receipt import ObjectRecord, ReceiptOutcome
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.values.value import Value


class Mark(StrEnum):
    DONE = "done"
    AT_WORK = "at-work"
    AHEAD = "ahead"
    WRONG = "wrong"


class PhaseRow(Value):
    phase: Phase
    mark: Mark
    seconds: float | None
    """How long it took, or has taken so far; None if it has not begun."""
    told: str = ""
    """What came of it."""


class CrateLine(Value):
    id: str
    mark: Mark
    share: float
    """How much of it is done, from 0 to 1: half while it is uploaded."""
    seconds: float | None = None
    """How long its upload took, or has taken so far."""
    eta: float | None = None
    """Seconds until its upload begins, by the schedule; None if it has begun, or cannot begin."""
    told: str = ""
    """What it waits for, or why it was not published."""


class Picture(Value):
    title: str
    phases: tuple[PhaseRow, ...]
    crates: tuple[CrateLine, ...]
    """() before there is a plan."""
    eta: float | None
    """Seconds until all crates are visible, by the schedule; None before the first upload and after the last."""

    @property
    def published(self) -> int:
        return sum(row.mark is Mark.DONE for row in self.crates)


def picture_of(progress: Progress, now: datetime) -> Picture:
    """What is known at `now`; at the end of the attempt, if that was before."""
    now = progress.ended or now
    late = _lateness(progress, now)
    ahead = progress.ahead
    crates = () if ahead is None else tuple(_crate_row(each, progress, now, late) for each in ahead.crates)
    begun, receipt = _uploads_began(progress), progress.receipt
    left = None
    if (
        ahead is not None
        and begun is not None
        and progress.ended is None
        and any(row.mark is Mark.AHEAD for row in crates)
    ):
        left = max(0.0, ahead.seconds + late - (now - begun).total_seconds())
    version = ahead.version if ahead else receipt.version if receipt else ""
    return Picture(
        title=f"{receipt.project} {version}" if receipt else "",
        phases=tuple(_phase_row(phase, progress, now) for phase in Phase),
        crates=crates,
        eta=left,
    )


def _phase_row(phase: Phase, progress: Progress, now: datetime) -> PhaseRow:
    begun = dict(progress.phases)
    if (start := begun.get(phase)) is None:
        return PhaseRow(phase=phase, mark=Mark.AHEAD, seconds=None)
    is_last = phase is progress.phases[-1][0]
    following = [at for _, at in progress.phases if at > start] or [now]
    end = now if is_last else min(following)
    failed = is_last and progress.outcome not in (None, ReceiptOutcome.RELEASED)
    at_work = is_last and progress.outcome is None
    mark = Mark.WRONG if failed else Mark.AT_WORK if at_work else Mark.DONE
    return PhaseRow(phase=phase, mark=mark, seconds=(end - start).total_seconds(), told=_told_of(phase, progress))


def _told_of(phase: Phase, progress: Progress) -> str:
    """What came of a phase so far, in a few words."""
    receipt, ahead = progress.receipt, progress.ahead
    match phase:
        case Phase.LOOK if receipt is not None:
            return f"commit {receipt.base_commit[:8]}"
        case Phase.DECIDE if ahead is not None:
            return f"version {ahead.version}, {_count(len(ahead.crates), 'crate')}"
        case Phase.CHECK if receipt is not None and receipt.gates:
            return _gates_told(progress)
        case Phase.EXECUTE if ahead is not None:
            there = sum(record.state in THERE for record in progress.records.values())
            return f"{there} of {_count(len(ahead.crates), 'crate')}"
        case _:
            return ""


def _gates_told(progress: Progress) -> str:
    answers = progress.receipt.gates if progress.receipt else ()
    closed = sum(not answer.opens for answer in answers)
    unsettled = sum(answer.opens and not answer.passed for answer in answers)
    told = [_count(len(answers), "gate")]
    told += [f"{closed} closed"] if closed else []
    told += [f"{unsettled} did not pass"] if unsettled else []
    return ", ".join(told)


def _count(number: int, of: str) -> str:
    return f"{number} {of}{'s' * (number != 1)}"


def _crate_row(crate: CrateAhead, progress: Progress, now: datetime, late: float) -> CrateLine:
    record, start = progress.records.get(crate.id), progress.begun.get(crate.id)
    if record is not None and record.state in THERE:
        return CrateLine(id=crate.id, mark=Mark.DONE, share=1.0, seconds=record.seconds)
    if record is not None and record.code == "in-flight" and start is not None and progress.ended is None:
        return CrateLine(
            id=crate.id, mark=Mark.AT_WORK, share=0.5, seconds=(now - start).total_seconds(), told="is uploaded"
        )
    if record is not None and _is_wrong(record):
        return CrateLine(id=crate.id, mark=Mark.WRONG, share=0.0, told=record.why or record.state)
    told = (record.why if record else None) if progress.ended else None
    return CrateLine(
        id=crate.id,
        mark=Mark.AHEAD,
        share=0.0,
        eta=_eta(crate, progress, now, late),
        told=told or _waits_for(crate, progress),
    )


def _is_wrong(record: ObjectRecord) -> bool:
    return record.state in (ObjectState.DIFFERENT, ObjectState.UNKNOWN) or record.code == "kept-back"


def _waits_for(crate: CrateAhead, progress: Progress) -> str:
    """What keeps a crate from being uploaded: crates that it needs, or the registry's rate limit."""
    records = progress.records
    missing = [need for need in crate.needs if need not in records or records[need].state not in THERE]
    if missing:
        more = f" and {len(missing) - 2} more" if len(missing) > 2 else ""
        return f"waits for {', '.join(need.partition('@')[0] for need in missing[:2])}{more}"
    if progress.held is not None and progress.held.until is not None and crate.id in progress.held.crates:
        return f"waits for the rate limit, {progress.held.until:%H:%M:%S} UTC"
    return ""


def _eta(crate: CrateAhead, progress: Progress, now: datetime, late: float) -> float | None:
    begun = _uploads_began(progress)
    if begun is None or progress.ended is not None:
        return None
    held = progress.held
    if held is not None and held.until is not None and held.until > now and crate.id in held.crates:
        return (held.until - now).total_seconds()
    return max(0.0, crate.start + late - (now - begun).total_seconds())


def _uploads_began(progress: Progress) -> datetime | None:
    return min(progress.begun.values(), default=None)


def _lateness(progress: Progress, now: datetime) -> float:
    """By how many seconds the uploads are behind the forecast: the next one that it has should have begun by now."""
    begun = _uploads_began(progress)
    if begun is None or progress.ahead is None:
        return 0.0
    due = [
        each.start for each in progress.ahead.crates if each.id not in progress.begun and not _is_there(each, progress)
    ]
    return max(0.0, (now - begun).total_seconds() - min(due)) if due else 0.0


def _is_there(crate: CrateAhead, progress: Progress) -> bool:
    record = progress.records.get(crate.id)
    return record is not None and record.state in THERE
