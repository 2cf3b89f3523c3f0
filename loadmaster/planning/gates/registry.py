"""Gates on what the registry has already: versions, spellings, and names that are new."""

from __future__ import annotations

from collections.abc import Iterator

from loadmaster.planning.gates.evidence import ReleaseEvidence
from loadmaster.planning.gates.judging import Findings, GateJudgement, Skip, each_of, of_registry
from loadmaster.planning.maintenance.above import Above, highest_above
from loadmaster.planning.plan import Crate
from loadmaster.planning.tree.manifest_lines import package_line
from loadmaster.planning.tree.workspace import Dependency
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.version import parse


@of_registry(
    "version-greater", "A tree that still has an old version publishes nothing: Assay's v2.3.0, v2.11.0, v2.16.0."
)
def version_greater(release: ReleaseEvidence) -> Findings:
    """Is every version at least the tree's own, higher than the published versions of its series, and still free?

    A pre-release above a version does not keep it back. A maintenance release may come out below a higher series if its own
    series is on the registry, and is only pointed out: 1.4.7 after 2.0.0. On a branch of `release.branches` it may also come out
    below a higher minor version: 1.4.7 after 1.5.0.

    Versions that this release itself published do not count. A release that has begun may finish even after a higher version
    was published. If only some of its crates are published and it has no tag, it may finish, too: Loadmaster compares the
    bytes of every published crate before it pushes anything. If all of its crates are published and it has no tag, the gate
    fails, because the release would publish nothing.
    """
    crates, registry = release.plan.crates, release.seen.registry
    problems = [problem for crate in crates for problem in _lower_than_tree(crate)]
    remarks: list[Problem] = []
    begun = any(release.has_tag(crate.name) or registry.find(crate.name, crate.version) for crate in crates)
    for crate in crates if not begun else ():
        if (above := _above(release, crate)) is not None:
            (problems if above.keeps_back else remarks).append(_lower_than_registry(crate, above))
    untagged = [crate for crate in crates if not release.has_tag(crate.name)]
    if untagged and all(registry.find(crate.name, crate.version) for crate in crates):
        problems += [_nothing_to_publish(crate) for crate in untagged]
    return Findings(checked=len(crates), problems=tuple(problems), warnings=tuple(remarks))


def _nothing_to_publish(crate: Crate) -> Problem:
    what = (
        "is on the registry already, like all crates of this release, and no tag of this release shows that it is ours"
    )
    return Problem(where=crate.id, what=what, fix="release a higher version.")


def _lower_than_tree(crate: Crate) -> Iterator[Problem]:
    if parse(crate.version) < parse(crate.current_version):
        yield Problem(
            where=crate.id,
            what=f"is lower than `{crate.current_version}`, which the tree has",
            fix=f"release `{crate.current_version}` or a higher version.",
        )


def _above(release: ReleaseEvidence, crate: Crate) -> Above | None:
    published = release.seen.registry.crates.get(crate.name, ())
    is_maintenance = release.project.is_on_maintenance_branch
    versions = [version.version for version in published]
    return highest_above(crate.version, versions, on_maintenance_branch=is_maintenance)


def _lower_than_registry(crate: Crate, above: Above) -> Problem:
    what = f"is lower than `{above.highest}`, which is on the registry"
    if not above.keeps_back:
        fix = f"nothing, if users of the older series need it; else release a version above `{above.highest}`."
        return Problem(where=crate.id, what=f"{what}: a maintenance release of an older series", fix=fix)
    fix = (
        f"release a version above `{above.highest}`, or an older line from a branch of `release.branches` with `--branch`; if the "
        f"registry's `{crate.name}` is somebody else's, rename the package or list it under `release.exclude` in the profile."
    )
    return Problem(where=crate.id, what=what, fix=fix)


@of_registry(
    "name-spelling", "To the registry `Foo_bar` and `foo-bar` are the same name, and it refuses the second spelling."
)
def name_spelling(release: ReleaseEvidence) -> Findings:
    """Does every crate keep the spelling that it was first published with?"""
    spelled = release.seen.registry.spelled
    return each_of(release.plan.crates, lambda crate: _other_spelling(release, crate.name, spelled.get(crate.name)))


def _other_spelling(release: ReleaseEvidence, name: str, spelled: str | None) -> Iterator[Problem]:
    package = release.seen.workspace.package(name)
    if spelled is not None and package is not None:
        yield Problem.in_file(
            package.manifest,
            package_line(release.seen.source.files.texts.get(package.manifest, ""), "name"),
            what=f"`{name}` is on the registry as `{spelled}`",
            fix=f"if that crate is yours, name the package `{spelled}`; else choose another name.",
        )


@of_registry(
    "dependency-on-registry", "If packages have versions of their own, one may need a member that is not published yet."
)
def dependency_on_registry(release: ReleaseEvidence) -> GateJudgement:
    """Does the registry have a version of every needed member that this release does not publish?"""
    needed = [(crate, needed) for crate in release.plan.crates for needed in _members_not_released(release, crate)]
    if not needed:
        return Skip(why="all needed members are in this release")
    return each_of(needed, lambda pair: _missing_version(release, *pair))


def _members_not_released(release: ReleaseEvidence, crate: Crate) -> Iterator[Dependency]:
    """Dependencies of the crate on publishable members that this release does not publish."""
    names, package = release.plan.versions, release.seen.workspace.package(crate.name)
    for dependency in package.dependencies if package is not None else ():
        member = release.seen.workspace.package(dependency.name)
        by_path = dependency.path is not None and dependency.has_version
        ours = member is not None and member.may_go_to(release.project.registry.name)
        if by_path and dependency.name not in names and ours:
            yield dependency


def _missing_version(release: ReleaseEvidence, crate: Crate, needed: Dependency) -> Iterator[Problem]:
    if not release.seen.registry.has_fitting(needed):
        yield Problem(
            where=crate.id,
            what=f"requires `{needed.name}` as `{needed.requirement}`, and the registry has no such version",
            fix=f"release `{needed.name}` with it, or before it.",
        )


@of_registry(
    "new-crate", "A first publish is special: it has a rate limit of its own, and trusted publishing cannot do it."
)
def new_crate(release: ReleaseEvidence) -> Findings:
    """Is every crate that the registry does not know meant to be new? `release.publish` in the profile lists the crates.

    Without this list, a new crate is only a warning, and only if other crates of the release are not new.
    """
    crates = release.plan.crates
    fresh = [crate.name for crate in crates if crate.is_new]
    unmeant = [name for name in fresh if name not in release.project.release.publish]
    problems = tuple(_first_publish(name) for name in unmeant if len(fresh) < len(crates))
    has_list = bool(release.project.release.publish)
    return Findings(checked=len(crates), problems=problems if has_list else (), warnings=() if has_list else problems)


def _first_publish(name: str) -> Problem:
    fix = "if it should be published, list it under `release.publish` in the profile; else write `publish = false`."
    return Problem(where=name, what="is not on the registry, and would be published for the first time", fix=fix)
