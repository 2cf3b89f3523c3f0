"""Who waits for whom: the edges between the crates of one release, and what may start now.

Normal and build dependencies are edges, and so are dev-dependencies that carry a version: cargo resolves them while it
packages. A dev-dependency by path alone is stripped from the packaged manifest and is no edge. Where edges form a cycle,
those give way that an older version on the registry may satisfy, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from graphlib import CycleError, TopologicalSorter
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
            dependency.name
            for dependency in package.dependencies
            if dependency.name in by_name and _is_edge(dependency, planned[dependency.name])
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
    older, required = (
        _below(needed.version),
        (dependency for dependency in package.dependencies if dependency.name == needed.name),
    )
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
    """One cycle, from its smallest name, which is repeated at its end; each needs the next. () if there is none."""
    try:
        _sorter(graph).prepare()
    except CycleError as error:
        # graphlib tells it the other way round: each is needed by the next.
        names: list[str] = error.args[1][:0:-1]
        first = names.index(min(names))
        return (*names[first:], *names[: first + 1])
    return ()


def _sorter(graph: Edges) -> TopologicalSorter[str]:
    """Of names in their order, so that equal graphs are walked alike."""
    return TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)})


def remaining_path(graph: Edges) -> dict[str, int]:
    """For each crate the number of crates on the longest chain that starts with it: what its delay delays."""
    lengths: dict[str, int] = {}
    dependents = _dependents(graph)
    for name in reversed(in_order(graph)):
        lengths[name] = 1 + max((lengths[dependent] for dependent in dependents[name]), default=0)
    return lengths


def in_order(graph: Edges) -> tuple[str, ...]:
    """Dependencies first; among equals by name."""
    return tuple(name for wave in waves(graph) for name in wave)


def waves(graph: Edges) -> tuple[tuple[str, ...], ...]:
    """Layers for showing. Publishing itself knows no layers, see `ready`."""
    sorter, found = _sorter(graph), []
    sorter.prepare()
    while sorter.is_active():
        found.append(wave := tuple(sorted(sorter.get_ready())))
        sorter.done(*wave)
    return tuple(found)


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


def everything_needed(graph: Edges) -> dict[str, frozenset[str]]:
    """For each crate all that must be published before it, directly or not: one walk, each crate after what it needs."""
    found: dict[str, frozenset[str]] = {}
    for name in in_order(graph):
        found[name] = graph[name].union(*(found[needed] for needed in graph[name]))
    return found


def _dependents(graph: Edges) -> dict[str, set[str]]:
    dependents: dict[str, set[str]] = {name: set() for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            dependents[needed].add(name)
    return dependents
