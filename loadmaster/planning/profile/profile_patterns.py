"""The regular expressions of a profile: this module compiles them and finds their matches. It does not know their purpose.

`^` and `$` match at line ends, whatever the line ends are. A pattern that takes too long is abandoned. This is the one place
in planning where time matters: it decides whether there is an answer, never which.
"""

from __future__ import annotations

from typing import NamedTuple

import regex

from loadmaster.errors.edits import PatternTooSlow

_PATIENCE = 5.0
"""Seconds."""


class PatternMatch(NamedTuple):
    """What one match of a pattern holds in its group."""

    start: int
    """Offset in the text."""
    end: int
    line: int
    """The line where the whole match begins, counted from 1."""
    text: str


def groups_of(pattern: str) -> int:
    """How many groups the pattern has. Raises ValueError with a message for the profile's author."""
    try:
        return int(regex.compile(pattern, regex.MULTILINE).groups)
    except regex.error as error:
        raise ValueError(f"it is not a regular expression: {error}") from error


def find_all(pattern: str, group: int | str, text: str, path: str) -> tuple[PatternMatch, ...]:
    """What the group holds in every match in `text`, in order. A match whose group did not take part is left out.

    `path` is for messages. Raises `PatternTooSlow`.
    """
    plain = text.replace("\r\n", "\n")
    returns = _returns_before(text)
    try:
        matches = list(regex.finditer(pattern, plain, regex.MULTILINE, timeout=_PATIENCE))
    except TimeoutError as error:
        raise PatternTooSlow(path, pattern, _PATIENCE) from error
    return tuple(
        PatternMatch(
            start=match.start(group) + returns[plain.count("\n", 0, match.start(group))],
            end=match.end(group) + returns[plain.count("\n", 0, match.end(group))],
            line=plain.count("\n", 0, match.start()) + 1,
            text=match[group],
        )
        for match in matches
        if match[group] is not None
    )


def _returns_before(text: str) -> list[int]:
    """For each line, how many line ends before it have a carriage return."""
    counts = [0]
    for line in text.split("\n"):
        counts.append(counts[-1] + line.endswith("\r"))
    return counts
