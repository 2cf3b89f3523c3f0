"""What happens to pull requests: checks, approvals, and other people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loadmaster.planning.values.value import Value

MergeWay = Literal["merge", "squash", "rebase"]
CheckConclusion = Literal[
    "success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"
]  # fmt: skip


class PlayedCheck(Value):
    """A check that somebody's CI reports for the head of every pull request, and for every commit that comes to a branch."""

    name: str
    seconds: float = Field(default=0.0, ge=0)
    """By the world's clock, from the commit's coming to the check's end."""
    conclusion: CheckConclusion | None = "success"
    """None: it never ends."""
    kind: Literal["check", "status"] = "check"
    """A check run of an app, or a commit status."""


class ApprovedAfter(Value):
    """The approvals that a pull request needs."""

    required: int = Field(default=1, ge=1, le=10)
    after_seconds: float | None = Field(default=0.0, ge=0)
    """When people have given them; None: nobody does."""


class Overtaken(Value):
    """A commit of somebody else that lands on the base branch."""

    when: Literal["opened", "merging"] = "opened"
    """At the opening of a pull request, or at the instant that it would be merged."""
    times: int = Field(default=1, ge=1)
    conflicts: bool = False
    """Whether it changes the same lines as the pull request."""


class MergedByPerson(Value):
    """Somebody else merges the pull request, whatever its checks say."""

    method: MergeWay = "merge"
    after_seconds: float = Field(default=0.0, ge=0)
