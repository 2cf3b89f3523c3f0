"""Whether the forge should show a release as its latest: a maintenance release must not take that place from a higher version."""

from __future__ import annotations

from collections.abc import Iterable

from semver import Version

from loadmaster.planning.plan import Tag
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.tag_name import version_in
from loadmaster.planning.values.version import parse


def is_latest(tag: Tag, project: Project, released: Iterable[str]) -> bool:
    """`released` are the tags of the forge's public releases. Those of other packages, which have other patterns, do not count.

    A pre-release is never the latest.
    """
    version, package = parse(tag.version), tag.crates[0]
    if version.prerelease is not None:
        return False
    pattern = project.release.tag_pattern(package)
    texts = (version_in(name, pattern, package) for name in released)
    others = (Version.parse(text) for text in texts if text is not None and Version.is_valid(text))
    return all(other <= version for other in others if other.prerelease is None)
