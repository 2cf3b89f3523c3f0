"""The changelog in the shapes of Keep a Changelog: text in, text out, every other byte kept.

Knows level-2 headings, `## [Unreleased]` and `## [v1.2.3] - 2026-01-31` with or without `v` and brackets. What stands
between them is free text, moved and never read.
"""

from __future__ import annotations

import re
from datetime import date

from loadmaster.errors import ChangelogHeadings
from loadmaster.planning.value import Value

_LINE = re.compile(r"[^\n]*\n?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LEVEL_1_OR_2 = re.compile(r"##?\s")
_UNRELEASED = re.compile(r"##\s+\[?unreleased\b.*", re.IGNORECASE)
_VERSION = re.compile(
    r"##\s+(?P<open>\[?v?)(?P<version>\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)(?P<close>\]?)(?:\([^)]*\))?"
    r"(?:\s+(?P<rest>.*))?"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Heading(Value):
    """The heading of one version."""

    version: str
    """Without `v`."""
    date: str | None
    """`YYYY-MM-DD`; None if there is none."""
    line: int
    """Counted from 1."""


class _Line(Value):
    number: int
    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character, before the line's end."""
    text: str


def headings(text: str) -> tuple[Heading, ...]:
    """The headings of versions, from the top."""
    return tuple(
        Heading(version=match["version"], date=_date(match["rest"] or ""), line=line.number)
        for line in _headings(text)
        if (match := _VERSION.fullmatch(line.text))
    )


def release_heading(text: str, version: str, released: date) -> str:
    """`text` with a dated heading for `version`, in the form of the newest one that is there.

    It goes below `## [Unreleased]`, whose entries become the version's; else above the newest version; else to the end.
    A text that has a heading for `version` stays as it is. Raises `ChangelogHeadings` if it has several.
    """
    lines = [each.line for each in headings(text) if each.version == version]
    if len(lines) > 1:
        raise ChangelogHeadings(version, lines)
    if lines:
        return text
    found = _headings(text)
    newest = next((each for each in found if _VERSION.fullmatch(each.text)), None)
    heading = _heading_like(newest.text if newest else "", version, released)
    newline = "\r\n" if "\r\n" in text else "\n"
    if unreleased := next((each for each in found if _UNRELEASED.fullmatch(each.text)), None):
        return text[: unreleased.end] + 2 * newline + heading + text[unreleased.end :]
    if newest:
        return text[: newest.start] + heading + 2 * newline + text[newest.start :]
    gap = newline if text.endswith("\n") or not text else 2 * newline
    return (text + gap if text else "") + heading + newline


def notes(text: str, version: str) -> str:
    """What stands under the heading of `version`, without blank lines around it.

    Raises `ChangelogHeadings` unless it has exactly one.
    """
    lines = [each.line for each in headings(text) if each.version == version]
    if len(lines) != 1:
        raise ChangelogHeadings(version, lines)
    found = _headings(text)
    index = next(index for index, each in enumerate(found) if each.number == lines[0])
    end = found[index + 1].start if index + 1 < len(found) else len(text)
    return text[found[index].end : end].strip()


def _headings(text: str) -> tuple[_Line, ...]:
    """Lines that are headings of level 1 or 2; what looks like one within a fenced code block is none."""
    found: list[_Line] = []
    fence = ""
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line = match[0].rstrip()
        mark = _FENCE.match(line)
        if fence:
            if mark and line.strip() == fence[0] * len(line.strip()) and len(mark[1]) >= len(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        elif _LEVEL_1_OR_2.match(line):
            found.append(_Line(number=number, start=match.start(), end=match.start() + len(line), text=line))
    return tuple(found)


def _heading_like(other: str, version: str, released: date) -> str:
    match = _VERSION.fullmatch(other)
    if match is None:
        return f"## [{version}] - {released}"
    in_parentheses = (match["rest"] or "").startswith("(")
    dated = f"({released})" if in_parentheses else f"- {released}"
    return f"## {match['open']}{version}{match['close']} {dated}"


def _date(rest: str) -> str | None:
    match = _DATE.search(rest)
    return match[0] if match else None
