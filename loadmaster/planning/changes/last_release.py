"""The releases that a package's tree comes after: their versions on the registry, and the commits that they were made from.

Knows versions and tags. A tag counts only if the commit that is looked at contains it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from semver import Version

from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.compare import VCS_INFO
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import parse, series_of

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class LastRelease(Value):
    """A release that a package may be compared with."""

    crate: CrateVersion
    tag: str | None
    """The name that the profile gives its tag; None for a package without a tag of its own."""
    commit: str | None
    """The commit that it was made from, if that is in the history: that of its tag, else the one that its crate names."""
    is_tagged: bool
    """Whether the history has its tag."""


def releases_before(
    package: Package, published: Iterable[CrateVersion], tags: Mapping[str, str], project: Project
) -> tuple[LastRelease, ...]:
    """The releases of the tree's own line of versions, the newest first; else those below the tree's version.

    `tags` are those in the history, by name, with their commits.
    """
    line = _own_line(package.version, published, on_maintenance_branch=project.is_on_maintenance_branch)
    crates = sorted(line, key=lambda crate: parse(crate.version), reverse=True)
    if package.name in project.release.tagged_with:  # the tags do not tell which version of it they had
        return tuple(LastRelease(crate=crate, tag=None, commit=None, is_tagged=False) for crate in crates)
    named = ((crate, project.tag_of(package.name, crate.version)) for crate in crates)
    return tuple(LastRelease(crate=crate, tag=tag, commit=tags.get(tag), is_tagged=tag in tags) for crate, tag in named)


def _own_line(
    version: str, published: Iterable[CrateVersion], *, on_maintenance_branch: bool
) -> tuple[CrateVersion, ...]:
    """A pre-release above the tree's version counts only for the same three numbers: it is no release of this line yet."""
    tree = parse(version)
    counted = tuple(crate for crate in published if _counts(parse(crate.version), tree))

    def is_in_line(other: Version) -> bool:
        if on_maintenance_branch:
            return (other.major, other.minor) == (tree.major, tree.minor)
        return series_of(str(other)) == series_of(version)

    own = tuple(crate for crate in counted if is_in_line(parse(crate.version)))
    return own or tuple(crate for crate in counted if parse(crate.version) <= tree)


def _counts(other: Version, tree: Version) -> bool:
    return other.prerelease is None or other <= tree or other.finalize_version() == tree.finalize_version()


def commit_it_names(crate: bytes, name: str) -> str | None:
    """The whole id of the commit that a published `.crate` says that it was made from.

    None if it names none, or says that uncommitted changes were in it. Raises `CrateFileBroken`.
    """
    kept = read_crate(crate, name, keep=(VCS_INFO,)).kept
    try:
        git = read_json(kept[VCS_INFO])["git"]
        commit = "" if git.get("dirty") else str(git["sha1"])
        return commit if _COMMIT.fullmatch(commit) else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
