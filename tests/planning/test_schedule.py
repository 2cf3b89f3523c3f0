"""The laws of publishing, whatever happens to the uploads: hypothesis plays the registry."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.forecast import Costs, forecast
from loadmaster.planning.order import Edges, edges, everything_needed
from loadmaster.planning.schedule import Postponed, Schedule, UploadOutcome
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Bucket, Rate
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from tests.kit.building import workspaces

START = datetime(2026, 11, 22, tzinfo=UTC)
NEW, UPDATE = Action.NEW, Action.UPDATE
SMALL = {NEW: Rate(burst=1, refill_seconds=600), UPDATE: Rate(burst=2, refill_seconds=60)}
CHAIN: Edges = {"a": frozenset(), "b": frozenset({"a"}), "c": frozenset({"b"}), "other": frozenset()}


def scheduled(graph: Edges, connections: int = 8, *, rates: dict[Action, Rate] | None = None) -> Schedule:
    ids = {name: f"{name}@1.0.0" for name in graph}
    return Schedule.of(graph, ids, dict.fromkeys(graph, UPDATE), SMALL if rates is None else rates, connections)


def published(name: str) -> ObjectRecord:
    return ObjectRecord(kind="crate", id=f"{name}@1.0.0", state=ObjectState.SAME, attempts=1)


def failed(name: str) -> ObjectRecord:
    return ObjectRecord(
        kind="crate", id=f"{name}@1.0.0", state=ObjectState.UNKNOWN, why="refused", code="upload-refused"
    )


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Played:
    """One whole publishing, with what was seen on the way."""

    schedule: Schedule
    now: datetime = START
    started: list[tuple[datetime, str]] = field(default_factory=list)
    most: int = 0
    postponed: Counter[str] = field(default_factory=Counter)


def play(schedule: Schedule, draw: st.DataObject) -> Played:
    """Until nothing is running and nothing waits; each upload ends as hypothesis wants it, in the order that it wants."""
    played = Played(schedule)
    while True:
        played.schedule, turn = played.schedule.start(played.now)
        for name in turn.start:
            assert played.schedule.needs[name] <= played.schedule.done, "it starts after what it needs"
            played.started.append((played.now, name))
        running = sorted(played.schedule.running)
        played.most = max(played.most, len(running))
        if not running and turn.until is None:
            return played
        if running:
            played.now += timedelta(seconds=draw.draw(st.floats(0, 90)))
            name = draw.draw(st.sampled_from(running))
            played.schedule = played.schedule.end(name, _outcome(name, played, draw), played.now)
        elif turn.until is not None:
            played.now = max(played.now, turn.until)


def _outcome(name: str, played: Played, draw: st.DataObject) -> UploadOutcome:
    may_be_postponed = played.postponed[name] < 2
    what = draw.draw(st.sampled_from(["published", "failed", *["postponed"] * may_be_postponed]))
    if what == "postponed":
        played.postponed[name] += 1
        return Postponed(until=played.now + timedelta(seconds=draw.draw(st.integers(1, 300))), why="too many")
    return published(name) if what == "published" else failed(name)


def graph_of(packages: tuple[Package, ...]) -> Edges:
    return edges(packages, {each.name: each.version for each in packages})


@given(workspaces(), st.integers(1, 4), st.data())
def test_every_crate_ends_in_one_record_and_a_failure_keeps_back_its_descendants_and_nothing_else(
    packages: tuple[Package, ...], connections: int, draw: st.DataObject
) -> None:
    graph = graph_of(packages)
    played = play(scheduled(graph, connections), draw)
    records = played.schedule.records
    assert [each.id for each in records] == [f"{name}@1.0.0" for name in graph]
    states = dict(zip(graph, (each.state for each in records), strict=True))
    failures = {name for name, state in states.items() if state is ObjectState.UNKNOWN}
    assert {name for name, state in states.items() if state is ObjectState.ABSENT} == {
        name for name, needed in everything_needed(graph).items() if needed & failures and name not in failures
    }
    assert played.most <= connections


@given(workspaces(), st.integers(1, 4), st.data())
def test_a_crate_starts_once_and_once_more_for_each_time_that_it_was_postponed(
    packages: tuple[Package, ...], connections: int, draw: st.DataObject
) -> None:
    played = play(scheduled(graph_of(packages), connections), draw)
    starts = Counter(name for _, name in played.started)
    assert starts == Counter(played.schedule.ended_in.keys()) + played.postponed


@given(workspaces(), st.integers(1, 4), st.data())
def test_no_start_exceeds_a_bucket_that_is_counted_beside_it(
    packages: tuple[Package, ...], connections: int, draw: st.DataObject
) -> None:
    """A second bucket, counted from the starts and the registry's own words, never finds itself asked too early."""
    schedule = scheduled(graph_of(packages), connections)
    bucket, now = Bucket.full(SMALL[UPDATE]), START
    while True:
        schedule, turn = schedule.start(now)
        for _ in turn.start:
            assert bucket.earliest(now) <= now
            bucket = bucket.take(now)
        running = sorted(schedule.running)
        if running:
            now += timedelta(seconds=draw.draw(st.floats(0, 90)))
            schedule = schedule.end(running[0], published(running[0]), now)
            bucket = bucket.note_answer(now)
        elif turn.until is not None:
            now = turn.until
        else:
            return


