"""The gates: each a small pure function from the evidence to an answer. All are asked, then all problems are shown at once."""

from __future__ import annotations

from collections.abc import Sequence

from loadmaster.errors.request import GatesClosed
from loadmaster.planning.gates import (
    changelogs,
    ci,
    contents,
    dependencies,
    history,
    lists,
    locks,
    metadata,
    numbers,
    registry,
    sources,
    tags,
    toolchain,
)
from loadmaster.planning.gates.evidence import Evidence, EvidenceKind
from loadmaster.planning.gates.judging import Gate, turn_into_advice
from loadmaster.planning.values.gate import GateAnswer, Outcome, Problem
from loadmaster.planning.values.permission_gate import PermissionGate

GATES: tuple[Gate, ...] = (
    history.tree_clean,
    history.release_branch,
    history.tag_free,
    tags.tag_shape,
    history.bump_alone,
    history.commands_done,
    history.gone_crate,
    contents.submodules_there,
    numbers.strict_tag,
    numbers.tag_equals_version,
    numbers.changelog_heading,
    changelogs.changelog_understood,
    changelogs.changelog_entries,
    changelogs.changelog_fragments,
    changelogs.breaking_level,
    numbers.python_version,
    locks.lockfiles_current,
    locks.lockfile_changes,
    toolchain.lockfiles_accepted,
    dependencies.requirements_satisfiable,
    dependencies.path_without_version,
    dependencies.git_dependency,
    dependencies.depends_on_unpublished,
    dependencies.stale_dependency,
    dependencies.dependency_cycle,
    dependencies.packaging_order,
    metadata.metadata_complete,
    sources.files_inside,
    lists.publish_list,
    lists.workflow_exists,
    ci.ci_workflow,
    registry.version_greater,
    registry.name_spelling,
    registry.dependency_on_registry,
    registry.new_crate,
    toolchain.cargo_version,
    toolchain.clippy,
    toolchain.msrv,
    toolchain.semver_compatible,
    contents.no_lfs_pointer,
    contents.links_inside,
    contents.filters_run,
    contents.paths_unpack,
)

ON_FILES = tuple(gate for gate in GATES if gate.need is EvidenceKind.FILES)
"""The gates that need only a plain directory."""
ON_PACKAGED = tuple(gate for gate in GATES if gate.need is EvidenceKind.PACKAGED)
"""The gates that are asked of the packaged crates, after the release commit and before anything is pushed."""
BEFORE_THE_COMMIT = tuple(gate for gate in GATES if gate not in ON_PACKAGED)


def check(evidence: Evidence, gates: Sequence[Gate] = BEFORE_THE_COMMIT) -> tuple[GateAnswer, ...]:
    """The gates' answers, in their order: without others named, all that are asked before the release commit.

    A gate that the profile lists as advice never keeps a release from starting.
    """
    return tuple(
        turn_into_advice(gate.answer(evidence)) if gate.id in evidence.advice else gate.answer(evidence)
        for gate in gates
    )


def require_open(answers: tuple[GateAnswer, ...]) -> None:
    """Raises `GatesClosed` with everything that keeps the release from starting: failures, and open questions that block."""
    problems = []
    for answer in answers:
        problems += [
            f"{answer.gate}: `{problem.where}` {problem.what} (next: {problem.fix}){_also(problem)}"
            for problem in answer.problems
        ]
        if answer.outcome is Outcome.COULD_NOT_CHECK and not answer.opens:
            problems.append(f"{answer.gate}: could not be checked: {answer.why} (next: {_way_on(answer.gate)})")
    if problems:
        raise GatesClosed(problems)


def _way_on(gate: str) -> str:
    """What to do about an open question that blocks."""
    if gate in tuple(PermissionGate):
        return f"settle it, or take `{gate}` from `preflight.blocking` in the profile."
    return f"let it be checked, or list `{gate}` under `gates.advice` in the profile."


def _also(problem: Problem) -> str:
    return f"; the same for {', '.join(f'`{place}`' for place in problem.also)}" if problem.also else ""
