"""Entries that were made from commits, as a changelog writes its own: with its groups or without, with its marks and words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadmaster.planning.edits.changelog_titles import Title, titles

_ITEM = re.compile(r"^ {0,3}(?P<mark>[-*+]) +\S", re.MULTILINE)
_GROUP = re.compile(r"### (?P<name>\w+)")
_WORDS = {
    "Added": re.compile(r"\b(?:add|feature|enhancement|new\b)", re.IGNORECASE),
    "Changed": re.compile(r"\bchang", re.IGNORECASE),
    "Fixed": re.compile(r"\b(?:bug|fix)", re.IGNORECASE),
    "Removed": re.compile(r"\bremov", re.IGNORECASE),
}
"""How other changelogs begin the words for the groups of Keep a Changelog."""
_OTHER_GROUP = re.compile(r"\bbreak|\bunstable\b|\binternal\b", re.IGNORECASE)


def entries_like(sample: str, entries: str) -> str:
    """`entries`, in groups of Keep a Changelog as git-cliff makes them, in the form of `sample`, sections of the changelog.

    If `sample` has no list, they stay as they are; if its lists have no headings, theirs go.
    """
    item = _ITEM.search(sample)
    if item is None:
        return entries
    groups, mark = titles(sample), item["mark"]
    return "\n".join(_lines(entries.splitlines(), groups, mark))


def _lines(lines: list[str], groups: tuple[Title, ...], mark: str) -> Iterator[str]:
    for line in lines:
        if (group := _GROUP.fullmatch(line)) is not None:
            if groups:
                yield _heading(group["name"], groups)
        elif line or groups:
            yield f"{mark}{line[1:]}" if line.startswith("- ") else line


def _heading(name: str, groups: tuple[Title, ...]) -> str:
    """The changelog's own heading for the group; that of Keep a Changelog, at the same level, if it has none."""
    words = _WORDS.get(name)
    own = (each.text for each in groups if words and words.search(each.text) and not _OTHER_GROUP.search(each.text))
    return f"{'#' * groups[0].level} {next(own, name)}"
