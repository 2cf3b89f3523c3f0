"""What the entries of a changelog say of the changes: that one is *breaking*, or that something was added.

Knows how people mark that. `planning.edits.changelog` finds the section; here are its lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from loadmaster.planning.changes.level import Change
from loadmaster.planning.values.value import Value

_WORDS = r"breaking(?:[ ](?:api[ ])?changes?)?"
_BREAKING = re.compile(
    rf"^\W*(?:[\w./-]+:\s+)?{_WORDS}\s*[:!()\]*_]"  # **Breaking** …, BREAKING: …, rt: **breaking change** …
    r"|^\W*breaking[ ](?:api[ ])?change|\[breaking-change\]"
    rf"|[\[(*_]\s*{_WORDS}(?![\w-])[^\[\](*_]{{0,40}}[\])*_:]"  # … (breaking), [**breaking**] …
    r"|\b(?:is|are|has|have|contains?|includes?|introduces?|technically)\s+"
    r"(?:(?:an?|some|these|several|two|the|following|also|very|minor|major|technically)\s+){0,3}"
    r"(?:api[ -])?breaking\s+(?:api\s+)?(?:changes?|release)\b",
    re.IGNORECASE,
)
_BREAKING_TITLE = re.compile(r"(?<![\w-])(?<!\bno )(?<!\bnot )breaking\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*\[[^\]]+\]:\s")
"""What a word in brackets leads to, in a line of its own."""
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>.*)")
_BOLD_LINE = re.compile(r" {0,3}(?:\*\*|__)(?P<text>[^*_]+)(?:\*\*|__):?[ \t]*")
_NEW = re.compile(r"\W*(?:added|additions|(?:new[ ])?features?)\b\W*", re.IGNORECASE)
_ENTRY_NEW = re.compile(r"\s*[-*+]\s+(?:\*\*|__)(?:added|feature|new)\s*:?\s*(?:\*\*|__)", re.IGNORECASE)
_NOTHING = re.compile(
    r"\s*(?:[-*+]\s+)?[_*(]*(?:none|nothing|n/a|TODO|TBD|no (?:breaking )?changes?)\b[^\n]{0,60}|\W*", re.IGNORECASE
)


class Entry(Value):
    """A line of a changelog that says what a change means."""

    change: Change
    path: str
    line: int
    """Counted from 1."""
    text: str

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.line}"


def entries_in(path: str, lines: Iterable[tuple[int, str]]) -> tuple[Entry, ...]:
    """`lines` are those of a section, with their numbers. A heading without entries below it says nothing."""
    return tuple(_entries(path, list(lines)))


def _entries(path: str, lines: list[tuple[int, str]]) -> Iterator[Entry]:
    for place, (number, line) in enumerate(lines):
        title = _title(line)
        change = _of_line(line) if title is None else _of_title(title)
        if change is not None and (title is None or _has_entries(lines[place + 1 :])):
            yield Entry(change=change, path=path, line=number, text=line.strip())


def _title(line: str) -> str | None:
    heading = _HEADING.fullmatch(line) or _BOLD_LINE.fullmatch(line)
    return heading["text"].strip() if heading else None


def _of_title(title: str) -> Change | None:
    if _BREAKING_TITLE.search(title):
        return Change.BREAKING
    return Change.FEATURE if _NEW.fullmatch(title) else None


def _of_line(line: str) -> Change | None:
    if _ADDRESS.match(line) is None and _BREAKING.search(line):
        return Change.BREAKING
    return Change.FEATURE if _ENTRY_NEW.match(line) else None


def _has_entries(below: Iterable[tuple[int, str]]) -> bool:
    for _, line in below:
        if _title(line) is not None:
            return False
        if not _NOTHING.fullmatch(line):
            return True
    return False
