"""Whether the workspace's lockfile alone decides what cargo packages. Then cargo need not ask the index for each crate.

Every packaged crate contains a lockfile of its own, which cargo resolves again. The workspace's lockfile pins the packages
from a registry. A sibling, however, resolves to the newest version that fits, whether it is packaged here or is on the
registry. Without an index cargo sees only those packaged here. Knows cargo's lockfile and what was seen of the registry;
runs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from loadmaster.planning.registry.metadata import CRATES_IO_INDEX
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.workspace import Dependency, Workspace
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.toml_text import load_toml

CRATES_IO_SOURCE = f"registry+{CRATES_IO_INDEX}"
"""How lockfiles name crates.io."""

_REGISTRIES = ("registry+", "sparse+")


class LockedCrate(NamedTuple):
    """A crate of a registry, as a lockfile names it."""

    name: str
    version: str
    source: str


def needs_index(
    workspace: Workspace, crates: Collection[str], lockfile: str | None, registry: RegistrySeen
) -> str | None:
    """Why cargo must ask the index to package `crates` of `workspace` (as it is after the bump); None if it need not.

    `lockfile` is the text of the tracked `Cargo.lock` that cargo accepts for this workspace; None if there is none.
    """
    if lockfile is None:
        return "there is no lockfile"
    for package in load_toml(lockfile).get("package", []):
        name, source = package["name"], package.get("source")
        if source is None and name not in workspace.names:
            return f"`{name}` is in a directory, its crate comes from the registry"
        if source is not None and (name in workspace.names or not source.startswith(_REGISTRIES)):
            return f"`{name}` is locked to another source than its crate comes from"
    siblings = (
        dependency for package in workspace.packages if package.name in crates for dependency in package.dependencies
    )
    whys = (_why(sibling, crates, registry) for sibling in siblings if sibling.name in workspace.names)
    return next((why for why in whys if why is not None), None)


def left_to_fetch(lockfile: str, embedded: Iterable[str], crates: Mapping[str, str]) -> tuple[LockedCrate, ...]:
    """The crates that building `crates` (version by name) needs, and that fetching the workspace does not bring.

    `lockfile` is the text of the workspace's, `embedded` are those of the lockfiles in the packaged crates. Raises `ValueError`
    for one that cargo did not write.
    """
    needed = {locked for text in embedded for locked in _from_registries(text)}
    unpublished = {locked for locked in needed if crates.get(locked.name) == locked.version}
    return tuple(sorted(needed - unpublished - set(_from_registries(lockfile))))


def _from_registries(lockfile: str) -> Iterator[LockedCrate]:
    for package in load_toml(lockfile).get("package", []):
        if (source := package.get("source", "")).startswith(_REGISTRIES):
            yield LockedCrate(package["name"], package["version"], source)


def _why(dependency: Dependency, crates: Collection[str], registry: RegistrySeen) -> str | None:
    name, requirement = dependency.name, dependency.requirement
    if dependency.path is not None and not dependency.has_version:
        return None  # cargo removes it from the packaged manifest
    if name not in crates:
        return f"`{name}` is not packaged with the others"
    fitting = [crate.version for crate in registry.crates.get(name, ()) if matches(requirement, crate.version)]
    return f"`{name} {requirement}` fits `{fitting[-1]}` on the registry, too" if fitting else None
