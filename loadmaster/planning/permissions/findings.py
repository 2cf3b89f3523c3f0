"""One cell of the permission gates' table, and how the cells of a gate become its answer.

A pass stands only for what was asked and answered, so no finding passes without it. Cells that say the same of several places
are shown as one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Self

from pydantic import model_validator

from loadmaster.planning.permissions.reading import Refused, interpret
from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.value import Value

_WORST_FIRST = (Outcome.FAIL, Outcome.COULD_NOT_CHECK, Outcome.PASS, Outcome.SKIP)
_LONGEST_ANSWER = 100
_PLACES_SHOWN = 3


class Asked(Value):
    """A question that was asked, the credential that it was asked with, and the answer."""

    question: str
    """The request line, or what else was read: the index, the plan, the packaged crate."""
    answer: str
    credential: str = ""
    """The token that was sent, by where it came from; "" if none was."""

    @classmethod
    def of(cls, *exchanges: Exchange | None) -> tuple[Self, ...]:
        """The exchanges that took place."""
        return tuple(
            cls(question=f"`{each.request}`", answer=_answer_of(each), credential=each.credential)
            for each in exchanges
            if each is not None
        )

    def __str__(self) -> str:
        sent = f" with {self.credential}" if self.credential else ""
        return f"{self.question}{sent}: {self.answer}"


def _answer_of(exchange: Exchange) -> str:
    """The status, and the registry's words, or the beginning of what came instead."""
    reading = interpret(exchange)
    if isinstance(reading, Refused):
        return f"{reading.status}, `{reading.detail}`"
    lines = exchange.text.strip().splitlines() or [""]
    told = lines[0][:_LONGEST_ANSWER] + ("…" if len(lines[0]) > _LONGEST_ANSWER else "")
    return f"{exchange.status or 'no answer'}, `{told}`"


class Finding(Value):
    """The result of one question for one crate, with what was asked to know it."""

    gate: PermissionGate
    where: str
    """The crate's name; `registry`, `token` or `plan` if it is not about one crate."""
    outcome: Outcome
    what: str = ""
    fix: str = ""
    """The page or the command that corrects a failure; for an open question, what would settle it; "" if there is nothing."""
    asked: tuple[Asked, ...] = ()
    is_warning: bool = False
    """The question passed, but is worth a look."""

    @model_validator(mode="after")
    def _passes_by_an_answer(self) -> Self:
        if self.outcome is Outcome.PASS and not self.asked:
            raise ValueError(f"`{self.gate}` passes for `{self.where}`, and nobody was asked")
        return self


class Found(NamedTuple):
    """A finding without its place."""

    outcome: Outcome
    what: str
    fix: str = ""
    asked: tuple[Asked, ...] = ()
    is_warning: bool = False

    def at(self, gate: PermissionGate, where: str) -> Finding:
        return Finding(gate=gate, where=where, **self._asdict())


def worst(findings: Iterable[Finding]) -> Outcome:
    """The worst outcome of all; `skip` if nothing was asked."""
    return min((finding.outcome for finding in findings), key=_WORST_FIRST.index, default=Outcome.SKIP)


class Alike(NamedTuple):
    """A finding, and the other places that it holds for in the same words."""

    finding: Finding
    others: tuple[str, ...]

    @property
    def places(self) -> str:
        """The first places by name, and how many more."""
        names = (self.finding.where, *self.others)
        shown = ", ".join(f"`{name}`" for name in names[:_PLACES_SHOWN])
        return f"{shown} and {len(names) - _PLACES_SHOWN} more" if len(names) > _PLACES_SHOWN else shown


def folded(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    """The findings in their order, with those that differ only in their places' names as one."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        alike.setdefault(_without_place(finding), []).append(finding)
    return tuple(Alike(first, tuple(other.where for other in others)) for first, *others in alike.values())


def _without_place(finding: Finding) -> tuple[object, ...]:
    def unnamed(text: str) -> str:
        return re.sub(rf"(?<![\w-]){re.escape(finding.where)}(?![\w-])", "…", text)

    asked = tuple((unnamed(each.question), each.credential) for each in finding.asked)
    return (
        finding.gate,
        finding.outcome,
        finding.is_warning,
        unnamed(finding.what),
        unnamed(finding.fix),
        asked,
    )


def answers(findings: Sequence[Finding], blocking: Collection[PermissionGate]) -> tuple[GateAnswer, ...]:
    """One answer for each gate, in the order of `PermissionGate`. An open question blocks only if `blocking` has its gate."""
    return tuple(
        _answer(gate, [finding for finding in findings if finding.gate is gate], blocks=gate in blocking)
        for gate in PermissionGate
        if any(finding.gate is gate for finding in findings)
    )


def _answer(gate: PermissionGate, findings: Sequence[Finding], *, blocks: bool) -> GateAnswer:
    by = {outcome: [finding for finding in findings if finding.outcome is outcome] for outcome in Outcome}
    return GateAnswer(
        gate=gate,
        outcome=worst(findings),
        checked=len(by[Outcome.PASS]) + len(by[Outcome.FAIL]),
        problems=_problems(by[Outcome.FAIL]),
        warnings=_problems(finding for finding in findings if finding.is_warning),
        why=_why(by[Outcome.COULD_NOT_CHECK] or by[Outcome.SKIP]),
        asked=tuple(_pass(each) for each in folded(by[Outcome.PASS])),
        blocks=blocks,
    )


def _problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            where=finding.where,
            also=others,
            what=finding.what,
            fix=finding.fix,
            evidence="; ".join(str(each) for each in finding.asked) or None,
        )
        for finding, others in folded(findings)
    )


def _why(findings: Iterable[Finding]) -> str:
    """Why something was not checked and what would settle it: each reason once, with the places that it holds for."""
    return "; ".join(
        f"{each.places}: {each.finding.what}"
        + (f" (to settle it: {each.finding.fix.rstrip('.')})" if each.finding.fix else "")
        for each in folded(findings)
    )


def _pass(alike: Alike) -> str:
    """What passed for which places, by what was asked of the first of them."""
    return f"{alike.places}: {alike.finding.what}; asked: {'; '.join(str(each) for each in alike.finding.asked)}"
