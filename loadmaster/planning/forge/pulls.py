"""A forge's answers about pull requests and the checks of a commit. Shapes and spellings are GitHub's."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.forge.answered import Answered

PASSED = frozenset({"success", "neutral", "skipped"})
"""The conclusions with which a required check lets a commit pass."""


class BranchEnd(Answered):
    ref: str
    sha: str


class PullRequest(Answered):
    number: int
    state: str
    """`open` or `closed`; a merged one is closed."""
    title: str
    head: BranchEnd
    base: BranchEnd
    merged: bool = False
    """Only known if the pull request was asked for itself; lists leave it out, and have `merged_at`."""
    merged_at: str | None = None
    merge_commit_sha: str | None = None
    """The commit that merging made; of an open one that of a trial, which nobody will see."""
    mergeable: bool | None = None
    """None while the forge finds it out."""
    mergeable_state: str = "unknown"
    """`clean`, `unstable` (a check that is not required failed), `blocked`, `behind`, `dirty` (a conflict), `draft`, `unknown`."""
    url: str = Field(validation_alias="html_url")

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    @property
    def is_merged(self) -> bool:
        return self.merged or self.merged_at is not None


class CheckRun(Answered):
    name: str
    status: str
    conclusion: str | None = None
    url: str | None = Field(default=None, validation_alias="html_url")


class CommitStatus(Answered):
    context: str
    state: str
    """`pending`, `success`, `failure` or `error`."""
    target_url: str | None = None
