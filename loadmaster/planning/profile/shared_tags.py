"""Packages that share a tag: with one version they may, with two the tag would name neither."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.errors.edits import TagOfTwoVersions
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.profile.tag_name import tag_name


def require_one_version(style: ReleaseStyle, versions: Mapping[str, str]) -> None:
    """`versions` are those of packages that may be released together, by name. Raises `TagOfTwoVersions`."""
    by_tag: dict[str, dict[str, str]] = {}
    for name, version in sorted(versions.items()):
        by_tag.setdefault(tag_name(style.tag_pattern(name), name, version), {})[name] = version
    for tag, named in by_tag.items():
        if len(set(named.values())) > 1:
            raise TagOfTwoVersions(tag, named)
