"""How far the workflow run of a release is: which run it is, and what it waits for, does, or ended with.

Decides from answers of the forge. A run is known by its workflow's file, its event, its commit and its tag: the newest one may be
somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from loadmaster.planning.forge.runs import PendingDeployment, WorkflowJob, WorkflowRun
from loadmaster.planning.forge.workflow_file import SKIPS, JobInFile, WorkflowInFile
from loadmaster.planning.values.value import Value

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=8)
"""Between two looks at a run: a release by CI of twenty minutes must not take three hundred requests."""
FIRST_PAUSES = (timedelta(seconds=1), timedelta(seconds=2))
"""After the first looks: a run that is over at once is seen so."""
LIVELY = timedelta(minutes=1)
"""For so long after a change the shortest pause is made."""


class WantedRun(Value):
    """What the run of a release is known by."""

    file: str
    """The name of the workflow's file."""
    event: str
    """`push` or `workflow_dispatch`."""
    commit: str
    tag: str

    def is_(self, run: WorkflowRun) -> bool:
        return (run.file, run.event, run.head_sha, run.head_branch) == (self.file, self.event, self.commit, self.tag)

    def choose(self, runs: Iterable[WorkflowRun]) -> WorkflowRun | None:
        """Of several that fit, such as after a tag was dispatched twice, the last one."""
        return max((run for run in runs if self.is_(run)), key=lambda run: run.id, default=None)


class CiState(StrEnum):
    ABSENT = "absent"
    """No run appeared."""
    QUEUED = "queued"
    """It has appeared, and no job of it has begun."""
    WAITING = "waiting"
    """An environment waits for a person's approval, and nothing else goes on."""
    RUNNING = "running"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"

    @property
    def is_over(self) -> bool:
        return self in (CiState.FAILED, CiState.CANCELLED, CiState.SUCCEEDED)


class CiSight(Value):
    """One look at the run."""

    state: CiState
    run: WorkflowRun | None = None
    jobs: tuple[WorkflowJob, ...] = ()
    pending: tuple[PendingDeployment, ...] = ()
    """The environments that wait for approval."""

    @property
    def attempt(self) -> int:
        return self.run.run_attempt if self.run else 0

    @property
    def url(self) -> str | None:
        """Where a person looks: at the job that failed or is at work, else at the run."""
        telling = self.failed_job or self.job_at_work
        return (telling.url if telling else None) or (self.run.url if self.run else None)

    @property
    def failed_job(self) -> WorkflowJob | None:
        """The first one that failed: others may have failed for want of it."""
        failed = [job for job in self.jobs if job.failed]
        return min(failed, key=lambda job: job.completed_at or "~", default=None)

    @property
    def job_at_work(self) -> WorkflowJob | None:
        return next((job for job in self.jobs if job.status == "in_progress"), None)

    @property
    def says(self) -> str:
        """In a few words, for people."""
        match self.state:
            case CiState.ABSENT:
                return "no run has appeared"
            case CiState.QUEUED:
                return "queued: no runner has begun"
            case CiState.WAITING:
                return "; ".join(map(_approval, self.pending)) or "waits for an approval"
            case CiState.FAILED:
                job = self.failed_job
                ended = self.run.conclusion if self.run else None
                return f"failed in {_place(job)}" if job else f"failed ({ended}), and no job of it did"
            case CiState.RUNNING:
                job = self.job_at_work
                return f"in progress: {_place(job)}" if job else "in progress"
            case _:
                return str(self.state)

    def job_like(self, wanted: JobInFile) -> WorkflowJob | None:
        """The job of the file, as the forge shows it; of a matrix the one that is least far."""
        shown = [job for job in self.jobs if wanted.is_shown_as(job.name)]
        return min(shown, key=lambda job: (not job.failed, job.is_over), default=None)


def sight(
    run: WorkflowRun | None, jobs: Sequence[WorkflowJob] = (), pending: Sequence[PendingDeployment] = ()
) -> CiSight:
    return CiSight(state=_state(run, jobs), run=run, jobs=tuple(jobs), pending=tuple(pending))


ENDS = {"success": CiState.SUCCEEDED, "cancelled": CiState.CANCELLED}
"""By the run's conclusion. What is `skipped`, `neutral`, `stale` or `action_required` has not done what it should: it failed."""


def _state(run: WorkflowRun | None, jobs: Sequence[WorkflowJob]) -> CiState:
    if run is None:
        return CiState.ABSENT
    if run.is_over:
        return ENDS.get(run.conclusion or "", CiState.FAILED)
    statuses = {job.status for job in jobs}
    if "in_progress" in statuses:
        return CiState.RUNNING
    if "waiting" in statuses or run.status == "waiting":
        return CiState.WAITING
    return CiState.RUNNING if "completed" in statuses or run.status == "in_progress" else CiState.QUEUED


def pause(now: datetime, changed: datetime, looks: int) -> timedelta:
    """Until the next look, after so many. `changed`: when something was last seen to change."""
    if looks <= len(FIRST_PAUSES):
        return FIRST_PAUSES[looks - 1]
    return SHORTEST_PAUSE if now - changed < LIVELY else LONGEST_PAUSE


def why_absent(wanted: WantedRun, workflow: WorkflowInFile | None, message: str, state: str | None, tags: int) -> str:
    """The reasons, as far as they are known, for which a tag started no run.

    `workflow` is the file at the tagged commit, None if it is not there or is no workflow; `message` is the commit's; `state` is
    what the forge says of the workflow, `active` or a word for who switched it off; `tags` were pushed at once.
    """
    path = f".github/workflows/{wanted.file}"
    if workflow is None:
        return f"the tagged commit has no `{path}`, or it cannot be read"
    if wanted.event == "push" and (workflow.push is None or not workflow.push.takes_tag(wanted.tag)):
        return f"`{path}` at the tagged commit is not started by a push of `{wanted.tag}`"
    if state not in (None, "active"):
        return f"the forge has switched `{wanted.file}` off (`{state}`)"
    if wanted.event == "push" and (word := next((word for word in SKIPS if word in message), None)):
        return f"the commit's message has `{word}`, for which the forge starts nothing"
    if wanted.event == "push" and tags > 3:
        return f"{tags} tags were pushed at once, and the forge starts nothing for more than three"
    return (
        "the file is right; Actions may be switched off for the repository, or the tag was pushed with a workflow's own token, "
        "for which the forge starts nothing"
    )


def _approval(pending: PendingDeployment) -> str:
    who = f" by {' or '.join(pending.who)}" if pending.who else ""
    return f"the environment `{pending.environment.name}` waits for approval{who}"


def _place(job: WorkflowJob) -> str:
    return f"`{job.name}`, step `{job.step}`" if job.step else f"`{job.name}`"
