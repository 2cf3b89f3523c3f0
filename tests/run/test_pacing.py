"""The buckets of a release survive its process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadmaster.planning.schedule import Schedule
from loadmaster.planning.values.rates import Action, Bucket, Rate
from loadmaster.run.pacing import KeptBuckets
from tests.kit.small_disk import fill, small_disk

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SMALL = {Action.NEW: Rate(burst=2, refill_seconds=600)}
GRAPH = dict.fromkeys("abcd", frozenset[str]())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pace.json"


def scheduled(file: Path) -> Schedule:
    """As an attempt begins: with what an earlier one wrote down."""
    buckets = KeptBuckets(file).read()
    return Schedule.of(GRAPH, dict(zip(GRAPH, GRAPH, strict=True)), dict.fromkeys(GRAPH, Action.NEW), SMALL, 8, buckets)


def test_a_retry_goes_on_counting_where_the_process_was_killed(file: Path) -> None:
    schedule, turn = scheduled(file).start(NOW)
    assert turn.start == ("a", "b")
    KeptBuckets(file).write(schedule.buckets)
    assert scheduled(file).start(NOW)[1].until == NOW + timedelta(minutes=10)


def test_what_the_registry_said_is_remembered_too(file: Path) -> None:
    bucket = Bucket.full(SMALL[Action.NEW]).correct(NOW + timedelta(minutes=7))
    KeptBuckets(file).write({Action.NEW: bucket})
    assert scheduled(file).start(NOW)[1].until == NOW + timedelta(minutes=7)


def test_what_has_not_changed_is_not_written_again(file: Path) -> None:
    kept = KeptBuckets(file)
    kept.write({Action.NEW: Bucket.full(SMALL[Action.NEW])})
    file.unlink()
    kept.write({Action.NEW: Bucket.full(SMALL[Action.NEW])})
    assert not file.exists()


def test_a_full_disk_stops_no_uploads(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16k") as disk:
        fill(disk)
        kept = KeptBuckets(disk / "pace.json")
        kept.write({Action.NEW: Bucket.full(SMALL[Action.NEW])})
        assert kept.read() is not None
        assert KeptBuckets(disk / "pace.json").read() is None


def test_a_file_that_was_cut_short_is_counted_anew(file: Path) -> None:
    file.write_bytes(b'{"new": {')
    assert scheduled(file).start(NOW)[1].start == ("a", "b")
