"""The LSM smoke test in Prefect: where it can run, the test itself, its artifact, and a run of it on the work pool.

A run hands its outcome back in its artifact, so that no storage has to be shared. Nothing is cached: every attempt of a
release tests again.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling

from loadmaster.errors.smoke import AptFailed, AptMissing, EngineAbsent, EngineForbidden, SmokePayloadNotBuilt
from loadmaster.errors.smoke_run import SmokeNotPassed, SmokeRunLate, SmokeRunLost
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.smoke.result import SmokeOutcome, not_made
from loadmaster.planning.smoke.show import outcome_of, smoke_markdown
from loadmaster.planning.smoke.style import SmokeStyle
from loadmaster.planning.smoke_worker import DEPLOYMENT, POOL, Offered, SmokePlace, place_of, worker_gate
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.run.allowed import allow
from loadmaster.run.job import Job
from loadmaster.run.store import default_store
from loadmaster.smoke.request import SmokeRequest
from loadmaster.smoke.running.doctor import host_facts
from loadmaster.smoke.running.kernels import SUITES
from loadmaster.smoke.steps import of_release
from loadmaster.smoke.steps.make import smoke
from loadmaster.tasks.policy import asks_the_world, retried

PAUSE = 1.0
"""Seconds between two looks at a run on the pool."""
START = 120.0
"""Seconds that a worker may take to begin."""
FETCH = 600.0
"""Seconds that its first downloads may take: QEMU and the kernels."""
NOT_TO_BE_MADE = (AptFailed, AptMissing, EngineAbsent, EngineForbidden, SmokePayloadNotBuilt)
"""Errors that say that this machine cannot make the test; they say nothing about what is tested."""

require_passed = of_release.require_passed


@asks_the_world("look for a smoke worker")
def look_for_worker(job: Job, offered: Offered, style: SmokeStyle) -> tuple[SmokePlace, str]:
    """Where the test can be made, and why there."""
    online = pool_has_worker()
    return place_of(style, offered, runs_workflows=job.world.runs_workflows, online=online, here=host_facts())


def ask_for_worker(job: Job, offered: Offered) -> tuple[GateAnswer, ...]:
    """The answer of the gate `smoke-worker`; () if the profile wants no smoke test."""
    style = job.project.smoke
    if style is None:
        return ()
    place, why = look_for_worker(job, offered, style)
    return (worker_gate(style, place, why, may_skip=job.world.may_skip_smoke, kernels=SUITES),)


def pool_has_worker() -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
            return any(worker.status == "ONLINE" for worker in client.read_workers_for_work_pool(POOL))
        except ObjectNotFound:
            return False


@asks_the_world("prepare smoke test")
def prepare(job: Job, plan: ReleasePlan, style: SmokeStyle) -> SmokeRequest:
    request = of_release.request_of(job, plan, style)
    allow(request, job.store)
    return request


@retried("make smoke test", "make smoke test: {request.subject}")
def make(request: SmokeRequest) -> SmokeOutcome:
    return smoke(request, default_store(), get_run_logger().info)


def make_or_explain(request: SmokeRequest) -> SmokeOutcome:
    """The outcome of the test, or an outcome that says why this machine cannot make it."""
    try:
        return make(request)
    except NOT_TO_BE_MADE as error:
        return not_made(request.subject, request.backend, request.kernels, f"{error.what} Next: {error.fix}")


@task(name="show smoke test", task_run_name="show smoke test", cache_policy=NO_CACHE)
def show(request: SmokeRequest, outcome: SmokeOutcome) -> None:
    """Makes the artifact: the timeline, and the outcome for whoever started the run."""
    verdict = outcome.weakest.judgement.text
    create_markdown_artifact(
        key=artifact_key(request.project or request.subject, "smoke"),
        markdown=smoke_markdown(outcome),
        description=f"LSM smoke test: {verdict}",
    )


def run_on_pool(request: SmokeRequest) -> SmokeOutcome:
    """Makes the test on a worker of the pool, as a child of the calling run; it ends with that run.

    Raises `SmokeRunLate`, `SmokeRunLost`.
    """
    created = run_deployment(DEPLOYMENT, parameters={"request": request.model_dump(mode="json")}, timeout=0)
    assert isinstance(created, FlowRun)  # Prefect returns a coroutine only to a caller that is one
    # One more than the kernels, because `auto` also tests the worker's own; twice, because on each the probe and the release run.
    within = FETCH + 2.0 * request.deadline * (len(request.kernels) + 1)
    with get_client(sync_client=True) as client:
        try:
            run = wait_for_end(client, created, within)
        finally:
            _cancel_unless_over(client, created.id)
        return outcome_of_run(client, run.id, run.name, run.state)


def wait_for_end(client: SyncPrefectClient, created: FlowRun, within: float) -> FlowRun:
    """The run as it ended, `within` seconds after it began. Raises `SmokeRunLate`."""
    begun = time.monotonic()
    while True:
        run = client.read_flow_run(created.id)
        if run.state is not None and run.state.is_final():
            return run
        patience = START + (within if run.start_time else 0.0)
        if time.monotonic() - begun > patience:
            raise SmokeRunLate(run.name, patience, run.state.name or "" if run.state else "unknown")
        time.sleep(PAUSE)


def _cancel_unless_over(client: SyncPrefectClient, run: UUID) -> None:
    # A worker ends the run that it has begun, and reports it. A child in the process of a release that is gone has no worker.
    current = client.read_flow_run(run)
    if current.state is None or not current.state.is_final():
        cancelled = Cancelling if current.deployment_id else Cancelled
        client.set_flow_run_state(run, cancelled(message="the release that asked for it goes on without it"))


def outcome_of_run(client: SyncPrefectClient, run: UUID, name: str, state: State[Any] | None) -> SmokeOutcome:
    """The outcome in a run's artifact, whatever state the run ended in. Raises `SmokeRunLost` if there is none."""
    # Prefect keeps artifacts of its own for a run, too; their type is `result`.
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]), type=ArtifactFilterType(any_=["markdown"]))
    for artifact in client.read_artifacts(artifact_filter=of_run):
        if isinstance(artifact.data, str):
            return outcome_of(artifact.data)
    raise SmokeRunLost(name, str(state.name) if state else "unknown", (state and state.message) or "it says nothing")


def outcome_left_by(state: State[Any]) -> SmokeOutcome:
    """The outcome of a child in this process. A verdict that does not pass is one. Raises the error of a child without one."""
    failure = state.result(raise_on_failure=False)
    if isinstance(failure, BaseException) and not isinstance(failure, SmokeNotPassed):
        raise failure
    run = state.state_details.flow_run_id
    assert run is not None  # the state is a flow run's
    with get_client(sync_client=True) as client:
        return outcome_of_run(client, run, str(run), state)


def cancel_children(flow: object, flow_run: FlowRun, state: State[Any]) -> None:
    """A hook that ends the runs that a release started on a pool, because Prefect does not. Prefect fixes the parameters' names."""
    of_parent = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run.id]))
    with get_client(sync_client=True) as client:
        for child in client.read_flow_runs(flow_run_filter=of_parent):
            _cancel_unless_over(client, child.id)
