"""Gates on the repository: the commit to release and the tags that will name it."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gates.evidence import ReleaseEvidence
from loadmaster.planning.gates.judging import CouldNotCheck, Findings, GateJudgement, Skip, each_of, of_repository
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.values.gate import Problem

_CLEAN = "commit it, or put everything that is not committed aside with `git stash --include-untracked`."


@of_repository("tree-clean", "A release that is in no commit can never be built again.")
def tree_clean(release: ReleaseEvidence) -> Findings:
    """Is everything that is released in the commit?"""
    problems = tuple(
        Problem.in_file(path, None, what="differs from the commit", fix=_CLEAN) for path in release.seen.source.dirty
    )
    return Findings(checked=1, problems=problems)


@of_repository(
    "release-branch", "Assay's v2.3.1, v2.18.0 and v3.19.0 point at commits that were never on its main branch."
)
def release_branch(release: ReleaseEvidence) -> Findings:
    """Is the commit on the release branch?"""
    source = release.seen.source
    problem = Problem(
        where=source.commit,
        what=f"is not on the release branch `{source.branch}`",
        fix="merge it first, or name another branch: `source.branch` in the profile, or `--branch` for one of `release.branches`.",
    )
    return Findings(checked=1, problems=() if source.on_branch else (problem,))


@of_repository("tag-free", "Assay's v0.2.1 was pushed again after a failed build: two releases with one name.")
def tag_free(release: ReleaseEvidence) -> Findings:
    """Does the remote have none of the release's tags, except those that this release made? A pushed tag is never moved."""
    return each_of(release.plan.tags, lambda tag: _tag_conflict(release, tag))


def _tag_conflict(release: ReleaseEvidence, tag: Tag) -> Iterator[Problem]:
    existing = release.seen.source.tag(tag.name)
    if existing is not None and not release.is_ours(existing):
        yield Problem(
            where=tag.name,
            what=f"exists already, on commit `{existing.commit}`, which is not this release's commit",
            fix="release another version; a pushed tag is never moved.",
        )


@of_repository("bump-alone", "Assay's v3.31.1 was hidden in a refactoring.")
def bump_alone(release: ReleaseEvidence) -> GateJudgement:
    """Is the new version in a commit of its own, without code?

    The release commit is such a commit. If the tree has the version already, the gate looks at the commit that added it.
    """
    if release.plan.edits:
        return Findings(checked=len(release.plan.edits))
    if release.past.bump is None:
        return Skip(why="the repository does not show which commit added the version")
    ruled = {rule.path for rule in release.project.release.files}
    code = [path for path in release.past.bump if path.endswith(".rs") and path not in ruled]
    what = f"changed in the commit that added the version, with {len(code) - 1} other source files"
    fix = (
        "next time let the release commit write the version, or `loadmaster bump TREE --version VERSION`, in a commit with "
        "nothing else."
    )
    problems = (Problem.in_file(code[0], None, what=what, fix=fix),) if code else ()
    return Findings(checked=len(release.past.bump), problems=problems)


@of_repository(
    "commands-done", "A page of the docs listed the options of the version before: nobody had run what writes it."
)
def commands_done(release: ReleaseEvidence) -> GateJudgement:
    """Does a commit that has the version already also have what the project's own commands make?

    The release commit gets that by itself. Once its tag is out, nothing can be changed any more, and it is only pointed out.
    """
    plan = release.plan
    if not plan.commands:
        return Skip(why="the profile names none, or they ran for this commit before")
    stale = () if plan.edits else tuple(_undone(plan))
    is_out = any(release.has_tag(crate) for crate in plan.versions)
    count = len(plan.commands)
    return Findings(checked=count, warnings=stale) if is_out else Findings(checked=count, problems=stale)


def _undone(plan: ReleasePlan) -> Iterator[Problem]:
    for result in plan.commands:
        for file in result.files:
            what = f"would be {file.how} by the command `{result.name}`, and the commit has the version already"
            fix = "run the command in your checkout, and commit what it changes; or let the release commit write the version."
            yield Problem.in_file(file.path, None, what=what, fix=fix)


@of_repository("gone-crate", "Assay deleted `assay-runner-spike` in v3.13.0; its crate stays on the registry forever.")
def gone_crate(release: ReleaseEvidence) -> GateJudgement:
    """Does this release still publish everything that the last one published? A missing crate is only a warning."""
    past, registry = release.past, release.project.registry.name
    names = {package.name for package in release.seen.workspace.packages if package.may_go_to(registry)}
    if past.tag is None:
        return Skip(why="there is no earlier release of all packages")
    if past.published is None:
        return CouldNotCheck(why=f"the manifests of `{past.tag}` cannot be read")
    fix = "yank it, or publish a last version of it that says what replaces it; nothing else will stop its users."
    what = f"was published with `{past.tag}`, and is no longer published"
    gone = tuple(Problem(where=name, what=what, fix=fix) for name in past.published if name not in names)
    return Findings(checked=len(past.published), warnings=gone)
