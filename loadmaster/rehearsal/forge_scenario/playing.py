"""How workflows run: jobs, environments that wait for a person, and other runs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loadmaster.planning.values.value import Value

JobConclusion = Literal["success", "failure", "cancelled", "timed_out"]


class PlayedJob(Value):
    """One job of a workflow, by its id in the file. What is left out is as the profile and the workflow say."""

    name: str
    seconds: float | None = Field(default=None, ge=0)
    """By the world's clock; the profile's, or 1, if left out."""
    conclusion: JobConclusion = "success"
    in_attempts: tuple[int, ...] = ()
    """The attempts of the run, from 1, that `conclusion`, `fails_at` and `alters` are about; all if left out."""
    fails_at: int | None = Field(default=None, ge=1)
    """Of a job that publishes: the number of the crate, from 1, before which it fails."""
    order: tuple[str, ...] = ()
    """Of a job that publishes: the crates in the order of its script; by their dependencies if left out."""
    alters: tuple[str, ...] = ()
    """Of a job that publishes: crates whose bytes it changes first."""
    verify: bool = False
    """Of a job that publishes: whether cargo builds each crate before it uploads it."""
    log: tuple[str, ...] = ()
    """Lines that the job prints. They may hold escapes of a terminal, and what looks like a secret."""
    never_starts: bool = False
    """No runner takes it: it stays `queued`."""


class PlayedEnvironment(Value):
    """An environment that waits for a reviewer."""

    name: str
    reviewers: tuple[str, ...] = ("reviewer",)
    """Logins. Without any, a job does not wait."""
    answer: Literal["approved", "rejected", "never"] = "never"
    """What one of them does, unless somebody asks the forge first."""
    after_seconds: float = Field(default=0.0, ge=0)
    """From the instant that the job waits."""
    may_approve: bool = True
    """Whether the world's own credential belongs to a reviewer."""


class NewerRun(Value):
    """A run of the same workflow for another commit, which appears after the run of a tag."""

    after_seconds: float = Field(default=0.0, ge=0)
    same_branch: bool = False
    """Whether it has the same `head_branch`, as after a tag that was moved."""
