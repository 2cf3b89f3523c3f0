"""What commit messages say of a change: Conventional Commits, and git's own words for a commit that is taken back.

A message without such words says that something changed, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from loadmaster.planning.changes.level import Change
from loadmaster.planning.values.value import Value

_HEAD = re.compile(r"(?P<type>[A-Za-z]+)(?:\([^()\n]*\))?(?P<breaks>!)?:[ \t]")
_FOOTER = re.compile(r"^BREAKING[ -]CHANGE(?:: | #)", re.MULTILINE)
_TAKES_BACK = re.compile(r"^This reverts commit (?P<commit>[0-9a-f]{7,40})\b", re.MULTILINE)


class Commit(Value):
    id: str
    message: str
    paths: tuple[str, ...]
    """Every path that it changed, from the repository's top; of a merge, those that no parent has so."""

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0].strip()


def change_in(message: str) -> Change:
    head = _HEAD.match(message)
    if (head and head["breaks"]) or _FOOTER.search(message):
        return Change.BREAKING
    return Change.FEATURE if head and head["type"].lower() in ("feat", "feature") else Change.FIX


def standing(commits: Iterable[Commit]) -> tuple[Commit, ...]:
    """Those of `commits`, the newest first, that no later one of them takes back, and that take none of them back."""
    listed = tuple(commits)
    gone: set[str] = set()
    for commit in listed:
        if commit.id in gone:
            continue
        taken = {
            other.id
            for named in _TAKES_BACK.finditer(commit.message)
            for other in listed
            if other.id.startswith(named["commit"])
        }
        gone |= taken | ({commit.id} if taken else set())
    return tuple(commit for commit in listed if commit.id not in gone)


def touching(commits: Iterable[Commit], paths: Collection[str]) -> tuple[Commit, ...]:
    """Those of `commits` that changed one of the paths."""
    return tuple(commit for commit in commits if any(path in paths for path in commit.paths))
