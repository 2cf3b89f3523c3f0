"""The regular expressions of a profile: compiled, and found in a text. What they are there for is not known here.

`^` and `$` are the line's, whichever way the lines end. A pattern that goes on and on is given up: the one place in planning
where time matters, and only between an answer and none.
"""

from __future__ import annotations

from typing import NamedTuple

import regex

from loadmaster.errors.edits import PatternTooSlow

_PATIENCE = 5.0
"""Seconds."""


class Found(NamedTuple):
    """What a pattern's group holds."""

    start: int
    """Offset in the text."""
    end: int
    line: int
    """Of the whole match's beginning, counted from 1."""
    text: str


def groups_of(pattern: str) -> int:
    """How many groups it has. Raises ValueError, in words for a profile's author."""
    try:
        return int(regex.compile(pattern, regex.MULTILINE).groups)
    except regex.error as error:
        raise ValueError(f"it is no regular expression: {error}") from error


def find_all(pattern: str, group: int | str, text: str, path: str) -> tuple[Found, ...]:
    """Every match in `text`, in order, by what the group holds; a match whose group holds nothing is none.

    `path` is for messages. Raises `PatternTooSlow`.
    """
    plain = text.replace("\r\n", "\n")
    returns = _returns_before(text)
    try:
        matches = list(regex.finditer(pattern, plain, regex.MULTILINE, timeout=_PATIENCE))
    except TimeoutError as error:
        raise PatternTooSlow(path, pattern, _PATIENCE) from error
    return tuple(
        Found(
            start=match.start(group) + returns[plain.count("\n", 0, match.start(group))],
            end=match.end(group) + returns[plain.count("\n", 0, match.end(group))],
            line=plain.count("\n", 0, match.start()) + 1,
            text=match[group],
        )
        for match in matches
        if match[group] is not None
    )


def _returns_before(text: str) -> list[int]:
    """By line, how many line ends before it have a carriage return."""
    counts = [0]
    for line in text.split("\n"):
        counts.append(counts[-1] + line.endswith("\r"))
    return counts
