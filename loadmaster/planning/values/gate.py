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
    """The question arises and there is no answer. That is never a pass."""


class Problem(Value):
    where: str
    """File, crate, tag or address."""
    also: tuple[str, ...] = ()
    """Other places with the same problem. What is said names the first; the same holds for these by their own names."""
    what: str
    fix: str
    evidence: str | None = None
    """The requests and the answers that show it, if a server was asked."""
    file: str | None = None
    """The file that has it, from the top of the tree; None if it is of no one file."""
    line: int | None = None
    """The line in that file, from 1; None if it is of no one line, or nobody knows which."""

    @classmethod
    def in_file(cls, path: str, line: int | None, *, what: str, fix: str) -> Self:
        """A problem of the file at `path` in the tree. `line` is None for one that is of no one line."""
        return cls(where=path, what=what, fix=fix, file=path, line=line)

    @property
    def places(self) -> str:
        """All its places, in words. The first has its line, if that is known."""
        own = f"{self.where}:{self.line}" if self.line is not None and self.file == self.where else self.where
        return ", ".join((own, *self.also))


class GateAnswer(Value):
    gate: str
    outcome: Outcome
    checked: int
    """How many things were looked at. A gate that looked at nothing has not passed."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """Problems that are worth a look but keep no release from starting."""
    why: str = ""
    """Why something was not checked, and what would settle it."""
    asked: tuple[str, ...] = ()
    """For each pass of a permission gate: what passed, and what was asked, with which credential, and answered."""
    blocks: bool = True
    """Whether a question without an answer keeps the release from starting."""
    advised: bool = False
    """Whether it failed, and the profile takes that for advice: the problems are among the warnings."""

    @classmethod
    def of(cls, gate: str, checked: int, problems: Iterable[Problem]) -> Self:
        """Pass if something was checked and there is no problem."""
        all_problems = tuple(problems)
        if checked == 0 and not all_problems:
            fix = "check that the profile names the right workspace."
            all_problems = (Problem(where=gate, what="there was nothing to check", fix=fix),)
        outcome = Outcome.FAIL if all_problems else Outcome.PASS
        return cls(gate=gate, outcome=outcome, checked=checked, problems=all_problems)

    @classmethod
    def skip(cls, gate: str, why: str) -> Self:
        return cls(gate=gate, outcome=Outcome.SKIP, checked=0, why=why)

    @classmethod
    def could_not_check(cls, gate: str, why: str) -> Self:
        return cls(gate=gate, outcome=Outcome.COULD_NOT_CHECK, checked=0, why=why)

    @property
    def passed(self) -> bool:
        """Whether it may be forgotten: it passed by itself, or the question does not arise."""
        return self.outcome in (Outcome.PASS, Outcome.SKIP) and not self.advised

    @property
    def opens(self) -> bool:
        if self.outcome is Outcome.COULD_NOT_CHECK:
            return not self.blocks
        return self.outcome is not Outcome.FAIL
