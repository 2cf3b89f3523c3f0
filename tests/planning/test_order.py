"""Who waits for whom."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.order import (
    dependencies_first,
    dependents_of,
    edges,
    everything_needed,
    find_cycle,
    ready,
    remaining_path,
    waves,
)
from loadmaster.planning.tree.workspace import DependencyKind, Package
from tests.kit.building import needs, package, workspaces


def graph_of(*packages: Package) -> dict[str, frozenset[str]]:
    return dict(edges(packages, {each.name: "0.4.0" for each in packages}))


def test_normal_build_and_versioned_dev_dependencies_are_edges() -> None:
    top = package("top", needs("a"), needs("b", kind="build"), needs("c", kind="dev"))
    assert graph_of(package("a"), package("b"), package("c"), top)["top"] == {"a", "b", "c"}


def test_a_dev_dependency_by_path_alone_is_no_edge() -> None:
    top = package("top", needs("a", requirement="*", kind="dev"))
    assert graph_of(package("a"), top)["top"] == frozenset()


def test_a_members_name_asked_of_the_registry_is_an_edge_only_if_this_release_satisfies_it() -> None:
    older, fitting = (package("top", needs("a", requirement, path=False)) for requirement in ("^0.3", "^0.4"))
    assert graph_of(package("a"), older)["top"] == frozenset()
    assert graph_of(package("a"), fitting)["top"] == {"a"}


def test_a_cycle_through_a_versioned_dev_dependency_names_both_crates_and_the_way_out() -> None:
    with pytest.raises(DependencyCycle, match=r"`a` → `b` → `a`") as caught:
        graph_of(package("a", needs("b", kind="dev")), package("b", needs("a")))
    assert "name the `path` alone" in caught.value.fix


@pytest.mark.parametrize("kind", ["dev", "normal"])
def test_in_a_cycle_the_edge_gives_way_that_an_older_version_satisfies(kind: DependencyKind) -> None:
    graph = edges(
        [
            package("macros", needs("runtime", "^1", kind=kind), version="2.6.0"),
            package("runtime", needs("macros", "^2.6.0"), version="1.48.0"),
        ],
        {"macros": "2.6.0", "runtime": "1.48.0"},
    )
    assert dict(graph) == {"macros": frozenset(), "runtime": {"macros"}}


@given(workspaces())
def test_dependencies_come_first(packages: tuple[Package, ...]) -> None:
    graph = graph_of(*packages)
    position = {name: number for number, name in enumerate(dependencies_first(graph))}
    assert sorted(position) == sorted(graph)
    assert all(position[needed] < position[name] for name, wanted in graph.items() for needed in wanted)


@given(workspaces())
def test_starting_what_is_ready_until_nothing_is_left_starts_everything_once(packages: tuple[Package, ...]) -> None:
    graph = graph_of(*packages)
    done: list[str] = []
    while starting := ready(graph, remaining_path(graph), set(done), done):
        assert graph[starting[0]] <= set(done)
        done.append(starting[0])
    assert sorted(done) == sorted(graph)


@given(workspaces())
def test_the_number_of_waves_is_the_longest_remaining_path(packages: tuple[Package, ...]) -> None:
    graph = graph_of(*packages)
    assert len(waves(graph)) == max(remaining_path(graph).values())


def test_the_longest_remaining_path_goes_first() -> None:
    graph = graph_of(
        package("alone"), package("base"), package("middle", needs("base")), package("top", needs("middle"))
    )
    lengths = remaining_path(graph)
    assert ready(graph, lengths, set(), ()) == ("base", "alone")
    assert ready(graph, lengths, {"base"}, {"base", "alone"}) == ("middle",)


def test_a_failure_keeps_back_its_descendants_and_nothing_else() -> None:
    graph = graph_of(package("a"), package("b", needs("a")), package("c", needs("b")), package("other"))
    assert dependents_of(graph, {"a"}) == {"b", "c"}


def test_what_a_crate_needs_is_all_below_it() -> None:
    graph = graph_of(package("a"), package("b", needs("a")), package("c", needs("b")), package("other"))
    assert everything_needed(graph) == {
        "a": frozenset(),
        "b": frozenset({"a"}),
        "c": frozenset({"a", "b"}),
        "other": frozenset(),
    }


def test_what_deep_layers_need_is_found_in_one_walk() -> None:
    """Each crate needs both of the layer below it: the paths double with each of the 200 layers."""
    layers = [(f"a{depth:03}", f"b{depth:03}") for depth in range(200)]
    graph = {name: frozenset(layers[depth - 1] if depth else ()) for depth, pair in enumerate(layers) for name in pair}
    assert len(everything_needed(graph)["a199"]) == 398


@given(workspaces())
def test_a_cycle_is_found_where_an_edge_back_is_added_and_each_in_it_needs_the_next(
    packages: tuple[Package, ...],
) -> None:
    graph = graph_of(*packages)
    assert find_cycle(graph) == ()
    first, last = dependencies_first(graph)[0], dependencies_first(graph)[-1]
    closed = {**graph, first: graph[first] | {last}}
    cycle = find_cycle(closed)
    assert (cycle != ()) is (first == last or first in everything_needed(graph)[last])
    assert all(needed in closed[name] for name, needed in pairwise(cycle))
    assert cycle[:1] == cycle[-1:]
    assert not cycle or cycle[0] == min(cycle)
