"""Which version each package of a release gets: all the same (lockstep), or each requested package its own.

Knows the packages, the policy and the request. It is decided elsewhere which packages may be published at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from loadmaster.errors.request import PackageNamedTwice
from loadmaster.errors.workspace import NoSuchPackage, VersionsByName, VersionsDisagree
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.planning.values.version import planned_version


def released_versions(
    published: Sequence[Package], policy: Policy, asked: str, taken: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """The planned version, by name, of every package that this release publishes.

    `asked` matches `version.ASKED`; `taken` are the published versions, by name. In lockstep all of `published` get the same
    version. With independent versions each named package counts from its own version; if none is named, every package does.

    Raises `VersionsDisagree`, `VersionsByName`, `NoSuchPackage`, `MalformedVersion`.
    """
    named = named_versions(asked)
    if policy is not Policy.INDEPENDENT:
        if named:
            raise VersionsByName(asked)
        everywhere = {version for versions in taken.values() for version in versions}
        version = planned_version(asked, current_version(published), everywhere)
        return {package.name: version for package in published}
    _require_known(named, published)
    return {
        package.name: planned_version(named.get(package.name, asked), package.version, taken.get(package.name, ()))
        for package in published
        if not named or package.name in named
    }


def exact_versions(published: Sequence[Package], released: str) -> dict[str, str]:
    """The versions, by name, of a release that is published at least in part. `released` is what `label` gives.

    Raises `NoSuchPackage`.
    """
    named = named_versions(released)
    _require_known(named, published)
    return {
        package.name: named.get(package.name, released) for package in published if not named or package.name in named
    }


def named_versions(asked: str) -> dict[str, str]:
    """The request for each named package; {} if one request is for all. Raises `PackageNamedTwice`."""
    if "=" not in asked:
        return {}
    named: dict[str, str] = {}
    for entry in asked.split(","):
        name, _, wanted = entry.partition("=")
        if name in named:
            raise PackageNamedTwice(name, [named[name], wanted])
        named[name] = wanted
    return named


def _require_known(named: Collection[str], published: Sequence[Package]) -> None:
    known = sorted(package.name for package in published)
    if unknown := sorted(set(named) - set(known)):
        raise NoSuchPackage(unknown, known)


def current_version(published: Sequence[Package]) -> str:
    """The one version of a lockstep workspace. Raises `VersionsDisagree`."""
    versions = {package.name: package.version for package in published}
    if len(set(versions.values())) > 1:
        raise VersionsDisagree(versions)
    return published[0].version


def manifest_versions(
    workspace: Workspace, published: Sequence[Package], policy: Policy, released: Mapping[str, str]
) -> dict[str, str]:
    """The planned version of every package whose manifest changes: the released ones, and private members in lockstep.

    A private member is in lockstep if it has the current version, or the planned one because a bump changed it before.
    """
    if policy is Policy.INDEPENDENT:
        return dict(released)
    current, version = published[0].version, next(iter(released.values()))
    keeping = [
        package for package in workspace.packages if package.name in released or package.version in (current, version)
    ]
    return {package.name: version for package in keeping}


def label(policy: Policy, released: Mapping[str, str]) -> str:
    """The release as a person would ask for it: its version, or `NAME=VERSION` for each package."""
    if policy is Policy.INDEPENDENT:
        return ",".join(f"{name}={version}" for name, version in sorted(released.items()))
    return next(iter(released.values()))
