"""One cell of the table that the permission gates fill, and how cells become the answer of a gate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.value import Value

_WORST_FIRST = (Outcome.FAIL, Outcome.COULD_NOT_CHECK, Outcome.PASS, Outcome.SKIP)


class Finding(Value):
    """What one question came to for one crate, with the answer that says so."""

    gate: PermissionGate
    where: str
    """The crate's name, or `registry`, `token`, `plan` for what is not about one crate."""
    outcome: Outcome
    what: str = ""
    fix: str = ""
    """The page or the command that mends it; "" where there is nothing to mend."""
    evidence: Exchange | None = None
    is_warning: bool = False
    """Passed, and worth a look."""


def worst(findings: Iterable[Finding]) -> Outcome:
    """`skip` where nothing was asked."""
    return min((finding.outcome for finding in findings), key=_WORST_FIRST.index, default=Outcome.SKIP)


def answers(findings: Sequence[Finding], blocking: Collection[PermissionGate]) -> tuple[GateAnswer, ...]:
    """One answer a gate, in the order of `PermissionGate`. A question without an answer blocks only where it is listed."""
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
    """What was not checked, each reason once, with those that it holds for."""
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
