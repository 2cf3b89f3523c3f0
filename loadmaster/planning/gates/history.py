"""Gates on the repository: the commit to release and the tags that will name it."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gate import Problem
from loadmaster.planning.gates.evidence import Release
from loadmaster.planning.gates.judging import Findings, each_of, of_repository
from loadmaster.planning.plan import Tag


@of_repository("tree-clean", "What is released and is in no commit can never be built again.")
def tree_clean(release: Release) -> Findings:
    """Is everything that is released in the commit?"""
    problems = tuple(
        Problem(where=path, what="differs from the commit", fix="commit it, or put it back with `git restore`.")
        for path in release.seen.source.dirty
    )
    return Findings(checked=1, problems=problems)


@of_repository(
    "release-branch", "Assay's v2.3.1, v2.18.0 and v3.19.0 stand on commits that never were on its main branch."
)
def release_branch(release: Release) -> Findings:
    """Is the commit on the release branch?"""
    source = release.seen.source
    problem = Problem(
        where=source.commit,
        what=f"is not on the release branch `{source.branch}`",
        fix="merge it first, or name another branch in the profile (`source.branch`).",
    )
    return Findings(checked=1, problems=() if source.on_branch else (problem,))


@of_repository(
    "tag-free", "Assay's v0.2.1 was tagged again on another commit; whoever had it, had two releases of one name."
)
def tag_free(release: Release) -> Findings:
    """Is no tag there yet, or is it the one that this very release made? A pushed tag is never moved."""
    return each_of(release.plan.tags, lambda tag: _taken(release, tag))


def _taken(release: Release, tag: Tag) -> Iterator[Problem]:
    standing = release.seen.source.tag(tag.name)
    if standing is not None and not release.is_ours(standing):
        yield Problem(
            where=tag.name,
            what=f"stands already, on commit `{standing.commit}`, which is not this release's commit",
            fix="release another version; a pushed tag is never moved.",
        )
