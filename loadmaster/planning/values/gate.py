"""A gate: one question that must be answered before anything irreversible, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from loadmaster.planning.values.value import Value


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    """The question does not arise, or the profile says not to ask it."""
    COULD_NOT_CHECK = "could-not-check"
    """The question arises and there is no answer. Never a pass."""


class Problem(Value):
    where: str
    """File, crate, tag or address."""
    what: str
    fix: str
    evidence: str | None = None
    """The request and the answer that say so, where somebody was asked."""


class GateAnswer(Value):
    gate: str
    outcome: Outcome
    checked: int
    """How many things were looked at. A gate that looked at nothing has not passed."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """Worth a look; they close nothing."""
    why: str = ""
    blocks: bool = True
    """Whether a question without an answer keeps the release from starting."""

    @classmethod
    def of(cls, gate: str, checked: int, problems: Iterable[Problem]) -> Self:
        """Pass if something was checked and nothing was found."""
        found = tuple(problems)
        if checked == 0 and not found:
            fix = "see whether the profile names the right workspace."
            found = (Problem(where=gate, what="nothing was there to check", fix=fix),)
        return cls(gate=gate, outcome=Outcome.FAIL if found else Outcome.PASS, checked=checked, problems=found)

    @classmethod
    def skip(cls, gate: str, why: str) -> Self:
        return cls(gate=gate, outcome=Outcome.SKIP, checked=0, why=why)

    @classmethod
    def could_not_check(cls, gate: str, why: str) -> Self:
        return cls(gate=gate, outcome=Outcome.COULD_NOT_CHECK, checked=0, why=why)

    @property
    def opens(self) -> bool:
        if self.outcome is Outcome.COULD_NOT_CHECK:
            return not self.blocks
        return self.outcome is not Outcome.FAIL
