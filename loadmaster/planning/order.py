"""Which crate waits for which: the edges between the crates of one release, and which crates may start now.

Normal and build dependencies are edges, and so are dev-dependencies with a version: cargo resolves them while it packages.
cargo removes a dev-dependency with only a path from the packaged manifest, so that is not an edge. If edges form a cycle,
an edge is dropped that an older version on the registry may satisfy, too.
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
"""For each crate, the crates that the registry must accept before it."""


def edges(packages: Collection[Package], planned: Mapping[str, str]) -> Edges:
    """The edges among `packages`. `planned` has their planned versions by name. Raises `DependencyCycle`."""
    by_name = {package.name: package for package in packages}
    graph = {
        package.name: frozenset(
            dependency.name
            for dependency in package.dependencies
            if dependency.name in by_name and _is_edge(dependency, planned[dependency.name])
        )
        for package in packages
    }
    while cycle := find_cycle(graph):
        loose = next((pair for pair in pairwise(cycle) if _may_be_older(by_name[pair[0]], by_name[pair[1]])), None)
        if loose is None:
            raise DependencyCycle(cycle)
        graph[loose[0]] -= {loose[1]}
    return graph


def _may_be_older(package: Package, needed: Package) -> bool:
    """Whether a lower version of `needed` meets all requirements of `package`, as one below 1.48.0 meets `^1`."""
    older, required = (
        _lower_versions(needed.version),
        (dependency for dependency in package.dependencies if dependency.name == needed.name),
    )
    return all(any(matches(need.requirement, lower) for lower in older) for need in required if need.has_version)


def _lower_versions(version: str) -> tuple[str, ...]:
    """A lower patch, minor and major version, as far as they exist."""
    major, minor, patch, *_ = parse(version).to_tuple()
    lower = [(major, minor, patch - 1), (major, minor - 1, 0), (major - 1, 0, 0)]
    return tuple(".".join(map(str, numbers)) for numbers in lower if min(numbers) >= 0)


def _is_edge(dependency: Dependency, planned: str) -> bool:
    if dependency.path is not None:
        return dependency.is_packaged
    # A requirement on a member through the registry is an edge only if this release satisfies it.
    return dependency.git is None and matches(dependency.requirement, planned)


def find_cycle(graph: Edges) -> tuple[str, ...]:
    """One cycle, in which each crate needs the next. It begins and ends with its smallest name. () if there is none."""
    try:
        _sorter(graph).prepare()
    except CycleError as error:
        # graphlib gives the opposite direction: each is needed by the next.
        names: list[str] = error.args[1][:0:-1]
        first = names.index(min(names))
        return (*names[first:], *names[: first + 1])
    return ()


def _sorter(graph: Edges) -> TopologicalSorter[str]:
    """A sorter that gets the names in order, so that equal graphs give equal results."""
    return TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)})


def remaining_path(graph: Edges) -> dict[str, int]:
    """For each crate, the number of crates on the longest chain that starts with it. Its delay delays all of these."""
    lengths: dict[str, int] = {}
    dependents = _dependents(graph)
    for name in reversed(dependencies_first(graph)):
        lengths[name] = 1 + max((lengths[dependent] for dependent in dependents[name]), default=0)
    return lengths


def dependencies_first(graph: Edges) -> tuple[str, ...]:
    """All crates, dependencies first, otherwise by name."""
    return tuple(name for wave in waves(graph) for name in wave)


def waves(graph: Edges) -> tuple[tuple[str, ...], ...]:
    """The crates in layers, to show them. Publishing does not use layers, see `ready`."""
    sorter, layers = _sorter(graph), []
    sorter.prepare()
    while sorter.is_active():
        layers.append(layer := tuple(sorted(sorter.get_ready())))
        sorter.done(*layer)
    return tuple(layers)


def ready(graph: Edges, lengths: Mapping[str, int], done: Set[str], started: Collection[str]) -> tuple[str, ...]:
    """Crates that may start now: not started, and everything that they need is done. Longest remaining path first, then by name.

    `lengths` is what `remaining_path` gives. It is an argument because this function is called after every upload.
    """
    free = [name for name, needs in graph.items() if name not in started and needs <= done]
    return tuple(sorted(free, key=lambda name: (-lengths[name], name)))


def dependents_of(graph: Edges, failed: Collection[str]) -> frozenset[str]:
    """All crates that need a failed crate, directly or not, without the failed crates themselves."""
    stuck: set[str] = set(failed)
    for name in dependencies_first(graph):
        if graph[name] & stuck:
            stuck.add(name)
    return frozenset(stuck - set(failed))


def everything_needed(graph: Edges) -> dict[str, frozenset[str]]:
    """For each crate, all crates that must be published before it, directly or not."""
    needs: dict[str, frozenset[str]] = {}
    for name in dependencies_first(graph):
        needs[name] = graph[name].union(*(needs[needed] for needed in graph[name]))
    return needs


def _dependents(graph: Edges) -> dict[str, set[str]]:
    dependents: dict[str, set[str]] = {name: set() for name in graph}
    for name, needs in graph.items():
        for needed in needs:
            dependents[needed].add(name)
    return dependents
