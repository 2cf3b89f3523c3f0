"""Whether the workspace's lockfile alone decides what cargo packages, so that cargo need not ask the index for each crate.

Every packaged crate carries a lockfile of its own, which cargo resolves anew: the workspace's lockfile pins what comes from
a registry, but a sibling is the newest version that fits, be it packaged here or on the registry. Without an index cargo
sees only those packaged here. Knows cargo's lockfile and what was seen of the registry; runs nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection

from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.requirement import matches

_REGISTRIES = ("registry+", "sparse+")


def needs_index(
    workspace: Workspace, crates: Collection[str], lockfile: str | None, registry: RegistrySeen
) -> str | None:
    """Why cargo must ask the index to package `crates` of `workspace` (as it is after the bump); None if it need not.

    `lockfile` is the text of the tracked `Cargo.lock` that cargo accepts for this workspace, None where there is none.
    """
    if lockfile is None:
        return "there is no lockfile"
    for name, source in _locked(lockfile):
        if source is None and name not in workspace.names:
            return f"`{name}` lies in a directory, its crate comes from the registry"
        if source is not None and (name in workspace.names or not source.startswith(_REGISTRIES)):
            return f"`{name}` is locked to another place than its crate comes from"
    siblings = (
        dependency for package in workspace.packages if package.name in crates for dependency in package.dependencies
    )
    whys = (_why(sibling, crates, registry) for sibling in siblings if sibling.name in workspace.names)
    return next((why for why in whys if why is not None), None)


def _locked(lockfile: str) -> list[tuple[str, str | None]]:
    return [(package["name"], package.get("source")) for package in tomllib.loads(lockfile).get("package", [])]


def _why(dependency: Dependency, crates: Collection[str], registry: RegistrySeen) -> str | None:
    name, requirement = dependency.name, dependency.requirement
    if dependency.path is not None and not dependency.has_version:
        return None  # cargo strips it
    if name not in crates:
        return f"`{name}` is not packaged with the others"
    out = [crate.version for crate in registry.crates.get(name, ()) if matches(requirement, crate.version)]
    return f"`{name} {requirement}` fits `{out[-1]}` on the registry, too" if out else None
