"""The days in a changelog: which forms are known, and how a day is written in the form of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = rf"(?:{'|'.join(f'{name}|{name[:3]}' for name in _MONTHS)})\b\.?"
_YEAR, _DAY = r"\d{4}", r"\d{1,2}"


class DayFound(NamedTuple):
    start: int
    end: int
    written: str
    day: date


class _Form(NamedTuple):
    pattern: re.Pattern[str]
    """With the groups `y`, `m` and `d`."""
    spell: Callable[[date, str], str]
    """The day as the other text writes its own."""


def _ordinal(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _month(day: date, other: str) -> str:
    """The month's name, short if the other one is. `May` is both, and counts as long beside a blank."""
    found = re.search(r"[A-Z][a-z]+\.?", other)
    word = found[0] if found else ""
    name = _MONTHS[day.month - 1]
    if word.rstrip(".") not in _MONTHS or (word == "May" and "-" in other):
        return name[:3] + ("." if word.endswith(".") else "")
    return name


def _american(day: date, other: str) -> str:
    ending = _ordinal(day.day) if re.search(r"\d(?:st|nd|rd|th)", other) else ""
    number = f"{day.day:02}" if re.search(r"\b0\d", other) else str(day.day)
    return f"{_month(day, other)} {number}{ending}{',' if ',' in other else ''} {day.year}"


def _british(day: date, other: str) -> str:
    ending = _ordinal(day.day) if re.search(r"\d(?:st|nd|rd|th)", other) else ""
    number = f"{day.day:02}" if re.search(r"\b0\d", other) else str(day.day)
    return f"{number}{ending} {_month(day, other)}{',' if ',' in other else ''} {day.year}"


_FORMS = (
    _Form(
        re.compile(rf"\b(?P<y>{_YEAR})(?P<sign>[-/.])(?P<m>\d\d?)(?P=sign)(?P<d>\d\d?)\b"),
        lambda day, other: day.strftime(f"%Y{other[4]}%m{other[4]}%d"),
    ),
    _Form(
        re.compile(rf"\b(?P<y>{_YEAR})-(?P<m>{_MONTH})-(?P<d>\d\d)\b"),
        lambda day, other: f"{day.year}-{_month(day, other)}-{day.day:02}",
    ),
    _Form(re.compile(rf"\b(?P<m>{_MONTH}) (?P<d>{_DAY})(?:st|nd|rd|th)?,? (?P<y>{_YEAR})\b"), _american),
    _Form(re.compile(rf"\b(?P<d>{_DAY})(?:st|nd|rd|th)? (?P<m>{_MONTH}),? (?P<y>{_YEAR})\b"), _british),
)


def find_day(text: str) -> DayFound | None:
    """The first day in `text`, by its place; None if there is none that a calendar has."""
    found = [day for form in _FORMS for match in form.pattern.finditer(text) if (day := _found(match)) is not None]
    return min(found, default=None)


def _found(match: re.Match[str]) -> DayFound | None:
    month = match["m"]
    names = [name[:3] for name in _MONTHS]
    try:
        number = int(month) if month.isdigit() else names.index(month[:3]) + 1
        return DayFound(match.start(), match.end(), match[0], date(int(match["y"]), number, int(match["d"])))
    except ValueError:
        return None


def spell_day(day: date, other: str) -> str:
    """`day` in the form of `other`, which is a day as it was written."""
    form = next((form for form in _FORMS if form.pattern.fullmatch(other)), None)
    return form.spell(day, other) if form else str(day)
