"""GitHub's REST API for workflows: finds and starts a workflow, follows its run, and reads what it printed.

It refuses to know what a workflow is for. The answer to a dispatch does not name its run, so the caller puts a word of its own
into the run's title. Each function raises the same errors as in `loadmaster.clients.forge.http`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import httpx
from pydantic import Field

from loadmaster.clients.bounded import ASSET
from loadmaster.clients.forge.http import pages, read, send
from loadmaster.planning.forge.answered import Answered
from loadmaster.planning.forge.runs import PendingDeployment, WorkflowJob, WorkflowRun


class Workflow(Answered):
    id: int
    path: str
    state: str
    """`active`, or a word for who switched it off."""


class DispatchedRun(Answered):
    id: int
    title: str = Field(validation_alias="display_title")
    """From `run-name` in the workflow's file."""
    event: str
    status: str | None
    conclusion: str | None
    url: str = Field(validation_alias="html_url")

    @property
    def is_over(self) -> bool:
        return self.status == "completed"


class _DispatchedRuns(Answered):
    workflow_runs: tuple[DispatchedRun, ...]


class _Runs(Answered):
    workflow_runs: tuple[WorkflowRun, ...]


class _Jobs(Answered):
    jobs: tuple[WorkflowJob, ...]


def workflow(client: httpx.Client, file: str) -> Workflow:
    """The workflow with that file name. Raises `ForgeNotFound` if the default branch has none."""
    return read(Workflow, send(client, "GET", f"actions/workflows/{quote(file)}"))


def dispatch(client: httpx.Client, file: str, ref: str, inputs: Mapping[str, str]) -> None:
    """Starts it on a branch or tag. Raises `ForgeRefused` if it has no `workflow_dispatch`, or not these inputs."""
    send(client, "POST", f"actions/workflows/{quote(file)}/dispatches", json={"ref": ref, "inputs": dict(inputs)})


def dispatched_runs(client: httpx.Client, file: str) -> tuple[DispatchedRun, ...]:
    """The newest runs of the workflow that a dispatch started; as many as one page holds."""
    path = f"actions/workflows/{quote(file)}/runs"
    query = {"event": "workflow_dispatch", "per_page": "100"}
    return read(_DispatchedRuns, send(client, "GET", path, params=query)).workflow_runs


def runs_of_commit(client: httpx.Client, commit: str, event: str = "push") -> tuple[WorkflowRun, ...]:
    """Runs of any workflow for `commit`, newest first."""
    answers = pages(client, "actions/runs", head_sha=commit, event=event)
    return tuple(run for answer in answers for run in read(_Runs, answer).workflow_runs)


def workflow_run(client: httpx.Client, identity: int) -> WorkflowRun:
    return read(WorkflowRun, send(client, "GET", f"actions/runs/{identity}"))


def rerun_failed_jobs(client: httpx.Client, identity: int) -> None:
    """Runs the failed jobs of a run that is over once more, with those that need them. The run has one more attempt then."""
    send(client, "POST", f"actions/runs/{identity}/rerun-failed-jobs")


def pending_deployments(client: httpx.Client, identity: int) -> tuple[PendingDeployment, ...]:
    """The environments whose approval a run waits for."""
    return read(tuple[PendingDeployment, ...], send(client, "GET", f"actions/runs/{identity}/pending_deployments"))


def run(client: httpx.Client, identity: int) -> DispatchedRun:
    return read(DispatchedRun, send(client, "GET", f"actions/runs/{identity}"))


def jobs(client: httpx.Client, run_id: int) -> tuple[WorkflowJob, ...]:
    """Those of its latest attempt."""
    return tuple(job for page in pages(client, f"actions/runs/{run_id}/jobs") for job in read(_Jobs, page).jobs)


def job_log(client: httpx.Client, job: int) -> str:
    """What the job printed, each line after its instant. The token is not sent to the host that keeps the log."""
    return send(client, "GET", f"actions/jobs/{job}/logs", follow_redirects=True, extensions=ASSET.asked).text


def cancel(client: httpx.Client, identity: int) -> None:
    """Asks the run to end; it may continue for a while."""
    send(client, "POST", f"actions/runs/{identity}/cancel")
