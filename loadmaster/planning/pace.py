"""Who goes next, and when: the one decision that the forecast simulates and the publisher carries out.

Ready crates in their order of importance, each against the bucket of its action. A crate whose bucket is empty does not
hold up one whose bucket is not.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from loadmaster.planning.order import Edges, ready, remaining_path
from loadmaster.planning.values.rates import Action, Bucket, Rate
from loadmaster.planning.values.value import Value

Buckets = Mapping[Action, Bucket]
"""The buckets that count; () of them for a credential that is not limited."""


class Next(Value):
    """What may start now, most important first; and, where something must wait, until when and who."""

    start: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    until: datetime | None = None
    """The first instant at which one of `waiting` may start."""


def next_starts(ready: Sequence[str], actions: Mapping[str, Action], buckets: Buckets, now: datetime) -> Next:
    """Splits `ready` (most important first) into those that may start at `now` and those that must wait.

    A crate without an action costs nothing: it is out already and will only be compared.
    """
    start, waiting, until = [], [], None
    spent = dict(buckets)
    for name in ready:
        action = actions.get(name)
        bucket = None if action is None else spent.get(action)
        if action is None or bucket is None:
            start.append(name)
        elif (earliest := bucket.earliest(now)) <= now:
            start.append(name)
            spent[action] = bucket.taken(now)
        else:
            waiting.append(name)
            until = earliest if until is None else min(until, earliest)
    return Next(start=tuple(start), waiting=tuple(waiting), until=until)


def spend(buckets: Buckets, action: Action, now: datetime) -> Buckets:
    """The buckets after one upload."""
    bucket = buckets.get(action)
    return buckets if bucket is None else {**buckets, action: bucket.taken(now)}


def answered(buckets: Buckets, action: Action, now: datetime) -> Buckets:
    """The buckets after an upload has ended."""
    bucket = buckets.get(action)
    return buckets if bucket is None else {**buckets, action: bucket.answered(now)}


def correct(buckets: Buckets, action: Action, rate: Rate, until: datetime) -> Buckets:
    """The buckets after a 429 that names an instant. One appears where none was expected."""
    return {**buckets, action: buckets.get(action, Bucket.full(rate)).corrected(until)}


class Costs(Value):
    """What an upload is expected to take."""

    upload_seconds: float = 1.0
    visible_seconds: float = 5.0
    connections: int = 8


class Forecast(Value):
    """When each crate can go out, in seconds after the first upload, and when all of them are to be seen."""

    starts: tuple[tuple[str, float], ...]
    """By instant."""
    seconds: float
    waits: int
    """How many crates have to wait for a bucket."""


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def forecast(graph: Edges, actions: Mapping[str, Action], buckets: Buckets, costs: Costs, *, visible: bool) -> Forecast:
    """Simulates the publisher. `visible`: a crate waits until what it needs is visible, not only accepted."""
    lengths = remaining_path(graph)
    starts: dict[str, float] = {}
    limited: set[str] = set()
    done: set[str] = set()
    running: list[tuple[datetime, str]] = []
    now = _EPOCH
    each = timedelta(seconds=costs.upload_seconds + (costs.visible_seconds if visible else 0.0))
    while len(done) < len(graph):
        free = costs.connections - len(running)
        following = next_starts(ready(graph, lengths, done, starts), actions, buckets, now)
        limited.update(following.waiting)
        for name in following.start[:free]:
            starts[name] = (now - _EPOCH).total_seconds()
            buckets = spend(buckets, actions[name], now)
            heapq.heappush(running, (now + each, name))
        if running and (following.until is None or running[0][0] <= following.until):
            now, name = heapq.heappop(running)
            buckets = answered(buckets, actions[name], now)
            done.add(name)
        elif following.until is not None:
            now = following.until
    end = (now - _EPOCH).total_seconds() + (0.0 if visible else costs.visible_seconds)
    in_time = tuple(sorted(starts.items(), key=lambda item: (item[1], -lengths[item[0]], item[0])))
    return Forecast(starts=in_time, seconds=end, waits=len(limited))
