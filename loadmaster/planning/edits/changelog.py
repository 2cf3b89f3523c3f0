"""A changelog in the format of Keep a Changelog or a relative: text in, text out. Every other byte stays.

Knows headings of versions such as `## [v1.2.3] - 2026-01-31`, with or without `v`, brackets, parentheses and a written-out
month, of level 1 to 3 or underlined, and `## [Unreleased]`. The text between headings is free; it is moved and never
interpreted. `changelog_links` handles the links at the bottom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from loadmaster.errors.edits import ChangelogHeadings
from loadmaster.planning.edits.changelog_links import add_link, next_address
from loadmaster.planning.values.value import Value

_LINE = re.compile(r"[^\n]*\n?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r"\ufeff?(?P<marks>#{1,3})\s+(?P<text>.*)")
_UNDERLINE = re.compile(r"(=|-)\1+")
_UNRELEASED = re.compile(r"\[?(?:unreleased|vnext)\b.*", re.IGNORECASE)
_VERSION = re.compile(
    r"(?P<open>(?:(?:\w+\s+)?(?:version|release)\s+)?\[?v?)(?P<version>\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)(?P<close>\]?)"
    r"(?:\((?P<link>[^)]*)\))?(?:\s+(?P<rest>.*))?",
    re.IGNORECASE,
)
_ISO = r"\d{4}-\d{2}-\d{2}"
_WRITTEN = r"[A-Z][a-z]+ \d{1,2}(?:st|nd|rd|th)?, \d{4}"
_PARTS = re.compile(r"([A-Z][a-z]+) (\d{1,2})(?:st|nd|rd|th)?, (\d{4})")
_DATE = re.compile(rf"(?P<lead>[^\w]*)(?P<date>{_ISO}|{_WRITTEN})(?P<tail>[)\]]?)")
_NO_DATE_YET = re.compile(r"[^\w]*(?:TBD|TBA|unreleased|releasedate|\d{4}-\w\w-\w\w|YYYY-MM-DD)?[^\w]*", re.IGNORECASE)
_NOTHING = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,}|[_*(]*(?:no|nothing|none)\b[^\n]{0,60})?\s*", re.IGNORECASE)
_RELEASES = re.compile(r"https?://[^\s)]+/releases\b")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Heading(Value):
    """The heading of one version."""

    version: str
    """The version without `v`."""
    date: str | None
    """`YYYY-MM-DD`, also if the heading writes the month out; None if it has no date."""
    line: int
    """The line of the heading, counted from 1."""


class _Title(NamedTuple):
    """A heading of any kind."""

    number: int
    """The number of its line, counted from 1."""
    start: int
    """Offset of its first character."""
    end: int
    """Offset after its last character, before the line's end. An underline belongs to the heading."""
    level: int
    text: str
    underline: str
    """`=` or `-`; empty for a heading with `#`."""

    @property
    def version(self) -> re.Match[str] | None:
        return _VERSION.fullmatch(self.text)

    @property
    def is_unreleased(self) -> bool:
        return _UNRELEASED.fullmatch(self.text) is not None


def headings(text: str) -> tuple[Heading, ...]:
    """The headings of versions, from the top."""
    return tuple(
        Heading(version=match["version"], date=_iso_date(match["rest"] or ""), line=title.number)
        for title in _titles(text)
        if (match := title.version)
    )


def release_heading(text: str, version: str, released: date) -> str:
    """`text` with a dated heading for `version`, in the form of the newest heading.

    It goes below `## [Unreleased]`, whose entries become the version's, else above the newest version, else to the end.
    If `text` has a heading for `version`, that one stays, and gets the date if it has none yet. If the file has a link for
    each version, it gets one for `version`.

    Raises `ChangelogHeadings` if there are several headings for `version`, or for the newest version.
    """
    _require_one_newest(text, version)
    titles = _titles(text)
    existing = next((title for title in titles if title.version and title.version["version"] == version), None)
    if existing is not None:
        return _fill_in_date(text, existing, released)
    unreleased = next((title for title in titles if title.is_unreleased), None)
    versions = [title for title in titles if title.version]
    newest = next((title for title in versions if unreleased is None or title.start > unreleased.start), None)
    newline = "\r\n" if "\r\n" in text else "\n"
    heading = _heading_like(newest, version, None if leaves_out_days(text, version) else released, newline)
    former = newest.version if newest else None
    return add_link(_insert(text, heading, titles, newline), version, former["version"] if former else None)


def _require_one_newest(text: str, version: str) -> None:
    """Older versions may have several headings: they are history, and public changelogs have such."""
    existing = headings(text)
    for unique in (version, *(heading.version for heading in existing[:1])):
        lines = [heading.line for heading in existing if heading.version == unique]
        if len(lines) > 1:
            raise ChangelogHeadings(unique, lines)


def leaves_out_days(text: str, version: str) -> bool:
    """Whether the headings of the two newest other versions have no date, and no place for one."""
    matches = [match for title in _titles(text) if (match := title.version) and match["version"] != version][:2]
    return len(matches) == 2 and all(not match["rest"] for match in matches)


def has_unreleased(text: str) -> bool:
    """Whether there is a section for the next version's entries above all versions."""
    first = next((title for title in _titles(text) if title.version or title.is_unreleased), None)
    return first is not None and first.is_unreleased


def leaves_it_to_releases(text: str) -> bool:
    """Whether the text has a link to the forge's releases, but no heading of a version and no Unreleased."""
    known = any(title.version or title.is_unreleased for title in _titles(text))
    return not known and _RELEASES.search(text) is not None


