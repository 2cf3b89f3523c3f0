from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from loadmaster.rehearsal.registry import Limits, Registry
from loadmaster.run.clock import Clock, utc_now
from loadmaster.run.world_clock import WorldClock, http_date
from tests.kit.packing import upload
from tests.kit.registry_world import served


def test_it_is_what_waits_follow() -> None:
    clock: Clock = WorldClock(utc_now())
    assert abs(clock.now() - utc_now()) < timedelta(seconds=5)


def test_a_fast_clock_shows_more_time_than_has_passed_and_makes_waits_shorter() -> None:
    begun = utc_now() - timedelta(seconds=10)
    clock = WorldClock(begun, speed=3600)
    assert clock.now() - begun >= timedelta(hours=10)
    in_an_hour = clock.now() + timedelta(hours=1)
    assert 0.5 < clock.seconds_until(in_an_hour) <= 1
    assert clock.seconds_until(begun) == 0


def test_two_processes_that_begin_at_one_instant_show_one_time() -> None:
    begun = utc_now() - timedelta(seconds=10)
    first, second = WorldClock(begun, 60), WorldClock(begun, 60)
    assert first.now() <= second.now() <= first.now()


def test_a_date_as_http_spells_it() -> None:
    assert http_date(datetime(2026, 7, 25, 12, 35, 41, 999, UTC)) == "Sat, 25 Jul 2026 12:35:41 GMT"


def test_an_hour_of_rate_limits_passes_in_seconds(tmp_path: Path) -> None:
    """Seven new crates, of which one may go at once and the others every ten minutes."""
    clock = WorldClock(utc_now(), speed=3600)
    begun = clock.now()
    registry = Registry(tmp_path, limits=Limits(new_burst=1), clock=clock.now, sleep=clock.sleep)
    with served(registry) as world:
        for number in range(7):
            while (answer := world.put(upload(f"crate-{number}"))).status_code == 429:
                # A date has whole seconds: the instant itself is up to one later.
                again = parsedate_to_datetime(answer.headers["Retry-After"]) + timedelta(seconds=1)
                time.sleep(clock.seconds_until(again))
            assert answer.status_code == 200
        assert [each.status for each in registry.uploads()].count(429) <= 6, "one refusal each, then it was time"
    assert clock.now() - begun >= timedelta(hours=1) - timedelta(seconds=7)
