"""A forge's answers about workflow runs and their jobs. Shapes and spellings are GitHub's."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.forge.answered import Answered

COMPLETED = "completed"
FAILED = frozenset({"failure", "timed_out", "startup_failure"})
"""Conclusions of what came to a bad end by itself."""


class WorkflowRun(Answered):
    id: int
    name: str | None
    path: str
    """The path of the workflow's file; Gitea has `FILE@REF`, and GitHub adds `@REF` for a reusable one."""
    head_branch: str | None
    """The tag's name, for a run that a tag's push started."""
    head_sha: str
    event: str
    status: str | None
    """`queued`, `pending`, `requested`, `waiting` (for an environment's approval), `in_progress`, `completed`."""
    conclusion: str | None
    run_attempt: int = 1
    """1, and one more for each re-run."""
    created_at: str | None = None
    url: str = Field(validation_alias="html_url")

    @property
    def file(self) -> str:
        """The file's name."""
        return self.path.partition("@")[0].rpartition("/")[2]

    @property
    def is_over(self) -> bool:
        return self.status == COMPLETED


class JobStep(Answered):
    name: str
    number: int
    status: str
    conclusion: str | None = None


class WorkflowJob(Answered):
    id: int
    name: str
    """As the forge shows it: with the values of its matrix, and with the caller's name before that of a called workflow's job."""
    status: str
    conclusion: str | None
    url: str | None = Field(default=None, validation_alias="html_url")
    run_attempt: int = 1
    started_at: str | None = None
    completed_at: str | None = None
    steps: tuple[JobStep, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.status == COMPLETED

    @property
    def failed(self) -> bool:
        return self.conclusion in FAILED

    @property
    def step(self) -> str | None:
        """The step at which it is, or at which it failed; None if no step began."""
        for step in self.steps:
            if step.conclusion in FAILED or step.status == "in_progress":
                return step.name
        return None


class Reviewer(Answered):
    login: str | None = None
    """Of a user."""
    slug: str | None = None
    """Of a team."""


class ReviewerOfEnvironment(Answered):
    type: str
    """`User` or `Team`."""
    reviewer: Reviewer


class NamedEnvironment(Answered):
    id: int
    name: str


class PendingDeployment(Answered):
    """An environment that waits before its jobs may begin."""

    environment: NamedEnvironment
    wait_timer: int = 0
    """Minutes that it waits whoever approves."""
    current_user_can_approve: bool = False
    reviewers: tuple[ReviewerOfEnvironment, ...] = ()

    @property
    def who(self) -> tuple[str, ...]:
        """Logins of users, and slugs of teams, of whom one is to approve."""
        return tuple(name for each in self.reviewers if (name := each.reviewer.login or each.reviewer.slug))
