"""The release before the planned one, found by the remote's tags.

Knows the profile's pattern for tags. Does not know the tree of a tag.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    planned, first = parse(plan.tags[0].version), plan.tags[0].crates[0]
    pattern = project.release.tag_pattern(first)
    texts = ((version_in(tag.name, pattern, first), tag) for tag in tags)
    versions = [(Version.parse(text), tag) for text, tag in texts if text is not None and Version.is_valid(text)]
    lower = [pair for pair in versions if pair[0] < planned and pair[0].prerelease is None]
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


def level_between(older: str, newer: str) -> str:
    """`major`, `minor` or `patch`, as cargo counts: the first number that is not zero is the major one."""
    one, other = parse(older).to_tuple()[:3], parse(newer).to_tuple()[:3]
    changed = next((position for position, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]), 2)
    leading_zeros = next((position for position, number in enumerate(other) if number), 2)
    return ("major", "minor", "patch")[max(changed - leading_zeros, 0)]