def waits_for_entries(text: str) -> bool:
    """Whether Unreleased is empty, or there is no such heading."""
    titles = _titles(text)
    unreleased = next((title for title in titles if title.is_unreleased), None)
    if unreleased is None:
        return True
    end = next((title.start for title in titles if title.start > unreleased.start), len(text))
    return _NOTHING.fullmatch(text[unreleased.end : end]) is not None


def notes(text: str, version: str) -> str:
    """The text under the heading of `version`, without blank lines around it.

    Raises `ChangelogHeadings` unless it has exactly one.
    """
    start, end = _section(text, version)
    return text[start:end].strip()


def add_notes(text: str, version: str, entries: str) -> str:
    """`text` with `entries` as the notes of `version`. If `version` has notes already, `text` does not change.

    Raises `ChangelogHeadings` unless it has exactly one heading.
    """
    start, end = _section(text, version)
    if text[start:end].strip() or not entries.strip():
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = newline.join(entries.strip().splitlines())
    return text[:start] + 2 * newline + lines + (2 * newline if end < len(text) else newline) + text[end:]


def _section(text: str, version: str) -> tuple[int, int]:
    """Offsets of the text under the heading of `version`, up to the next heading that is not below it."""
    titles = _titles(text)
    own = [title for title in titles if title.version and title.version["version"] == version]
    if len(own) != 1:
        raise ChangelogHeadings(version, [title.number for title in own])
    following = [title.start for title in titles if title.start > own[0].start]
    return own[0].end, min(following, default=len(text))


def _insert(text: str, heading: str, titles: tuple[_Title, ...], newline: str) -> str:
    unreleased = next((title for title in titles if title.is_unreleased), None)
    newest = next((title for title in titles if title.version), None)
    if unreleased is None:
        place = newest.start if newest else len(text)
    else:
        place = next((title.start for title in titles if title.start > unreleased.start), len(text))
        if place == len(text) or not _NOTHING.fullmatch(text[unreleased.end : place]):
            return text[: unreleased.end] + 2 * newline + heading + text[unreleased.end :]
    if place < len(text):
        return text[:place] + heading + 2 * newline + text[place:]
    gap = newline if text.endswith("\n") else 2 * newline
    return (text + gap if text else "") + heading + newline


def _titles(text: str) -> tuple[_Title, ...]:
    """The headings of the versions' own level and above it, from the top."""
    all_titles = tuple(_all_titles(text))
    level = min((title.level for title in all_titles if title.version or title.is_unreleased), default=2)
    return tuple(title for title in all_titles if title.level <= level)


def _all_titles(text: str) -> Iterator[_Title]:
    """Every heading outside of fenced code blocks. Underlined headings count only if they name a version or Unreleased."""
    fence = ""
    before: tuple[int, str] | None = None
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line, start = match[0].rstrip(), match.start()
        end, mark = start + len(line), _FENCE.match(line)
        if fence:
            if mark and line.strip() == fence[0] * len(line.strip()) and len(mark[1]) >= len(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        elif title := _ATX.fullmatch(line):
            yield _Title(number, start, end, len(title["marks"]), title["text"], "")
        elif (
            before
            and _UNDERLINE.fullmatch(line)
            and (_VERSION.fullmatch(before[1]) or _UNRELEASED.fullmatch(before[1]))
        ):
            yield _Title(number - 1, before[0], end, 1 if line[0] == "=" else 2, before[1], line[0])
        before = None if fence or not line else (start, line)


def _heading_like(other: _Title | None, version: str, day: date | None, newline: str) -> str:
    match = other.version if other else None
    if other is None or match is None:
        return f"## [{version}] - {day}"
    link = next_address(match["link"] or "", match["version"], version)
    text = (
        f"{match['open']}{version}{match['close']}{f'({link})' if link else ''}{_date_part(match['rest'] or '', day)}"
    )
    return f"{text}{newline}{other.underline * len(text)}" if other.underline else f"{'#' * other.level} {text}"


def _date_part(rest: str, day: date | None) -> str:
    """The part of a heading after its version: `day`, in the form of the date in `rest`."""
    if day is None:
        return ""
    other = _DATE.match(rest)
    return f" {other['lead']}{_spell_date(day, other['date'])}{other['tail']}" if other else f" - {day}"


def _fill_in_date(text: str, title: _Title, released: date) -> str:
    """`text` with the date in a heading that has none yet."""
    match = title.version
    if match is None or not _NO_DATE_YET.fullmatch(match["rest"] or ""):
        return text
    if _DATE.search(match["rest"] or "") or (not match["rest"] and leaves_out_days(text, match["version"])):
        return text
    end = title.start + text[title.start : title.end].index(title.text) + len(title.text) - len(match["rest"] or "")
    rest = text[end : end + len(match["rest"] or "")]
    dated = f"({released})" if rest.startswith("(") else f"- {released}"
    return text[:end].rstrip(" ") + f" {dated}" + text[end + len(rest) :]


def _spell_date(day: date, other: str) -> str:
    """`day` in the form of the date `other`."""
    if re.fullmatch(_ISO, other):
        return str(day)
    ending = "th" if day.day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    ending = "" if re.search(r"\d,", other) else ending
    return f"{_MONTHS[day.month - 1]} {day.day}{ending}, {day.year}"


def _iso_date(rest: str) -> str | None:
    if match := re.search(_ISO, rest):
        return match[0]
    written = _PARTS.search(rest)
    if written is None or written[1] not in _MONTHS:
        return None
    return f"{written[3]}-{_MONTHS.index(written[1]) + 1:02}-{int(written[2]):02}"