@given(workspaces(), st.integers(1, 4))
def test_the_forecast_is_the_schedule_on_a_virtual_clock(packages: tuple[Package, ...], connections: int) -> None:
    """Where every upload takes its two seconds and succeeds, crates start when the forecast says so."""
    schedule, now = scheduled(graph_of(packages), connections), START
    predicted = forecast(schedule, Costs(upload_seconds=2.0, visible_seconds=0.0), visible=False)
    starts: dict[str, float] = {}
    ends: dict[str, datetime] = {}
    while True:
        schedule, turn = schedule.start(now)
        for name in turn.start:
            starts[name], ends[name] = (now - START).total_seconds(), now + timedelta(seconds=2.0)
        instants = [*ends.values(), *([turn.until] if turn.until else [])]
        if not instants:
            break
        now = min(instants)
        for name in [name for name, end in ends.items() if end <= now]:
            del ends[name]
            schedule = schedule.end(name, published(name), now)
    assert starts == dict(predicted.starts)
    assert (now - START).total_seconds() == predicted.seconds


def test_a_failure_keeps_back_what_needs_it_and_says_what_that_is() -> None:
    schedule, turn = scheduled(CHAIN).start(START)
    assert turn.start == ("a", "other")
    schedule = schedule.end("a", failed("a"), after(1)).end("other", published("other"), after(2))
    schedule, turn = schedule.start(after(2))
    assert turn.start == ()
    told = {each.id: (each.state, each.code, each.facts, each.why) for each in schedule.records}
    kept_back = (ObjectState.ABSENT, "kept-back", {"needs": ["a@1.0.0"]}, "not tried: it needs a")
    assert told["b@1.0.0"] == told["c@1.0.0"] == kept_back
    assert told["other@1.0.0"][0] is ObjectState.SAME


def test_a_crate_that_the_registry_postpones_starts_again_when_it_said_and_counts_both_attempts() -> None:
    schedule, _ = scheduled({"a": frozenset()}).start(START)
    schedule = schedule.end("a", Postponed(until=after(90), why="too many"), after(1))
    schedule, turn = schedule.start(after(1))
    assert (turn.start, turn.waiting, turn.until) == ((), ("a",), after(90))
    schedule, turn = schedule.start(after(90))
    assert turn.start == ("a",)
    (record,) = schedule.end("a", published("a"), after(91)).records
    assert record.attempts == 2


def test_a_credential_that_is_not_limited_learns_that_it_is() -> None:
    schedule, _ = scheduled({"a": frozenset()}, rates={}).start(START)
    schedule = schedule.end("a", Postponed(until=after(420), why="too many"), after(1))
    assert schedule.start(after(1))[1].until == after(420)
    refill = CRATES_IO_RATES[UPDATE].refill_seconds
    schedule, turn = schedule.start(after(420))
    assert turn.start == ("a",)
    assert schedule.buckets[UPDATE].earliest(after(420)) == after(420 + refill)


def test_refills_are_counted_from_the_first_answer() -> None:
    schedule, turn = scheduled(dict.fromkeys("abc", frozenset[str]())).start(START)
    assert turn.start == ("a", "b")
    schedule = schedule.end("a", published("a"), after(20)).end("b", published("b"), after(25))
    assert schedule.start(after(30))[1].until == after(20 + SMALL[UPDATE].refill_seconds)


def test_connections_bound_what_is_on_its_way() -> None:
    schedule, turn = scheduled(dict.fromkeys("abc", frozenset[str]()), 1, rates={}).start(START)
    assert turn.start == ("a",)
    assert schedule.start(after(1))[1].start == ()
