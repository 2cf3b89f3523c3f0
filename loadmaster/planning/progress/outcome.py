"""How a release ended, for a terminal: a short table of what is out, the gates that are open, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from loadmaster.errors.base import clause, in_one_line, more_line
from loadmaster.planning.begun import WayBack
from loadmaster.planning.show import SIGN, command_record_line, not_passed_line, way_on_text
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import THERE, ObjectState
from loadmaster.planning.way_on import out_text

_KIND = 14
_SHOWN = 5
"""How many of many objects of one kind are named."""
_WORST_FIRST = (
    ObjectState.DIFFERENT,
    ObjectState.UNKNOWN,
    ObjectState.ABSENT,
    ObjectState.EQUIVALENT,
    ObjectState.SAME,
)


def outcome_text(receipt: Receipt, log: str | None, width: int) -> str:
    """The outcome, in lines of which those of gates are cut off at `width`. `log` is the path of the run's log."""
    lines = [
        f"{receipt.project} {receipt.version}: {receipt.outcome.upper()} in {receipt.seconds:.1f} s ({receipt.world} world)",
        *(["  nothing was left to do: everything was released already"] if receipt.changed_nothing else []),
        *(command_record_line(record) for record in receipt.commands),
        *_object_lines(receipt.objects),
        *(f"  deviation: {line}" for line in receipt.deviations),
        *_open_gates(receipt.gates, width),
        *([f"  log {log}"] if log else []),
        *_end_lines(receipt),
    ]
    return "\n".join(lines) + "\n"


def _object_lines(records: Iterable[ObjectRecord]) -> list[str]:
    """A line for each kind, and one for each object that is not there."""
    by_kind: dict[str, list[ObjectRecord]] = {}
    for record in records:
        by_kind.setdefault(record.kind, []).append(record)
    return [line for kind, group in by_kind.items() for line in _kind_lines(kind, group)]


def _kind_lines(kind: str, group: Sequence[ObjectRecord]) -> list[str]:
    worst = next(state for state in _WORST_FIRST if any(record.state is state for record in group))
    wrong = [record for record in group if record.state not in THERE]
    if len(group) == 1:
        return [f"  {SIGN[worst]} {kind:<{_KIND}}{_single(group[0])}"]
    lines = [f"  {SIGN[worst]} {f'{kind}s':<{_KIND}}{_counted(group)}"]
    lines += [f"      {SIGN[each.state]} {each.id}: {_why(each)}" for each in wrong[:_SHOWN]]
    return lines + ([f"      and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else [])


def _single(record: ObjectRecord) -> str:
    named = record.id[:12] if record.kind == "commit" else record.id
    return named if record.state in THERE else f"{named}: {_why(record)}"


def _why(record: ObjectRecord) -> str:
    return f"{record.state}" + (f" ({clause(in_one_line(record.why))})" if record.why else "")


def _counted(group: Sequence[ObjectRecord]) -> str:
    """`9 of 11 (9 same, 2 unknown)`; only the number where all of them are there and ours."""
    states = Counter(record.state for record in group)
    if set(states) == {ObjectState.SAME}:
        names = f": {', '.join(record.id for record in group)}" if group[0].kind in ("asset", "tag") else ""
        return f"{len(group)} of {len(group)}{names}"
    there = sum(states[state] for state in THERE)
    told = ", ".join(f"{states[state]} {state}" for state in reversed(_WORST_FIRST) if states[state])
    return f"{there} of {len(group)} ({told})"


def _open_gates(answers: Iterable[GateAnswer], width: int) -> list[str]:
    """Gates that did not pass and let the release through; those that closed it are told with the failure."""
    lines = [
        f"    {answer.gate}: {not_passed_line(answer)}" for answer in answers if answer.opens and not answer.passed
    ]
    lines += [
        f"    {answer.gate}: skipped: {in_one_line(answer.why)}"
        for answer in answers
        if answer.gate == SMOKE_WORKER and answer.outcome is Outcome.SKIP
    ]
    cut = [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]
    return [f"  {len(cut)} gate{'s' * (len(cut) != 1)} open (`-v` tells them in full):", *cut] if cut else []


def _end_lines(receipt: Receipt) -> list[str]:
    failure = receipt.failure
    if receipt.outcome is ReceiptOutcome.RELEASED:
        return [f"next: {_after(receipt)}"]
    told = [] if failure is None else ["", failure.what, f"  why: {failure.why}", f"  next: {failure.next}"]
    told += [more_line(failure.code)] if failure is not None and failure.code else []
    return [*told, "", f"out by now: {out_text(receipt)}", f"go on: {way_on_text(receipt)}"]


def _after(receipt: Receipt) -> str:
    """What comes after a release: of a rehearsed one, what only the registry can say; of a real one, a look at it."""
    way = WayBack(project=receipt.project, options=receipt.options or {})
    if receipt.world == "rehearsal":
        preflight_command = way.preflight_command(receipt.version)
        return f"`{preflight_command}` asks whether the registry would take it"
    status_command = way.status_command(receipt.version)
    return f"`{status_command}` shows what users have"
