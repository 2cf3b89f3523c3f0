"""When each crate can be published, and when all of them are visible: the schedule on a virtual clock."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta

from loadmaster.planning.schedule import Schedule
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Costs(Value):
    """How long an upload is expected to take."""

    upload_seconds: float = 1.0
    visible_seconds: float = 5.0


class Forecast(Value):
    """When each crate can be published, in seconds after the first upload, and when all of them are visible."""

    starts: tuple[tuple[str, float], ...]
    """Crate and start, sorted by start."""
    seconds: float
    waits: int
    """How many crates have to wait for a bucket."""


def forecast(schedule: Schedule, costs: Costs, *, visible: bool, start: datetime = _EPOCH) -> Forecast:
    """The forecast if every upload succeeds after the expected time.

    `visible`: a crate waits until the crates that it needs are visible, not only accepted. `start` is the instant at which
    the schedule's buckets were counted.
    """
    duration = timedelta(seconds=costs.upload_seconds + (costs.visible_seconds if visible else 0.0))
    starts: dict[str, float] = {}
    limited: set[str] = set()
    on_their_way: list[tuple[datetime, str]] = []
    now = start
    while True:
        schedule, turn = schedule.start(now)
        limited.update(turn.waiting)
        for name in turn.start:
            starts[name] = (now - start).total_seconds()
            heapq.heappush(on_their_way, (now + duration, name))
        if on_their_way and (turn.until is None or on_their_way[0][0] <= turn.until):
            now, name = heapq.heappop(on_their_way)
            schedule = schedule.end(name, _success(schedule.ids[name]), now)
        elif turn.until is not None:
            now = turn.until
        else:
            break
    end = (now - start).total_seconds() + (0.0 if visible else costs.visible_seconds)
    in_time = tuple(sorted(starts.items(), key=lambda item: (item[1], -schedule.paths[item[0]], item[0])))
    return Forecast(starts=in_time, seconds=end, waits=len(limited))


def _success(crate: str) -> ObjectRecord:
    return ObjectRecord(kind="crate", id=crate, state=ObjectState.SAME, attempts=1)
