"""What the forge remembers of runs, jobs and waiting environments. Instants are seconds since 1970, by the world's clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.memory.premises import ACTOR
from loadmaster.rehearsal.forge.memory.shelves import ForgeFile, Numbered, Shelf

RunStatus = Literal["queued", "waiting", "in_progress", "completed"]


class StepRecord(Value):
    number: int
    name: str
    begins: float | None = None
    ends: float | None = None
    conclusion: str | None = None


class RunRecord(Numbered):
    path: str
    """Of the workflow's file."""
    name: str
    title: str
    event: str
    ref: str
    """In full."""
    head_branch: str
    """The branch's or the tag's name."""
    head_sha: str
    number: int
    """Among the runs of its workflow, from 1."""
    attempt: int = 1
    created: float
    started: float
    """Of this attempt."""
    updated: float
    appears: float
    """When it is to be seen first."""
    status: RunStatus = "queued"
    conclusion: str | None = None
    inputs: Mapping[str, str] = Field(default_factory=dict)
    cancelled: bool = False
    actor: str = ACTOR
    pull: int | None = None
    """The number of the pull request that started it."""
    played: bool = False
    """It never had jobs that ran: a scenario put it there."""


class JobRecord(Numbered):
    run: int
    attempt: int
    key: str
    name: str
    status: RunStatus
    conclusion: str | None = None
    created: float
    started: float | None = None
    ends: float | None = None
    """When it is over by itself; None for one that works."""
    completed: float | None = None
    steps: tuple[StepRecord, ...] = ()
    environment: str | None = None
    approved: bool = False
    works: str | None = None
    """What it does besides playing."""
    labels: tuple[str, ...] = ()
    logs_gone: bool = False

    @property
    def is_over(self) -> bool:
        return self.status == "completed"


class ApprovalRecord(Numbered):
    """What a reviewer said to environments that waited in a run."""

    run: int
    environments: tuple[str, ...]
    state: Literal["approved", "rejected"]
    comment: str
    login: str
    at: float


class ActionsMemory:
    def __init__(self, file: ForgeFile) -> None:
        self.file = file
        self.runs = Shelf(file, "runs", RunRecord)
        self.jobs = Shelf(file, "jobs", JobRecord)
        self.approvals = Shelf(file, "approvals", ApprovalRecord)

    def jobs_of(self, run: RunRecord, attempt: int | None = None) -> tuple[JobRecord, ...]:
        """Of one attempt, the latest if none is named, oldest first."""
        wanted = attempt or run.attempt
        return tuple(each for each in reversed(self.jobs.all()) if each.run == run.id and each.attempt == wanted)

    def all_jobs_of(self, run: RunRecord) -> tuple[JobRecord, ...]:
        """Of all attempts, oldest first."""
        return tuple(each for each in reversed(self.jobs.all()) if each.run == run.id)

    def is_disabled(self, path: str) -> bool:
        return self.file.fact(f"disabled:{path}") == "yes"

    def disable(self, path: str, *, disabled: bool) -> None:
        self.file.note(f"disabled:{path}", "yes" if disabled else "no")
