"""The headings of a Markdown text, with their places. markdown-it-py reads it, so that a heading in a comment, in a code block, in
a list or in a quotation is none.

Knows Markdown alone, and nothing of versions. Of a text with sections as in reStructuredText it sees those that are underlined
with `=` or `-`, as Markdown has them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt

from loadmaster.errors.edits import ChangelogTooLong

LONGEST, MOST_LINES = 2 * 1024 * 1024, 50_000
"""In characters and lines. The longest public changelogs have a third of either. A second is enough for 8 000 short lines."""
_MARK = "\ufeff"
_END_OF_LINE = re.compile(r"\r\n|\r|\n")


class Title(NamedTuple):
    """A heading of any kind."""

    number: int
    """The number of its first line, counted from 1."""
    start: int
    """Offset of the first character of its line."""
    end: int
    """Offset after its last character, before the line's end. An underline belongs to the heading."""
    level: int
    text: str
    """Its Markdown, without `#` and underline."""
    underline: str
    """`=` or `-`; empty for a heading with `#`."""


@lru_cache(maxsize=16)
def titles(text: str) -> tuple[Title, ...]:
    """Every heading that is not inside of something else, from the top. Raises `ChangelogTooLong`."""
    if len(text) > LONGEST or text.count("\n") > MOST_LINES:
        raise ChangelogTooLong(len(text), text.count("\n"))
    reader = MarkdownIt("commonmark")
    reader.core.ruler.enableOnly(["normalize", "block"])
    return tuple(_titles(reader, text))


def _titles(reader: MarkdownIt, text: str) -> Iterator[Title]:
    lines = list(_lines(text))
    tokens = reader.parse(text.removeprefix(_MARK))
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open" or opening.level > 0 or opening.map is None:
            continue
        first, last = opening.map[0], opening.map[1] - 1
        start, end = lines[first][0], lines[last][1]
        underline = "" if opening.markup.startswith("#") else opening.markup
        yield Title(
            first + 1, start, start + len(text[start:end].rstrip()), int(opening.tag[1:]), inline.content, underline
        )


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of each line, without its end."""
    start = 0
    for match in _END_OF_LINE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)
