"""Packages that share a tag: with one version they may, with two the tag would name neither.

Packages without a tag of their own get that of another, in whatever version they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.errors.edits import LeaderNotReleased, TagOfTwoVersions
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.profile.tag_name import tag_name


def tags_of(style: ReleaseStyle, versions: Mapping[str, str]) -> dict[str, str]:
    """The tag of each package that is released in one of `versions`, by name.

    Left out is a package without a tag of its own whose leader is not released.
    """
    leaders = {name: style.leader(name) for name in versions}
    return {
        name: tag_name(style.tag_pattern(leader), leader, versions[leader])
        for name, leader in leaders.items()
        if leader in versions
    }


def require_leaders(style: ReleaseStyle, versions: Mapping[str, str]) -> None:
    """Raises `LeaderNotReleased` for a package that would come out without a tag."""
    if alone := sorted(versions.keys() - tags_of(style, versions).keys()):
        raise LeaderNotReleased(alone[0], style.leader(alone[0]))


def require_one_version(style: ReleaseStyle, versions: Mapping[str, str]) -> None:
    """`versions` are those of packages that may be released together, by name. Raises `TagOfTwoVersions`."""
    by_tag: dict[str, dict[str, str]] = {}
    for name, tag in sorted(tags_of(style, versions).items()):
        if style.leader(name) == name:
            by_tag.setdefault(tag, {})[name] = versions[name]
    for tag, named in by_tag.items():
        if len(set(named.values())) > 1:
            raise TagOfTwoVersions(tag, named)
