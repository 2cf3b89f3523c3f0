"""Which pushes start a workflow: GitHub's filter patterns for branches and tags. Values in, a verdict out.

`*` is anything but a slash, `**` is anything, `?` and `+` repeat what comes before them, `[…]` is one of those characters. A
pattern that begins with `!` takes back what one before it took; the last one that fits decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from loadmaster.planning.values.value import Value


class RefFilters(Value):
    """The filters of one event in a workflow's file. None for one that is not there."""

    branches: tuple[str, ...] | None = None
    branches_ignore: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    tags_ignore: tuple[str, ...] | None = None


def lets_in(filters: RefFilters, ref: str) -> bool:
    """Whether a push to that ref, by its full name, starts the workflow.

    Filters of branches alone leave out all tags, and those of tags all branches.
    """
    if ref.startswith("refs/tags/"):
        name, wanted, unwanted = ref.removeprefix("refs/tags/"), filters.tags, filters.tags_ignore
        others = (filters.branches, filters.branches_ignore)
    elif ref.startswith("refs/heads/"):
        name, wanted, unwanted = ref.removeprefix("refs/heads/"), filters.branches, filters.branches_ignore
        others = (filters.tags, filters.tags_ignore)
    else:
        return False
    if wanted is not None:
        return is_among(name, wanted)
    if unwanted is not None:
        return not is_among(name, unwanted)
    return others == (None, None)


def is_among(name: str, patterns: Sequence[str]) -> bool:
    """Whether the last pattern that fits is none that takes back."""
    taken = False
    for pattern in patterns:
        if _compiled(pattern.removeprefix("!")).fullmatch(name):
            taken = not pattern.startswith("!")
    return taken


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Nothing fits a pattern that is broken."""
    text, rest = "", pattern
    while rest:
        piece, rest = _next_piece(rest)
        text += piece
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")


def _next_piece(pattern: str) -> tuple[str, str]:
    """The first piece as a regular expression, and the rest of the pattern."""
    for sign, meaning in (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "?"), ("+", "+")):
        if pattern.startswith(sign):
            return meaning, pattern[len(sign) :]
    if pattern[0] == "\\" and len(pattern) > 1:
        return re.escape(pattern[1]), pattern[2:]
    if pattern[0] == "[" and (end := pattern.find("]", 1)) > 0:
        inner = re.escape(pattern[1:end]).replace(r"\-", "-")
        return f"[{inner}]", pattern[end + 1 :]
    return re.escape(pattern[0]), pattern[1:]
