"""What a gate is: an id that never changes, the question, why it is asked, and the pure function that answers it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, assert_never

from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.gates.evidence import Built, Evidence, EvidenceKind, PackedEvidence, ReleaseEvidence, Tree
from loadmaster.planning.registry.packed import PackedSeen
from loadmaster.planning.tree.manifest_lines import dependency_line
from loadmaster.planning.tree.workspace import Dependency, Package
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.value import Value

P = TypeVar("P")
S = TypeVar("S")


class Findings(Value):
    """What a gate found, and how many things it looked at."""

    checked: int
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def profile_findings(tree: Tree, checked: int, problems: Iterable[Problem], lacking: Iterable[Problem]) -> Findings:
    """Findings with `lacking`, the things that the profile names and the tree does not have.

    In the rehearsal of a past release these are only warnings.
    """
    faults, absent = tuple(problems), tuple(lacking)
    if tree.is_past:
        return Findings(checked=checked, problems=faults, warnings=absent)
    return Findings(checked=checked, problems=(*faults, *absent))


class Skip(Value):
    """The question does not arise, or the profile says not to ask it."""

    why: str


class CouldNotCheck(Value):
    """The question arises, and nobody could answer it."""

    why: str
    blocks: bool = True
    """Whether that keeps a release from starting."""


GateJudgement = Findings | Skip | CouldNotCheck


@dataclass(frozen=True)
class Gate:
    """One entry of the catalogue. `docs/gates.md` is generated from all of them."""

    id: str
    need: EvidenceKind
    what: str
    why: str
    judge: Callable[[Evidence], GateJudgement]

    def answer(self, evidence: Evidence) -> GateAnswer:
        """The gate's answer. If something cannot be read, the gate fails with the text of that error."""
        try:
            judged = self.judge(evidence)
        except LoadmasterError as error:
            judged = Findings(checked=1, problems=(_unread(self.id, error, evidence),))
        match judged:
            case Findings():
                answer = GateAnswer.of(self.id, judged.checked, judged.problems)
                return answer.model_copy(update={"warnings": judged.warnings})
            case Skip():
                return GateAnswer.skip(self.id, judged.why)
            case CouldNotCheck():
                answer = GateAnswer.could_not_check(self.id, judged.why)
                return answer.model_copy(update={"blocks": judged.blocks})
            case _:
                assert_never(judged)


def _unread(gate: str, error: LoadmasterError, evidence: Evidence) -> Problem:
    """What could not be read, with its file and line if the error names a file of the tree."""
    path, line = error.facts.get("path"), error.facts.get("line")
    known = evidence.tree is not None and path in evidence.tree.files.texts
    return Problem(
        where=gate,
        what=clause(error.what),
        fix=error.fix,
        file=path if known and isinstance(path, str) else None,
        line=line if known and isinstance(line, int) else None,
    )


GateDecorator = Callable[[Callable[[P], GateJudgement]], Gate]


def of_files(gate: str, why: str) -> GateDecorator[Tree]:
    """A gate that a plain directory of files answers. Its question is the function's docstring."""
    return _gate(gate, why, EvidenceKind.FILES, lambda evidence: evidence.tree)


def of_repository(gate: str, why: str) -> GateDecorator[ReleaseEvidence]:
    return _gate(gate, why, EvidenceKind.REPOSITORY, lambda evidence: evidence.release)


def of_registry(gate: str, why: str) -> GateDecorator[ReleaseEvidence]:
    return _gate(gate, why, EvidenceKind.REGISTRY, lambda evidence: evidence.release)


def of_toolchain(gate: str, why: str) -> GateDecorator[Built]:
    return _gate(gate, why, EvidenceKind.TOOLCHAIN, lambda evidence: evidence.built)


def of_packaged(gate: str, why: str) -> Callable[[Callable[[PackedSeen], Iterable[Problem]]], Gate]:
    """A gate that is asked of every packaged crate, before anything leaves this machine."""

    def decorate(judge: Callable[[PackedSeen], Iterable[Problem]]) -> Gate:
        def judge_all(packaged: PackedEvidence) -> GateJudgement:
            problems = tuple(problem for crate in packaged.crates for problem in judge(crate))
            return Findings(checked=sum(len(crate.paths) for crate in packaged.crates), problems=problems)

        judge_all.__doc__ = judge.__doc__
        return _gate(gate, why, EvidenceKind.PACKAGED, lambda evidence: evidence.packaged)(judge_all)

    return decorate


def _gate(gate: str, why: str, need: EvidenceKind, part: Callable[[Evidence], P | None]) -> GateDecorator[P]:
    def decorate(judge: Callable[[P], GateJudgement]) -> Gate:
        def judge_part(evidence: Evidence) -> GateJudgement:
            seen = part(evidence)
            return CouldNotCheck(why=f"nobody looked at the {need}") if seen is None else judge(seen)

        return Gate(id=gate, need=need, what=inspect.cleandoc(judge.__doc__ or ""), why=why, judge=judge_part)

    return decorate


class DependencyFault(Value):
    """What is wrong with one dependency of a package. The place is its entry in the package's manifest."""

    what: str
    fix: str


DependencyJudge = Callable[[Tree, Package, Dependency], DependencyFault | None]


def of_dependencies(gate: str, why: str) -> Callable[[DependencyJudge], Gate]:
    """A gate that is asked of every dependency of every package that the release publishes.

    A package without dependencies counts as looked at, too.
    """

    def decorate(judge: DependencyJudge) -> Gate:
        def judge_all(tree: Tree) -> GateJudgement:
            problems = (
                Problem.in_file(
                    package.manifest,
                    dependency_line(tree.files.texts[package.manifest], dependency),
                    what=f"`{package.name}` {fault.what}",
                    fix=fault.fix,
                )
                for package in tree.released
                for dependency in package.dependencies
                if (fault := judge(tree, package, dependency)) is not None
            )
            checked = len(tree.released) + sum(len(package.dependencies) for package in tree.released)
            return Findings(checked=checked, problems=tuple(dict.fromkeys(problems)))

        judge_all.__doc__ = judge.__doc__
        return of_files(gate, why)(judge_all)

    return decorate


def each_of(subjects: Iterable[S], judge: Callable[[S], Iterable[Problem]]) -> Findings:
    """Asks `judge` of every subject, and counts them."""
    listed = list(subjects)
    return Findings(checked=len(listed), problems=tuple(problem for subject in listed for problem in judge(subject)))


def turn_into_advice(answer: GateAnswer) -> GateAnswer:
    """The answer of a gate that the profile lists as advice: problems become warnings, and an open question does not block."""
    if answer.outcome is Outcome.FAIL:
        return answer.model_copy(
            update={
                "outcome": Outcome.PASS,
                "problems": (),
                "warnings": (*answer.problems, *answer.warnings),
                "advised": True,
            }
        )
    return answer.model_copy(update={"blocks": False})
