"""Gates on the repository: the commit to release and the tag that will name it."""

from __future__ import annotations

from loadmaster.planning.gate import GateAnswer, Problem
from loadmaster.planning.gates.evidence import Evidence


def tree_clean(evidence: Evidence) -> GateAnswer:
    """Nothing is released that is not in the commit."""
    problems = (
        Problem(where=path, what="differs from the commit", fix="commit it, or put it back with `git restore`.")
        for path in evidence.seen.source.dirty
    )
    return GateAnswer.of("tree-clean", 1, problems)


def release_branch(evidence: Evidence) -> GateAnswer:
    """The commit is on the release branch (Assay's v2.3.1, v2.18.0 and v3.19.0 were not)."""
    source = evidence.seen.source
    problem = Problem(
        where=source.commit,
        what=f"is not on the release branch `{source.branch}`",
        fix="merge it first, or name another branch in the profile (`source.branch`).",
    )
    return GateAnswer.of("release-branch", 1, () if source.on_branch else (problem,))


def tag_free(evidence: Evidence) -> GateAnswer:
    """No tag is there yet, or it is the one that this very release made. A pushed tag is never moved."""
    standing = (evidence.seen.source.tag(each.name) for each in evidence.plan.tags)
    problems = (
        Problem(
            where=tag.name,
            what=f"stands already, on commit `{tag.commit}`, which is not this release's commit",
            fix="release another version; a pushed tag is never moved.",
        )
        for tag in standing
        if tag is not None and not evidence.is_ours(tag)
    )
    return GateAnswer.of("tag-free", len(evidence.plan.tags), problems)
