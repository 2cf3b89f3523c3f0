"""Who goes next, and when; and the forecast that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.order import Edges, edges
from loadmaster.planning.pace import Costs, correct, forecast, next_starts
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate
from tests.kit.building import workspaces

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CRATES_IO = {action: Bucket.full(rate) for action, rate in CRATES_IO_RATES.items()}
INSTANT = Costs(upload_seconds=0.0, visible_seconds=0.0, connections=1000)


def independent(count: int) -> Edges:
    return {f"crate-{number:03}": frozenset() for number in range(count)}


def chain(length: int) -> Edges:
    return {f"c{n}": frozenset({f"c{n - 1}"} if n else ()) for n in range(length)}


def test_a_crate_whose_bucket_is_empty_does_not_hold_up_another() -> None:
    buckets = {
        Action.NEW: Bucket.holding(Rate(burst=5, refill_seconds=600), 0, NOW),
        Action.UPDATE: CRATES_IO[Action.UPDATE],
    }
    found = next_starts(["fresh", "old"], {"fresh": Action.NEW, "old": Action.UPDATE}, buckets, NOW)
    assert (found.start, found.waiting) == (("old",), ("fresh",))
    assert found.until == NOW + timedelta(minutes=10)


def test_a_credential_without_buckets_waits_for_nothing() -> None:
    found = next_starts(["a", "b"], {"a": Action.NEW, "b": Action.NEW}, {}, NOW)
    assert (found.start, found.until) == (("a", "b"), None)


def test_a_refusal_makes_a_bucket_where_none_was_expected() -> None:
    rate = CRATES_IO_RATES[Action.NEW]
    found = next_starts(["a"], {"a": Action.NEW}, correct({}, Action.NEW, rate, NOW + timedelta(seconds=90)), NOW)
    assert found.until == NOW + timedelta(seconds=90)


def test_twelve_new_crates_take_seventy_minutes_on_a_users_token() -> None:
    graph = independent(12)
    found = forecast(graph, dict.fromkeys(graph, Action.NEW), CRATES_IO, INSTANT, visible=False)
    assert found.seconds == 70 * 60
    assert found.waits == 7


def test_a_hundred_updates_take_seventy_minutes_and_one_refill_each_after_the_burst() -> None:
    graph = independent(100)
    found = forecast(graph, dict.fromkeys(graph, Action.UPDATE), CRATES_IO, INSTANT, visible=False)
    assert found.seconds == 70 * 60


def test_twelve_layers_of_a_second_and_three_until_visible_are_fifteen_seconds() -> None:
    graph = chain(12)
    costs = Costs(upload_seconds=1.0, visible_seconds=3.0)
    assert forecast(graph, dict.fromkeys(graph, Action.UPDATE), {}, costs, visible=False).seconds == 15.0
    assert forecast(graph, dict.fromkeys(graph, Action.UPDATE), {}, costs, visible=True).seconds == 48.0


@given(workspaces(), st.integers(1, 4))
def test_the_forecast_starts_every_crate_once_after_what_it_needs(
    packages: tuple[Package, ...], connections: int
) -> None:
    graph = edges(packages, {each.name: each.version for each in packages})
    costs = Costs(upload_seconds=2.0, visible_seconds=1.0, connections=connections)
    small = {Action.UPDATE: Bucket.full(Rate(burst=2, refill_seconds=30))}
    found = forecast(graph, dict.fromkeys(graph, Action.UPDATE), small, costs, visible=False)
    started = dict(found.starts)
    assert sorted(started) == sorted(graph)
    assert all(started[needed] + 2.0 <= started[name] for name, needs in graph.items() for needed in needs)
    assert found.seconds >= max(started.values()) + 3.0
