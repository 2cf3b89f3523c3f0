"""Which version each package of a release gets: one for all of them (lockstep), or one of its own for each that was asked for.

Knows the packages, the policy and what was asked. Which packages may be published at all is decided before.
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
    """Planned version by name for every package that this release publishes.

    `asked` matches `version.ASKED`; `taken` are the versions that are out, by name. In lockstep all of `published` get the
    one version. Independent ones are counted each from its own version: those that are named, or else all.

    Raises `VersionsDisagree`, `VersionsByName`, `NoSuchPackage`, `MalformedVersion`.
    """
    named = named_versions(asked)
    if policy is not Policy.INDEPENDENT:
        if named:
            raise VersionsByName(asked)
        everywhere = {version for versions in taken.values() for version in versions}
        version = planned_version(asked, current_version(published), everywhere)
        return {each.name: version for each in published}
    _require_known(named, published)
    return {
        each.name: planned_version(named.get(each.name, asked), each.version, taken.get(each.name, ()))
        for each in published
        if not named or each.name in named
    }


def exact_versions(published: Sequence[Package], released: str) -> dict[str, str]:
    """Version by name of a release that is out or partly so; `released` is what `label` gives.

    Raises `NoSuchPackage`.
    """
    named = named_versions(released)
    _require_known(named, published)
    return {each.name: named.get(each.name, released) for each in published if not named or each.name in named}


def named_versions(asked: str) -> dict[str, str]:
    """What was asked for each named package; {} if it is one thing for all. Raises `PackageNamedTwice`."""
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
    known = sorted(each.name for each in published)
    if unknown := sorted(set(named) - set(known)):
        raise NoSuchPackage(unknown, known)


def current_version(published: Sequence[Package]) -> str:
    """The one version of a lockstep workspace. Raises `VersionsDisagree`."""
    versions = {each.name: each.version for each in published}
    if len(set(versions.values())) > 1:
        raise VersionsDisagree(versions)
    return published[0].version


def bumped_versions(
    workspace: Workspace, published: Sequence[Package], policy: Policy, released: Mapping[str, str]
) -> dict[str, str]:
    """Planned version of every package whose manifest changes: what is released, and private members that kept step with it.

    One that a bump took ahead to the planned version keeps step, too.
    """
    if policy is Policy.INDEPENDENT:
        return dict(released)
    current, version = published[0].version, next(iter(released.values()))
    keeping = [
        package for package in workspace.packages if package.name in released or package.version in (current, version)
    ]
    return {package.name: version for package in keeping}


def label(policy: Policy, released: Mapping[str, str]) -> str:
    """The release as one would ask for it: its version, or `NAME=VERSION` for each package."""
    if policy is Policy.INDEPENDENT:
        return ",".join(f"{name}={version}" for name, version in sorted(released.items()))
    return next(iter(released.values()))
