"""What a CI shows beside the lines of a file: the problems of gates, and the failure that ended a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby, zip_longest

from loadmaster.errors.base import sentence
from loadmaster.planning.ci.workflow_commands import workflow_command
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.receipt import Failure
from loadmaster.planning.values.value import Value

SHOWN = 10
"""How many annotations of one level GitHub shows for a step."""


class AnnotationLevel(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Annotation(Value):
    level: AnnotationLevel
    title: str
    message: str
    file: str | None = None
    """From the top of the repository; None if it is of no file."""
    line: int | None = None

    def below(self, folder: str) -> Annotation:
        """The same for a tree that is a directory of the repository; "" for the repository itself."""
        return self.model_copy(update={"file": f"{folder}/{self.file}"}) if folder and self.file else self

    @property
    def command(self) -> str:
        """The annotation as a line for GitHub's runner."""
        return workflow_command(self.level, self.message, file=self.file, line=self.line, title=self.title)


def gate_annotations(answers: Iterable[GateAnswer]) -> tuple[Annotation, ...]:
    """The annotations of every gate that did not pass, errors first: failures are errors; warnings and open questions warn.

    The first of each gate come before the second, so that a gate with many problems leaves room for the others. A gate whose
    question does not arise has none.
    """
    by_gate = [tuple(_of_gate(answer)) for answer in answers]
    turns = [annotation for turn in zip_longest(*by_gate) for annotation in turn if annotation is not None]
    return tuple(sorted(turns, key=lambda annotation: annotation.level is not AnnotationLevel.ERROR))


def _of_gate(answer: GateAnswer) -> Iterator[Annotation]:
    for problem in answer.problems:
        yield _of_problem(answer.gate, AnnotationLevel.ERROR, problem)
    for problem in answer.warnings:
        yield _of_problem(answer.gate, AnnotationLevel.WARNING, problem)
    if answer.outcome is Outcome.COULD_NOT_CHECK:
        message = sentence(f"could not be checked: {answer.why}")
        yield Annotation(level=AnnotationLevel.WARNING, title=answer.gate, message=message)


def _of_problem(gate: str, level: AnnotationLevel, problem: Problem) -> Annotation:
    also = f"\nThe same for {', '.join(problem.also)}." if problem.also else ""
    place = "" if problem.where == problem.file else f"{problem.where}: "
    message = f"{place}{sentence(problem.what)}\nNext: {problem.fix}{also}"
    return Annotation(level=level, title=gate, message=message, file=problem.file, line=problem.line)


def failure_annotation(failure: Failure, file: str | None = None, line: int | None = None) -> Annotation:
    """The annotation of what ended a command. `file` is given by whoever knows that it is there."""
    message = f"{failure.what}\nWhy: {failure.why}\nNext: {failure.next}"
    return Annotation(
        level=AnnotationLevel.ERROR, title=failure.code or "failed", message=message, file=file, line=line
    )


def text_annotation(text: str) -> Annotation:
    """The annotation of a command whose whole text is bad news."""
    return Annotation(level=AnnotationLevel.ERROR, title="loadmaster", message=text.strip())


def shown(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """As many as GitHub shows. If there are more of a level, the last one says so: nobody would miss the others."""
    by_level = groupby(annotations, key=lambda annotation: annotation.level)
    return tuple(annotation for level, group in by_level for annotation in _fitting(level, list(group)))


def _fitting(level: AnnotationLevel, annotations: list[Annotation]) -> list[Annotation]:
    if len(annotations) <= SHOWN:
        return annotations
    kept = annotations[: SHOWN - 1]
    message = f"{len(annotations) - len(kept)} more are in the step's log and summary, which GitHub does not show here."
    return [*kept, Annotation(level=level, title="more", message=message)]
