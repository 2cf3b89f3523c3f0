"""The release before the planned one, found by the remote's tags.

Knows the profile's pattern for tags. Does not know the tree of a tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from semver import Version

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.tag_name import version_in
from loadmaster.planning.registry.seen import TagSeen
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse, same_version


class PreviousRelease(Value):
    version: str
    tag: TagSeen


def previous_release(tags: Iterable[TagSeen], plan: ReleasePlan, project: Project) -> PreviousRelease | None:
    """The release with the highest version below the planned one, without candidates; None if there is none.

    None, too, if packages have versions of their own: each then has a last release of its own.
    """
    if project.release.policy is Policy.INDEPENDENT:
        return None
    return _previous(tags, plan.tags[0].version, plan.tags[0].crates[0], project)


def previous_releases(tags: Iterable[TagSeen], plan: ReleasePlan, project: Project) -> Mapping[str, PreviousRelease]:
    """By crate of the plan, the release with the highest version below its planned one, by the tags, without candidates.

    Crates without one are left out. One that is new has one, too, if it shares its tags with others.
    """
    known = tuple(tags)
    found = {crate.name: _previous(known, crate.version, crate.name, project) for crate in plan.crates}
    return {name: release for name, release in found.items() if release is not None}


def _previous(tags: Iterable[TagSeen], planned: str, package: str, project: Project) -> PreviousRelease | None:
    pattern = project.release.tag_pattern(package)
    texts = ((version_in(tag.name, pattern, package), tag) for tag in tags)
    versions = [(Version.parse(text), tag) for text, tag in texts if text is not None and Version.is_valid(text)]
    lower = [pair for pair in versions if pair[0] < parse(planned) and pair[0].prerelease is None]
    if not lower:
        return None
    version, tag = max(lower, key=lambda pair: pair[0])
    return PreviousRelease(version=str(version), tag=tag)


def crates_of(last: PreviousRelease, packages: Iterable[Package]) -> tuple[str, ...]:
    """Names of the crates that the release published: those of `packages` that have its version.

    `packages` are the publishable packages of its tree. If none has the version, the tag is on the wrong tree, and all count.
    """
    names = {package.name: same_version(package.version, last.version) for package in packages}
    return tuple(name for name, carried in names.items() if carried or not any(names.values()))


def baseline(tags: Iterable[TagSeen], plan: ReleasePlan, project: Project) -> PreviousRelease | None:
    """The previous release, with which the linter's findings are compared.

    If packages have versions of their own, it is the latest release among the versions in the tree that have a tag.
    """
    if project.release.policy is not Policy.INDEPENDENT:
        return previous_release(tags, plan, project)
    there = {tag.name: tag for tag in tags}
    tagged = [crate for crate in plan.crates if crate.name not in project.release.tagged_with]
    released = ((crate, there.get(project.tag_of(crate.name, crate.current_version))) for crate in tagged)
    releases = [PreviousRelease(version=crate.current_version, tag=tag) for crate, tag in released if tag]
    return max(releases, key=lambda release: release.tag.committed, default=None)
