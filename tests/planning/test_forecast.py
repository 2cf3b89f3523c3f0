"""The forecast: the schedule on a virtual clock."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.forecast import Costs, forecast
from loadmaster.planning.order import Edges, edges
from loadmaster.planning.schedule import Schedule
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Rate
from tests.kit.building import workspaces

INSTANT = Costs(upload_seconds=0.0, visible_seconds=0.0)


def schedule(graph: Edges, action: Action, rates: Mapping[Action, Rate], connections: int = 1000) -> Schedule:
    return Schedule.of(graph, {name: name for name in graph}, dict.fromkeys(graph, action), rates, connections)


def independent(count: int) -> Edges:
    return {f"crate-{number:03}": frozenset() for number in range(count)}


def chain(length: int) -> Edges:
    return {f"c{n}": frozenset({f"c{n - 1}"} if n else ()) for n in range(length)}


def test_twelve_new_crates_take_seventy_minutes_on_a_users_token() -> None:
    found = forecast(schedule(independent(12), Action.NEW, CRATES_IO_RATES), INSTANT, visible=False)
    assert found.seconds == 70 * 60
    assert found.waits == 7


def test_a_hundred_updates_take_seventy_minutes_and_one_refill_each_after_the_burst() -> None:
    found = forecast(schedule(independent(100), Action.UPDATE, CRATES_IO_RATES), INSTANT, visible=False)
    assert found.seconds == 70 * 60


def test_twelve_layers_of_a_second_and_three_until_visible_are_fifteen_seconds() -> None:
    costs = Costs(upload_seconds=1.0, visible_seconds=3.0)
    layers = schedule(chain(12), Action.UPDATE, {})
    assert forecast(layers, costs, visible=False).seconds == 15.0
    assert forecast(layers, costs, visible=True).seconds == 48.0


@given(workspaces(), st.integers(1, 4))
def test_every_crate_starts_once_after_what_it_needs(packages: tuple[Package, ...], connections: int) -> None:
    graph = edges(packages, {each.name: each.version for each in packages})
    costs = Costs(upload_seconds=2.0, visible_seconds=1.0)
    small = {Action.UPDATE: Rate(burst=2, refill_seconds=30)}
    found = forecast(schedule(graph, Action.UPDATE, small, connections), costs, visible=False)
    started = dict(found.starts)
    assert sorted(started) == sorted(graph)
    assert all(started[needed] + 2.0 <= started[name] for name, needs in graph.items() for needed in needs)
    assert found.seconds >= max(started.values()) + 3.0
