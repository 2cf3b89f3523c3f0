"""The buckets of a release survive its process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Rate
from loadmaster.run.pacing import Pacing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SMALL = {Action.NEW: Rate(burst=2, refill_seconds=600)}
ACTIONS = dict.fromkeys("abcd", Action.NEW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pace.json"


def test_a_retry_goes_on_counting_where_the_process_was_killed(file: Path) -> None:
    Pacing(file, SMALL, ACTIONS).started(["a", "b"], NOW)
    following = Pacing(file, SMALL, ACTIONS).next_starts(["c"], NOW)
    assert (following.start, following.until) == ((), NOW + timedelta(minutes=10))


def test_refills_are_counted_from_the_first_answer(file: Path) -> None:
    first = Pacing(file, SMALL, ACTIONS)
    first.started(["a", "b"], NOW)
    first.ended("a", NOW + timedelta(seconds=20))
    first.ended("b", NOW + timedelta(seconds=25))
    following = Pacing(file, SMALL, ACTIONS).next_starts(["c"], NOW + timedelta(seconds=30))
    assert (following.start, following.until) == ((), NOW + timedelta(minutes=10, seconds=20))


def test_what_the_registry_said_is_remembered_too(file: Path) -> None:
    Pacing(file, SMALL, ACTIONS).refused("a", NOW + timedelta(minutes=7))
    assert Pacing(file, SMALL, ACTIONS).next_starts(["b"], NOW).until == NOW + timedelta(minutes=7)


def test_a_credential_that_is_not_limited_learns_that_it_is(file: Path) -> None:
    pacing = Pacing(file, {}, ACTIONS)
    assert pacing.next_starts(["a"], NOW).start == ("a",)
    pacing.refused("a", NOW + timedelta(minutes=7))
    assert pacing.next_starts(["a"], NOW).until == NOW + timedelta(minutes=7)
    later = NOW + timedelta(minutes=7, seconds=CRATES_IO_RATES[Action.NEW].refill_seconds)
    assert pacing.next_starts(["a"], later).start == ("a",)


def test_a_crate_that_is_out_already_costs_nothing(file: Path) -> None:
    pacing = Pacing(file, SMALL, {"a": Action.NEW})
    pacing.started(["out already", "a"], NOW)
    assert pacing.next_starts(["out already", "a"], NOW).start == ("out already", "a")


def test_a_file_that_was_cut_short_is_counted_anew(file: Path) -> None:
    file.write_bytes(b'{"new": {')
    assert Pacing(file, SMALL, ACTIONS).next_starts(["a", "b"], NOW).start == ("a", "b")
