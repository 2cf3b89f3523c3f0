"""Gates on numbers: the version against what is out, and against the tag, the changelog and the lockfiles."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.errors import MalformedVersion
from loadmaster.planning import changelog
from loadmaster.planning.gate import GateAnswer, Problem
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.lockfile import members
from loadmaster.planning.manifest import Policy
from loadmaster.planning.plan import Crate, Tag
from loadmaster.planning.project import Project
from loadmaster.planning.seen import SourceSeen
from loadmaster.planning.version import parse


def version_greater(evidence: Evidence) -> GateAnswer:
    """The version is not below the tree's own, higher than every version that is out, and free.

    What this release itself has put out is no obstacle. Without its tag, a release of which a part is out may be finished
    (every crate that is out is compared by its bytes before anything is pushed); one that is out as a whole would publish
    nothing, as a tree does that still carries an old version (Assay's v2.3.0, v2.11.0, v2.16.0).
    """
    crates = evidence.plan.crates
    problems = [each for crate in crates for each in _problems_with_version(evidence, crate)]
    untagged = [each for each in crates if not evidence.has_tag(each.name)]
    if untagged and all(evidence.seen.registry.find(each.name, each.version) for each in crates):
        problems += [_taken(each) for each in untagged]
    return GateAnswer.of("version-greater", len(crates), problems)


def _taken(crate: Crate) -> Problem:
    what = "is on the registry already like every other crate of it, and no tag of this release says that it is ours"
    return Problem(where=crate.id, what=what, fix="release a higher version.")


def _problems_with_version(evidence: Evidence, crate: Crate) -> Iterator[Problem]:
    out = evidence.seen.registry.crates.get(crate.name, ())
    if parse(crate.version) < parse(crate.current_version):
        yield Problem(
            where=crate.id,
            what=f"is lower than `{crate.current_version}`, which the tree carries",
            fix=f"release `{crate.current_version}` or a higher version.",
        )
    highest = max((parse(each.version) for each in out), default=None)
    if highest is not None and parse(crate.version) < highest:
        yield Problem(
            where=crate.id,
            what=f"is lower than `{highest}`, which is on the registry",
            fix=f"release a version above `{highest}`.",
        )


def strict_tag(evidence: Evidence) -> GateAnswer:
    """What the tag's pattern leaves of the tag is a strict SemVer version (Assay's `v2.1` was not)."""
    tags, fix = evidence.plan.tags, "mend `release.tag` in the profile."
    problems = (
        Problem(where=tag.name, what=f"`{version}` is not SemVer", fix=fix)
        for tag in tags
        if not _is_semver(version := _version_in(tag, evidence.project))
    )
    return GateAnswer.of("strict-tag", len(tags), problems)


def _version_in(tag: Tag, project: Project) -> str:
    before, _, after = project.release.tag_pattern(tag.crates[0]).partition("{version}")
    return tag.name.removeprefix(before.format(name=tag.crates[0])).removesuffix(after.format(name=tag.crates[0]))


def _is_semver(text: str) -> bool:
    try:
        parse(text)
    except MalformedVersion:
        return False
    return True


def tag_equals_version(evidence: Evidence) -> GateAnswer:
    """Every published package carries, after the bump, the version that the tag names."""
    plan = evidence.plan
    problems = (
        Problem(
            where=crate.name,
            what=f"would be published as `{crate.version}` under the tag `{tag.name}`",
            fix="give it the release's version, or exclude it in the profile.",
        )
        for tag in plan.tags
        for crate in map(plan.crate, tag.crates)
        if crate.version != tag.version
    )
    return GateAnswer.of("tag-equals-version", len(plan.crates), problems)


def changelog_heading(evidence: Evidence) -> GateAnswer:
    """The changelog has exactly one heading for the version, with a date."""
    gate, path = "changelog-heading", evidence.project.release.changelog
    if path is None:
        return GateAnswer.skip(gate, "the profile names no changelog")
    if evidence.project.release.policy is Policy.INDEPENDENT:
        return GateAnswer.skip(gate, "one changelog cannot stand for packages that have versions of their own")
    if evidence.seen.source.changelog is None:
        problem = Problem(
            where=path, what="is not in the tree", fix="add it, or set `release.changelog` in the profile."
        )
        return GateAnswer.of(gate, 1, (problem,))
    text = next((each.text for each in evidence.plan.edits if each.path == path), evidence.seen.source.changelog)
    found = [each for each in changelog.headings(text) if each.version == evidence.plan.version]
    if len(found) == 1 and found[0].date is not None:
        return GateAnswer.of(gate, 1, ())
    what = (
        f"has {len(found)} headings for `{evidence.plan.version}`"
        if len(found) != 1
        else "has a heading without a date"
    )
    fix = f"leave one heading `## [{evidence.plan.version}] - YYYY-MM-DD`."
    return GateAnswer.of(gate, 1, (Problem(where=path, what=what, fix=fix),))


def lockfiles_current(evidence: Evidence) -> GateAnswer:
    """Every tracked lockfile agrees with the manifests: by its members' versions, and by cargo's own word."""
    source = evidence.seen.source
    if not source.lockfiles:
        return GateAnswer.skip("lockfiles-current", "no Cargo.lock is tracked")
    problems = [*_stale_members(evidence), *_refused_by_cargo(source)]
    return GateAnswer.of("lockfiles-current", len(source.lockfiles), problems)


def _stale_members(evidence: Evidence) -> Iterator[Problem]:
    for path, text in evidence.seen.source.lockfiles.items():
        for name, locked in members(path, text).items():
            package = evidence.seen.workspace.package(name)
            if package is not None and package.version != locked:
                yield Problem(
                    where=path,
                    what=f"has `{name}` at `{locked}`, its manifest says `{package.version}`",
                    fix="run `cargo update --workspace` beside it and commit the result.",
                )


def _refused_by_cargo(source: SourceSeen) -> Iterator[Problem]:
    for check in source.lockfile_checks:
        if not check.accepted:
            yield Problem(
                where=check.path,
                what=f"`cargo metadata --locked` refuses it: {check.why}",
                fix="run `cargo update --workspace` beside it and commit the result.",
            )
