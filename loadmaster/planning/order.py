"""Who waits for whom: the edges between the crates of one release, and what may start now.

Normal and build dependencies are edges, and so are dev-dependencies that carry a version: cargo resolves them while it
packages. A dev-dependency by path alone is stripped from the packaged manifest and is no edge. Where edges make a circle,
those give way that an older version on the registry may satisfy, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from itertools import pairwise

from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.tree.workspace import Dependency, Package
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.version import parse

Edges = Mapping[str, frozenset[str]]
"""For each crate the crates that must be accepted before it."""


def edges(packages: Collection[Package], planned: Mapping[str, str]) -> Edges:
    """Edges among `packages`, whose planned versions are given by name. Raises `DependencyCycle`."""
    by_name = {package.name: package for package in packages}
    found = {
        package.name: frozenset(
            each.name for each in package.dependencies if each.name in by_name and _is_edge(each, planned[each.name])
        )
        for package in packages
    }
    while cycle := find_cycle(found):
        loose = next((pair for pair in pairwise(cycle) if _may_be_older(by_name[pair[0]], by_name[pair[1]])), None)
        if loose is None:
            raise DependencyCycle(cycle)
        found[loose[0]] -= {loose[1]}
    return found


def _may_be_older(package: Package, needed: Package) -> bool:
    """Whether all that `package` requires of `needed` is met by a version below its own, as `^1` is by one below 1.48.0."""
    older, required = _below(needed.version), (each for each in package.dependencies if each.name == needed.name)
    return all(any(matches(each.requirement, lower) for lower in older) for each in required if each.has_version)


def _below(version: str) -> tuple[str, ...]:
    """A lower patch, minor and major version, as far as there are any."""
    major, minor, patch, *_ = parse(version).to_tuple()
    lower = [(major, minor, patch - 1), (major, minor - 1, 0), (major - 1, 0, 0)]
    return tuple(".".join(map(str, each)) for each in lower if min(each) >= 0)


def _is_edge(dependency: Dependency, planned: str) -> bool:
    if dependency.path is not None:
        return dependency.is_packaged
    # A member's name asked of the registry: an edge only if it is this release that satisfies it.
    return dependency.git is None and matches(dependency.requirement, planned)


def find_cycle(graph: Edges) -> tuple[str, ...]:
    """One cycle, first name repeated at its end; () if there is none. Smallest names first, so that it is stable."""
    done: set[str] = set()
    for start in sorted(graph):
        trail: list[str] = []
        if cycle := _walk(start, graph, done, trail):
            return cycle
    return ()


def _walk(name: str, graph: Edges, done: set[str], trail: list[str]) -> tuple[str, ...]:
    if name in trail:
        return (*trail[trail.index(name) :], name)
    if name in done:
        return ()
    trail.append(name)
    for needed in sorted(graph[name]):
        if cycle := _walk(needed, graph, done, trail):
            return cycle
    trail.pop()
    done.add(name)
    return ()


def remaining_path(graph: Edges) -> dict[str, int]:
    """For each crate the number of crates on the longest chain that starts with it: what its delay delays."""
    lengths: dict[str, int] = {}
    dependents = _dependents(graph)
    for name in reversed(in_order(graph)):
        lengths[name] = 1 + max((lengths[each] for each in dependents[name]), default=0)
    return lengths


def in_order(graph: Edges) -> tuple[str, ...]:
    """Dependencies first; among equals by name."""
    return tuple(name for wave in waves(graph) for name in wave)


def waves(graph: Edges) -> tuple[tuple[str, ...], ...]:
    """Layers for showing. Publishing itself knows no layers, see `ready`."""
    depth: dict[str, int] = {}
    waiting = {name: set(needs) for name, needs in graph.items()}
    layer = 0
    while waiting:
        free = [name for name, needs in waiting.items() if not needs]
        for name in free:
            depth[name] = layer
            del waiting[name]
        for needs in waiting.values():
            needs.difference_update(free)
        layer += 1
    return tuple(tuple(sorted(name for name in depth if depth[name] == each)) for each in range(layer))


def ready(graph: Edges, lengths: Mapping[str, int], done: Set[str], started: Collection[str]) -> tuple[str, ...]:
    """Crates that may start now: not started, everything they need done; longest remaining path first, then by name.

    `lengths` are those of `remaining_path`; they are given because this is asked again after every upload.
    """
    free = [name for name, needs in graph.items() if name not in started and needs <= done]
    return tuple(sorted(free, key=lambda name: (-lengths[name], name)))


def blocked(graph: Edges, failed: Collection[str]) -> frozenset[str]:
    """Everything that needs a failed crate, directly or not; the failed ones themselves are not in it."""
    stuck: set[str] = set(failed)
    for name in in_order(graph):
        if graph[name] & stuck:
            stuck.add(name)
    return frozenset(stuck - set(failed))


def everything_needed(graph: Edges, name: str) -> frozenset[str]:
    """All that must be out before `name`, directly or not."""
    return frozenset(graph[name]).union(*(everything_needed(graph, each) for each in graph[name]))


def _dependents(graph: Edges) -> dict[str, set[str]]:
    dependents: dict[str, set[str]] = {name: set() for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            dependents[needed].add(name)
    return dependents
