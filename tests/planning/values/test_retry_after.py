"""What a server names for the next request, however absurd."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadmaster.planning.values.retry_after import FARTHEST, instant_named, instant_of_epoch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

NAMED = (
    ("seconds", "120", NOW + timedelta(seconds=120)),
    ("seconds with blanks around them", " 120 ", NOW + timedelta(seconds=120)),
    ("no seconds", "0", NOW),
    ("negative seconds", "-5", NOW - timedelta(seconds=5)),
    ("a million years", "99999999999999", FARTHEST),
    ("more digits than Python reads as a number", "9" * 5000, FARTHEST),
    ("as many below zero", "-" + "9" * 5000, NOW),
    ("a date", "Sat, 25 Jul 2026 12:35:41 GMT", datetime(2026, 7, 25, 12, 35, 42, tzinfo=UTC)),
    ("a date of another zone", "Sat, 25 Jul 2026 14:35:41 +0200", datetime(2026, 7, 25, 12, 35, 42, tzinfo=UTC)),
    ("a date without a zone", "Sat, 25 Jul 2026 12:35:41 -0000", datetime(2026, 7, 25, 12, 35, 42, tzinfo=UTC)),
    ("a date in the past", "Fri, 31 Dec 1999 23:59:58 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("the last second of the calendar", "Fri, 31 Dec 9999 23:59:59 GMT", FARTHEST),
    ("a day that is none", "Sat, 99 Jul 2026 12:35:41 GMT", None),
    ("a fraction", "1.5", None),
    ("digits of another script", "١٢", None),
    ("a word", "soon", None),
    ("nothing", "", None),
)


@pytest.mark.parametrize(("header", "instant"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_the_instant_is_read(header: str, instant: datetime | None) -> None:
    assert instant_named(header, NOW) == instant


@pytest.mark.parametrize(
    ("header", "instant"),
    [
        ("1790856000", datetime(2026, 10, 1, 12, tzinfo=UTC)),
        ("99999999999999", FARTHEST),
        ("-99999999999999", datetime(1970, 1, 1, tzinfo=UTC)),
        ("tomorrow", None),
    ],
    ids=["seconds since the epoch", "beyond the calendar", "before it", "a word"],
)
def test_github_s_epoch_is_read(header: str, instant: datetime | None) -> None:
    assert instant_of_epoch(header) == instant


HEADERS = st.text() | st.integers().map(str) | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d\d?:\d\d?:\d\d? [+-]?\w+")


@given(HEADERS)
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Sat, 25 Jul 2026 12:35:41 +99999999999999")
def test_no_header_is_too_absurd_to_be_read(header: str) -> None:
    for instant in (instant_named(header, NOW), instant_of_epoch(header)):
        assert instant is None or instant.tzinfo is UTC
