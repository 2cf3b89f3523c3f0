"""How long an outage is waited out: laws, with hypothesis in the place of the server and of chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.patience import (
    FIRST_PAUSE,
    JITTER,
    LATEST,
    LIMITED_FOR,
    LONGEST_PAUSE,
    QUIET,
    SOONEST,
    Outage,
    Patience,
    asked_again,
    pause,
    told_of,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANCE = st.floats(0, 1)
SECONDS = st.floats(0, 86_400)
INSTANTS = st.datetimes(timezones=st.just(UTC))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@st.composite
def tries(draw: st.DrawFn, patience: Patience, lasts: float) -> tuple[list[datetime], bool]:
    """The instants of all tries of one call that begins with an outage of so many seconds, and whether the last one succeeded.

    The calls themselves take some seconds, too.
    """
    made, now = [NOW], NOW
    while now < NOW + seconds(lasts):
        now += seconds(draw(st.floats(0, 5)))
        following = patience.next_try(NOW, len(made), now, draw(CHANCE))
        if following is None:
            return made, False
        assert now <= following.at <= following.until
        now = following.at
        made.append(now)
    return made, True


@given(st.data(), st.floats(0, 1200), st.floats(0, 600))
def test_whoever_is_back_within_the_patience_is_seen_soon(data: st.DataObject, patience: float, part: float) -> None:
    lasts = min(part, patience)
    made, seen = data.draw(tries(Patience(seconds=patience), lasts))
    # One that is back at the very end is seen unless a call that began before took longer than what was left.
    late = made[-1] - (NOW + seconds(lasts))
    assert seen or made[-1] + seconds(5) >= NOW + seconds(patience)
    assert not seen or late <= seconds(LONGEST_PAUSE + 5)


@given(st.data(), st.floats(0, 1200))
def test_an_outage_without_end_is_given_up_when_the_patience_ends(data: st.DataObject, patience: float) -> None:
    made, seen = data.draw(tries(Patience(seconds=patience), 1e9))
    assert not seen
    assert made[-1] <= NOW + seconds(patience)
    assert made[-1] + seconds(5) >= NOW + seconds(patience)


@given(SECONDS, st.integers(1, 10_000), CHANCE, SECONDS)
def test_the_next_try_is_neither_at_once_nor_after_the_patience(
    patience: float, failed: int, chance: float, passed: float
) -> None:
    now, end = NOW + seconds(passed), NOW + seconds(patience)
    following = Patience(seconds=patience).next_try(NOW, failed, now, chance)
    assert (following is None) == (now >= end)
    if following is not None:
        assert following.until == end
        assert following.at == end or FIRST_PAUSE * JITTER <= (following.at - now).total_seconds() <= LONGEST_PAUSE


@given(st.integers(1, 10_000), CHANCE)
def test_pauses_grow_to_the_longest_and_no_further(failed: int, chance: float) -> None:
    assert pause(failed, chance) <= pause(failed + 1, chance) <= LONGEST_PAUSE
    assert pause(failed, 1) <= pause(failed, chance) <= pause(failed, 0)


@given(INSTANTS, INSTANTS.filter(lambda now: now.year < 9999))
def test_an_instant_that_a_server_names_is_obeyed_within_an_hour(named: datetime, now: datetime) -> None:
    again = asked_again(named, now)
    assert now + SOONEST <= again <= now + LATEST
    assert again == named or not now + SOONEST <= named <= now + LATEST


@pytest.mark.parametrize(
    ("named", "waits", "told"),
    [
        (NOW + timedelta(minutes=20), timedelta(minutes=20), ""),
        (NOW + timedelta(days=3), LATEST, "is more than an hour away; it is asked again at 13:00:00 UTC"),
        (datetime(9999, 12, 31, tzinfo=UTC), LATEST, "is more than an hour away; it is asked again at 13:00:00 UTC"),
        (NOW - timedelta(days=3), SOONEST, "lies in the past; it is asked again at 12:00:01 UTC"),
    ],
    ids=["beyond the patience", "in days", "at the end of the calendar", "in the past"],
)
def test_a_named_instant_is_waited_for_whatever_the_patience(named: datetime, waits: timedelta, told: str) -> None:
    following = Patience(seconds=1).next_try(NOW, 1, NOW, 0.5, named)
    assert following is not None
    assert (following.at - NOW, following.until - NOW) == (waits, waits)
    assert told in told_of(named, following.at)
    assert bool(told) == bool(told_of(named, following.at))


def test_a_server_that_names_instants_for_a_day_is_given_up() -> None:
    named = NOW + LIMITED_FOR + timedelta(minutes=1)
    patience = Patience(seconds=600)
    assert patience.next_try(NOW, 99, NOW + LIMITED_FOR - SOONEST, 0.5, named) is not None
    assert patience.next_try(NOW, 99, NOW + LIMITED_FOR, 0.5, named) is None


@given(st.lists(st.floats(0, 400), min_size=1, max_size=20))
def test_an_outage_is_one_until_nothing_was_seen_of_it_for_a_while(gaps: list[float]) -> None:
    now, outage, since = NOW, Outage(since=NOW, last=NOW), NOW
    for gap in gaps:
        now += seconds(gap)
        since = now if seconds(gap) > QUIET else since
        outage = outage.met_again(now)
        assert (outage.since, outage.last) == (since, now)
