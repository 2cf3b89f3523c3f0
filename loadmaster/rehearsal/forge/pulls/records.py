"""What the forge remembers of pull requests."""

from __future__ import annotations

from typing import Literal

from loadmaster.rehearsal.forge.memory.premises import ACTOR
from loadmaster.rehearsal.forge.memory.shelves import ForgeFile, Numbered, Shelf


class PullRecord(Numbered):
    """One pull request. Its id is its number."""

    title: str
    body: str | None
    head: str
    """The branch's name."""
    base: str
    head_sha: str
    """Where the branch was when it was looked at last; for one that is over, when that happened."""
    base_sha: str
    state: Literal["open", "closed"] = "open"
    draft: bool = False
    created: float
    updated: float
    closed: float | None = None
    merged: float | None = None
    merge_sha: str | None = None
    merged_by: str | None = None
    author: str = ACTOR
    judged: str | None = None
    """The two commits, `HEAD BASE`, for which it was worked out whether they can be merged; GitHub does that later."""


class PullMemory:
    def __init__(self, file: ForgeFile) -> None:
        self.pulls = Shelf(file, "pulls", PullRecord)

    def open_ones(self) -> list[PullRecord]:
        return [each for each in self.pulls.all() if each.state == "open"]
