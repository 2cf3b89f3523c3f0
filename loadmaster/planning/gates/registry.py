"""Gates on what the registry has already: versions, spellings, names that come and names that go."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gates.evidence import ReleaseEvidence
from loadmaster.planning.gates.judging import Findings, GateJudgement, Skip, each_of, of_registry
from loadmaster.planning.plan import Crate
from loadmaster.planning.tree.workspace import Dependency
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.version import parse


@of_registry(
    "version-greater", "A tree that still carries an old version publishes nothing: Assay's v2.3.0, v2.11.0, v2.16.0."
)
def version_greater(release: ReleaseEvidence) -> Findings:
    """Is every version not below the tree's own, higher than all that is out, and free?

    What this release itself has put out is no obstacle, and a release that has begun is finished also after a higher
    version came out. Without its tag, a release of which a part is out may be finished
    (every crate that is out is compared by its bytes before anything is pushed); one that is out as a whole would publish
    nothing.
    """
    crates, out = release.plan.crates, release.seen.registry
    problems = [each for crate in crates for each in _below_the_tree(crate)]
    begun = any(release.has_tag(crate.name) or out.find(crate.name, crate.version) for crate in crates)
    if not begun:
        problems += [each for crate in crates for each in _below_what_is_out(release, crate)]
    untagged = [crate for crate in crates if not release.has_tag(crate.name)]
    if untagged and all(out.find(crate.name, crate.version) for crate in crates):
        problems += [_taken(crate) for crate in untagged]
    return Findings(checked=len(crates), problems=tuple(problems))


def _taken(crate: Crate) -> Problem:
    what = "is on the registry already like every other crate of it, and no tag of this release says that it is ours"
    return Problem(where=crate.id, what=what, fix="release a higher version.")


def _below_the_tree(crate: Crate) -> Iterator[Problem]:
    if parse(crate.version) < parse(crate.current_version):
        yield Problem(
            where=crate.id,
            what=f"is lower than `{crate.current_version}`, which the tree carries",
            fix=f"release `{crate.current_version}` or a higher version.",
        )


def _below_what_is_out(release: ReleaseEvidence, crate: Crate) -> Iterator[Problem]:
    out = release.seen.registry.crates.get(crate.name, ())
    highest = max((parse(each.version) for each in out), default=None)
    if highest is not None and parse(crate.version) < highest:
        yield Problem(
            where=crate.id,
            what=f"is lower than `{highest}`, which is on the registry",
            fix=f"release a version above `{highest}`.",
        )


@of_registry(
    "name-spelling", "To the registry `Foo_bar` and `foo-bar` are one name, and it refuses the second spelling."
)
def name_spelling(release: ReleaseEvidence) -> Findings:
    """Does every crate keep the spelling that it was first published in?"""
    spelled = release.seen.registry.spelled
    return each_of(release.plan.crates, lambda crate: _respelled(release, crate.name, spelled.get(crate.name)))


def _respelled(release: ReleaseEvidence, name: str, spelled: str | None) -> Iterator[Problem]:
    package = release.seen.workspace.package(name)
    if spelled is not None and package is not None:
        yield Problem(
            where=package.manifest,
            what=f"`{name}` is on the registry as `{spelled}`",
            fix=f"name the package `{spelled}`, or choose another name.",
        )


@of_registry(
    "dependency-on-registry", "Where packages have versions of their own, one may need a member that is not out yet."
)
def dependency_on_registry(release: ReleaseEvidence) -> GateJudgement:
    """Has the registry a version of every needed member that this release does not publish?"""
    needed = [(crate, each) for crate in release.plan.crates for each in _left_behind(release, crate)]
    if not needed:
        return Skip(why="all needed members are in this release")
    return each_of(needed, lambda pair: _not_out(release, *pair))


def _left_behind(release: ReleaseEvidence, crate: Crate) -> Iterator[Dependency]:
    """Needed members that this release does not publish."""
    names, package = release.plan.versions, release.seen.workspace.package(crate.name)
    for each in package.dependencies if package is not None else ():
        member = release.seen.workspace.package(each.name)
        by_path = each.path is not None and each.has_version
        if by_path and each.name not in names and member is not None and member.is_publishable:
            yield each


def _not_out(release: ReleaseEvidence, crate: Crate, needed: Dependency) -> Iterator[Problem]:
    if not release.seen.registry.has_fitting(needed):
        yield Problem(
            where=crate.id,
            what=f"requires `{needed.name}` as `{needed.requirement}`, and the registry has no such version",
            fix=f"release `{needed.name}` with it, or before it.",
        )


@of_registry(
    "new-crate", "First publishes are special: they cost another rate limit, and trusted publishing cannot make them."
)
def new_crate(release: ReleaseEvidence) -> Findings:
    """Is every crate that the registry does not know meant to be new? A profile with `release.publish` says which are.

    Without such a list, crates that are new beside others that are not are only pointed out.
    """
    crates = release.plan.crates
    fresh = [crate.name for crate in crates if crate.is_new]
    unmeant = [name for name in fresh if name not in release.project.release.publish]
    told = tuple(_is_new(name) for name in unmeant if len(fresh) < len(crates))
    listed = bool(release.project.release.publish)
    return Findings(checked=len(crates), problems=told if listed else (), warnings=() if listed else told)


def _is_new(name: str) -> Problem:
    fix = "if it is meant to be published, list it under `release.publish` in the profile; else say `publish = false`."
    return Problem(where=name, what="is not on the registry, and would be published for the first time", fix=fix)
