"""One cell of the permission gates' table, and how the cells of a gate become its answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.value import Value

_WORST_FIRST = (Outcome.FAIL, Outcome.COULD_NOT_CHECK, Outcome.PASS, Outcome.SKIP)


class Finding(Value):
    """The result of one question for one crate, with the registry's answer that shows it."""

    gate: PermissionGate
    where: str
    """The crate's name; `registry`, `token` or `plan` if it is not about one crate."""
    outcome: Outcome
    what: str = ""
    fix: str = ""
    """The page or the command that corrects it; "" if there is nothing to correct."""
    evidence: Exchange | None = None
    is_warning: bool = False
    """The question passed, but is worth a look."""


def worst(findings: Iterable[Finding]) -> Outcome:
    """The worst outcome of all; `skip` if nothing was asked."""
    return min((finding.outcome for finding in findings), key=_WORST_FIRST.index, default=Outcome.SKIP)


def answers(findings: Sequence[Finding], blocking: Collection[PermissionGate]) -> tuple[GateAnswer, ...]:
    """One answer for each gate, in the order of `PermissionGate`. An open question blocks only if `blocking` has its gate."""
    return tuple(
        _answer(gate, [finding for finding in findings if finding.gate is gate], blocks=gate in blocking)
        for gate in PermissionGate
        if any(finding.gate is gate for finding in findings)
    )


def _answer(gate: PermissionGate, findings: Sequence[Finding], *, blocks: bool) -> GateAnswer:
    open_questions = [finding for finding in findings if finding.outcome is Outcome.COULD_NOT_CHECK]
    return GateAnswer(
        gate=gate,
        outcome=worst(findings),
        checked=sum(finding.outcome in (Outcome.PASS, Outcome.FAIL) for finding in findings),
        problems=tuple(_problem(finding) for finding in findings if finding.outcome is Outcome.FAIL),
        warnings=tuple(_problem(finding) for finding in findings if finding.is_warning),
        why=_why(open_questions or [finding for finding in findings if finding.outcome is Outcome.SKIP]),
        blocks=blocks,
    )


def _why(findings: Sequence[Finding]) -> str:
    """Why something was not checked: each reason once, with the places that it holds for."""
    reasons: dict[str, list[str]] = {}
    for finding in findings:
        reasons.setdefault(finding.what, []).append(finding.where)
    return "; ".join(f"{_places(places)}: {reason}" for reason, places in reasons.items())


def _places(places: Sequence[str]) -> str:
    shown = ", ".join(f"`{place}`" for place in places[:3])
    return f"{shown} and {len(places) - 3} more" if len(places) > 3 else shown


def _problem(finding: Finding) -> Problem:
    evidence = str(finding.evidence) if finding.evidence else None
    return Problem(where=finding.where, what=finding.what, fix=finding.fix, evidence=evidence)
