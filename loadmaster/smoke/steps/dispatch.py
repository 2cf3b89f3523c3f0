"""Makes the smoke test by a workflow of the forge: starts it, finds its own run, follows the run to its end, reads the report.

A green run proves nothing: as for any other backend, the verdict comes from the report with our nonce, here in the job's log.
"""

from __future__ import annotations

import re
import time
from typing import NamedTuple

import httpx

from loadmaster.clients.forge import workflows
from loadmaster.errors.forge.answers import ForgeNotFound, ForgeRefused
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
"""The instant that the forge puts before every line of a job's log."""


class Dispatched(NamedTuple):
    """One run to start, and the nonce by which it is recognised."""

    file: str
    ref: str
    """The branch or tag of the workflow."""
    subject: Subject
    kernel: str
    nonce: str
    deadline: float
    """Seconds from its appearance to its end."""


def require_workflow(client: httpx.Client, file: str) -> None:
    """Raises `SmokeWorkflowMissing` unless it is there and switched on. Only a try shows whether it can be dispatched."""
    try:
        workflow = workflows.workflow(client, file)
    except ForgeNotFound as error:
        raise SmokeWorkflowMissing(file, error.what) from error
    if workflow.state != "active":
        raise SmokeWorkflowMissing(file, f"its state is `{workflow.state}`")


def smoke_by_workflow(client: httpx.Client, order: Dispatched, tell: Tell, *, pause: float = PAUSE) -> SmokeResult:
    """The result of our own run. Raises `SmokeWorkflowMissing`, `SmokeWorkflowRefused`, `SmokeRunNotFound`, the forge's errors."""
    require_workflow(client, order.file)
    begun = time.monotonic()
    inputs = {"nonce": order.nonce, "subject": str(order.subject), "kernel": order.kernel}
    try:
        workflows.dispatch(client, order.file, order.ref, inputs)
    except ForgeRefused as error:
        raise SmokeWorkflowRefused(order.file, error.what) from error
    run = _own_run(client, order, pause)
    tell(f"the forge's run is {run.url}")
    ended = _follow(client, run, order.deadline, pause)
    judgement, report = _judge_run(client, order, ended, tell)
    return SmokeResult(
        judgement=judgement,
        backend=Backend.DISPATCH,
        subject=order.subject,
        kernel=report.kernel if report else order.kernel,
        seconds=round(time.monotonic() - begun, 3),
        report=report,
    )


def _own_run(client: httpx.Client, order: Dispatched, pause: float) -> workflows.DispatchedRun:
    for _ in range(max(1, round(APPEARS_WITHIN / pause))):
        ours = [run for run in workflows.dispatched_runs(client, order.file) if order.nonce in run.title]
        if ours:
            return ours[0]
        time.sleep(pause)
    raise SmokeRunNotFound(order.file, order.nonce, APPEARS_WITHIN)


def _follow(
    client: httpx.Client, run: workflows.DispatchedRun, deadline: float, pause: float
) -> workflows.DispatchedRun:
    """The run after its end. If the deadline passes first, cancels the run and returns its present state."""
    begun = time.monotonic()
    while not run.is_over:
        if time.monotonic() - begun > deadline:
            workflows.cancel(client, run.id)
            return run
        time.sleep(pause)
        run = workflows.run(client, run.id)
    return run


def _judge_run(
    client: httpx.Client, order: Dispatched, run: workflows.DispatchedRun, tell: Tell
) -> tuple[Judgement, Report | None]:
    if not run.is_over:
        return failed(ErrorKind.DEADLINE, f"{run.url} did not end in {order.deadline:g} s, and was cancelled"), None
    logs = [_INSTANT.sub("", workflows.job_log(client, job.id)) for job in workflows.jobs(client, run.id)]
    log = "\n".join(logs)
    for line in log.splitlines():
        tell(line)
    judgement, report = judge(log, nonce=order.nonce, subject=order.subject, exit_code=None)
    if judgement.verdict is Verdict.ENFORCED and run.conclusion != "success":
        return failed(ErrorKind.EXIT_CODE, f"{run.url} ended with `{run.conclusion}`, its report says enforced"), report
    return judgement.model_copy(update={"why": f"{judgement.why} ({run.url})"}), report
