"""How a release is packaged: in which calls of cargo, and whether a workspace's lockfile alone decides what a call packages.
Then cargo need not ask the index for each crate.

cargo packages the crates of one workspace together. Of several workspaces, one that needs another's crates comes after it, and
finds them in an index that has them already. So does a crate that needs a sibling without a path, which cargo could package later.

Every packaged crate contains a lockfile of its own, which cargo resolves again. The workspace's lockfile pins the packages
from a registry. A sibling, however, resolves to the newest version that fits, whether it is packaged here or is on the
registry. Without an index cargo sees only those packaged here. Knows cargo's lockfile and what was seen of the registry;
runs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from loadmaster.planning.order import Edges, dependencies_first, edges
from loadmaster.planning.registry.metadata import CRATES_IO_INDEX
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.workspace import Dependency, Package, Workspace
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.value import Value

CRATES_IO_SOURCE = f"registry+{CRATES_IO_INDEX}"
"""How lockfiles name crates.io."""

_REGISTRIES = ("registry+", "sparse+")


class Round(Value):
    """The crates that one call of cargo packages."""

    root: str
    """The root manifest of their workspace."""
    crates: Mapping[str, str]
    """Version by name."""


class TooEarly(NamedTuple):
    """A package that cargo would package before a sibling that it needs."""

    package: Package
    needed: Dependency


def packaging_rounds(workspace: Workspace, crates: Mapping[str, str]) -> tuple[Round, ...]:
    """The calls that package `crates` (version by name), in their order: whatever a crate needs of another workspace, or of its own
    without a path, is packaged before it. It is one call for each workspace, and more only if that must be.

    Raises `DependencyCycle`.
    """
    packages = [package for package in workspace.packages if package.name in crates]
    waiting = {root: {each.name for each in packages if each.root == root} for root in workspace.roots}
    waiting = {root: names for root, names in waiting.items() if names}
    if len(waiting) == 1 and not too_early(packages):  # cargo finds the order by itself, also where ours has none
        return tuple(Round(root=root, crates=dict(crates)) for root in waiting)
    graph, rounds, done = edges(packages, crates), list[Round](), set[str]()
    while waiting:
        ready = {root: _ready(graph, names, done, packages) for root, names in sorted(waiting.items())}
        root = max(ready, key=lambda each: (ready[each] == waiting[each], len(ready[each])))
        rounds.append(Round(root=root, crates={name: crates[name] for name in sorted(ready[root])}))
        done |= ready[root]
        waiting[root] -= ready[root]
        waiting = {root: names for root, names in waiting.items() if names}
    return tuple(rounds)


def _ready(graph: Edges, names: Collection[str], done: Collection[str], packages: Collection[Package]) -> set[str]:
    """Those of `names` that need nothing but what is done, and one another in a way that one call of cargo allows."""
    late = set[str]()
    while True:
        ready = set[str]()
        for name in dependencies_first(graph):
            if name in names and name not in late and graph[name] <= ready.union(done):
                ready.add(name)
        early = too_early([package for package in packages if package.name in ready])
        found = {pair.package.name for pair in early if pair.needed.name in graph[pair.package.name]}
        if not found:
            return ready
        late |= found


def too_early(packages: Collection[Package]) -> tuple[TooEarly, ...]:
    """What cargo would package too early in one call for `packages`: siblings that are needed without a path come in any order."""
    order = cargo_packaging_order(packages)
    return tuple(
        TooEarly(package, dependency)
        for position, package in enumerate(order)
        for later in order[position + 1 :]
        for dependency in package.dependencies
        if dependency.name == later.name and dependency.path is None and dependency.git is None
        if matches(dependency.requirement, later.version)
    )


def cargo_packaging_order(packages: Collection[Package]) -> tuple[Package, ...]:
    """The packages in cargo's order: by name, except that those needed by path come first.

    A cycle begins at the package that the order by name reaches first.
    """
    by_name, ordered = {package.name: package for package in packages}, dict[str, Package]()
    waiting = [(name, False) for name in sorted(by_name, reverse=True)]
    seen = set[str]()
    while waiting:
        name, is_ready = waiting.pop()
        if is_ready:
            ordered[name] = by_name[name]
        elif name not in seen:
            seen.add(name)
            needs = {
                dependency.name
                for dependency in by_name[name].dependencies
                if dependency.path is not None and dependency.is_packaged
            }
            waiting += [(name, True), *((need, False) for need in sorted(needs & by_name.keys(), reverse=True))]
    return tuple(ordered.values())


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
