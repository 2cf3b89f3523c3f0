"""Has a workflow of the forge make the smoke test: starts it, finds its own run, follows that to the end, reads the report.

A green run proves nothing: the verdict comes from the report with our nonce in the job's log, as from any other backend.
"""

from __future__ import annotations

import re
import time
from typing import NamedTuple

import httpx

from loadmaster.clients.forge import workflows
from loadmaster.errors.forge import ForgeNotFound, ForgeRefused
from loadmaster.errors.smoke_workflow import SmokeRunNotFound, SmokeWorkflowMissing, SmokeWorkflowRefused
from loadmaster.planning.smoke.report import ErrorKind, Report, Subject
from loadmaster.planning.smoke.result import SmokeResult
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import Judgement, Verdict, failed, judge
from loadmaster.planning.values.tell import Tell

PAUSE = 5.0
"""Seconds between two looks."""
APPEARS_WITHIN = 120.0
_INSTANT = re.compile(r"(?m)^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ")
"""What the forge puts before every line of a job's log."""


class Dispatched(NamedTuple):
    """One run to be made, and what it is found again by."""

    file: str
    ref: str
    """Branch or tag that the workflow is taken from."""
    subject: Subject
    kernel: str
    nonce: str
    deadline: float
    """Seconds from its appearance to its end."""


def require_workflow(client: httpx.Client, file: str) -> None:
    """Raises `SmokeWorkflowMissing` unless it is there and switched on. Whether it can be dispatched, only a try tells."""
    try:
        found = workflows.workflow(client, file)
    except ForgeNotFound as error:
        raise SmokeWorkflowMissing(file, error.what) from error
    if found.state != "active":
        raise SmokeWorkflowMissing(file, f"its state is `{found.state}`")


def smoke_by_workflow(client: httpx.Client, asked: Dispatched, tell: Tell, *, pause: float = PAUSE) -> SmokeResult:
    """The result of our own run. Raises `SmokeWorkflowMissing`, `SmokeWorkflowRefused`, `SmokeRunNotFound`, what the forge says."""
    require_workflow(client, asked.file)
    begun = time.monotonic()
    inputs = {"nonce": asked.nonce, "subject": str(asked.subject), "kernel": asked.kernel}
    try:
        workflows.dispatch(client, asked.file, asked.ref, inputs)
    except ForgeRefused as error:
        raise SmokeWorkflowRefused(asked.file, error.what) from error
    run = _own_run(client, asked, pause)
    tell(f"the forge's run is {run.url}")
    ended = _followed(client, run, asked.deadline, pause)
    judgement, report = _judged(client, asked, ended, tell)
    return SmokeResult(
        judgement=judgement,
        backend=Backend.DISPATCH,
        subject=asked.subject,
        kernel=report.kernel if report else asked.kernel,
        seconds=round(time.monotonic() - begun, 3),
        report=report,
    )


def _own_run(client: httpx.Client, asked: Dispatched, pause: float) -> workflows.DispatchedRun:
    for _ in range(max(1, round(APPEARS_WITHIN / pause))):
        found = [each for each in workflows.dispatched_runs(client, asked.file) if asked.nonce in each.title]
        if found:
            return found[0]
        time.sleep(pause)
    raise SmokeRunNotFound(asked.file, asked.nonce, APPEARS_WITHIN)


def _followed(
    client: httpx.Client, run: workflows.DispatchedRun, deadline: float, pause: float
) -> workflows.DispatchedRun:
    """The run as it ended; as it stands, and asked to end, if the deadline passes first."""
    begun = time.monotonic()
    while not run.is_over:
        if time.monotonic() - begun > deadline:
            workflows.cancel(client, run.id)
            return run
        time.sleep(pause)
        run = workflows.run(client, run.id)
    return run


def _judged(
    client: httpx.Client, asked: Dispatched, run: workflows.DispatchedRun, tell: Tell
) -> tuple[Judgement, Report | None]:
    if not run.is_over:
        return failed(ErrorKind.DEADLINE, f"{run.url} did not end in {asked.deadline:g} s, and was cancelled"), None
    logs = [_INSTANT.sub("", workflows.job_log(client, job.id)) for job in workflows.jobs(client, run.id)]
    log = "\n".join(logs)
    for line in log.splitlines():
        tell(line)
    judgement, report = judge(log, nonce=asked.nonce, subject=asked.subject, exit_code=None)
    if judgement.verdict is Verdict.ENFORCED and run.conclusion != "success":
        return failed(ErrorKind.EXIT_CODE, f"{run.url} ended with `{run.conclusion}`, its report says enforced"), report
    return judgement.model_copy(update={"why": f"{judgement.why} ({run.url})"}), report
