"""The gates: each a small pure function from the evidence to an answer. All are asked, then all problems are told at once."""

from __future__ import annotations

from collections.abc import Callable

from loadmaster.errors import GatesClosed
from loadmaster.planning.gate import GateAnswer, Outcome
from loadmaster.planning.gates import history, lint, manifests, versions
from loadmaster.planning.gates.evidence import Evidence

Gate = Callable[[Evidence], GateAnswer]

GATES: tuple[Gate, ...] = (
    history.tree_clean,
    history.release_branch,
    history.tag_free,
    versions.version_greater,
    versions.strict_tag,
    versions.tag_equals_version,
    versions.changelog_heading,
    versions.lockfiles_current,
    manifests.path_without_version,
    manifests.git_dependency,
    manifests.name_spelling,
    manifests.metadata_complete,
    manifests.depends_on_unpublished,
    lint.cargo_version,
    lint.clippy,
)


def check(evidence: Evidence) -> tuple[GateAnswer, ...]:
    """Every gate's answer, in the order of the list above."""
    return tuple(gate(evidence) for gate in GATES)


def require_open(answers: tuple[GateAnswer, ...]) -> None:
    """Raises `GatesClosed` with everything that keeps the release from starting: failures, questions without an answer."""
    problems = []
    for answer in answers:
        problems += [f"{answer.gate}: `{each.where}` {each.what} (next: {each.fix})" for each in answer.problems]
        if answer.outcome is Outcome.COULD_NOT_CHECK and not answer.opens:
            problems.append(f"{answer.gate}: could not be checked: {answer.why}")
    if problems:
        raise GatesClosed(problems)
