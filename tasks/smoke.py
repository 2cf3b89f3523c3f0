"""The LSM smoke test in Prefect: who can make it, the test itself, its artifact, and a run of it on the work pool.

A run hands its outcome back in its artifact, so that no storage has to be shared. Nothing of it is cached: every attempt
of a release looks anew.
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
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.run.job import Job
from loadmaster.run.store import default_store
from loadmaster.smoke.request import SmokeRequest
from loadmaster.smoke.running.doctor import host_facts
from loadmaster.smoke.running.kernels import SUITES
from loadmaster.smoke.steps import of_release
from loadmaster.smoke.steps.make import smoke
from tasks.artifacts import artifact_key
from tasks.policy import asks_the_world

PAUSE = 1.0
"""Seconds between two looks at a run on the pool."""
START = 120.0
"""Seconds that a worker may take to begin."""
FETCH = 600.0
"""Seconds that it may take for what it downloads at its first time: QEMU and the kernels."""
NOT_TO_BE_MADE = (AptFailed, AptMissing, EngineAbsent, EngineForbidden, SmokePayloadNotBuilt)
"""What says that this machine cannot make the test, and nothing about what is tested."""

require_passed = of_release.require_passed


@asks_the_world("look for a smoke worker")
def look_for_worker(job: Job, offered: Offered, style: SmokeStyle) -> tuple[SmokePlace, str]:
    """Where the test can be made, and why there."""
    online = pool_has_worker()
    return place_of(style, offered, runs_workflows=job.world.runs_workflows, online=online, here=host_facts())


def ask_for_worker(job: Job, offered: Offered) -> tuple[GateAnswer, ...]:
    """The gate `smoke-worker`; none where the profile wants no smoke test."""
    style = job.project.smoke
    if style is None:
        return ()
    place, why = look_for_worker(job, offered, style)
    return (worker_gate(style, place, why, may_skip=job.world.may_skip_smoke, kernels=SUITES),)


def pool_has_worker() -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
            return any(each.status == "ONLINE" for each in client.read_workers_for_work_pool(POOL))
        except ObjectNotFound:
            return False


@asks_the_world("prepare smoke test")
def prepare(job: Job, plan: ReleasePlan, style: SmokeStyle) -> SmokeRequest:
    return of_release.request_of(job, plan, style)


@asks_the_world("make smoke test", "make smoke test: {request.subject}")
def make(request: SmokeRequest) -> SmokeOutcome:
    return smoke(request, default_store(), get_run_logger().info)


def make_or_explain(request: SmokeRequest) -> SmokeOutcome:
    """The outcome; where this machine cannot make the test, the outcome that says so."""
    try:
        return make(request)
    except NOT_TO_BE_MADE as error:
        return not_made(request.subject, request.backend, request.kernels, f"{error.what} Next: {error.fix}")


@task(name="show smoke test", task_run_name="show smoke test", cache_policy=NO_CACHE)
def show(request: SmokeRequest, outcome: SmokeOutcome) -> None:
    """The timeline, which is also how the outcome gets back to whoever started the run."""
    verdict = outcome.weakest.judgement.text
    create_markdown_artifact(
        key=artifact_key(request.project or request.subject, "smoke"),
        markdown=smoke_markdown(outcome),
        description=f"LSM smoke test: {verdict}",
    )


def on_pool(request: SmokeRequest) -> SmokeOutcome:
    """Has a worker of the pool make it, as a child of the run that this is called in; it ends with that run.

    Raises `SmokeRunLate`, `SmokeRunLost`.
    """
    created = run_deployment(DEPLOYMENT, parameters={"request": request.model_dump(mode="json")}, timeout=0)
    assert isinstance(created, FlowRun)  # it is a coroutine where the caller is one
    # Beside each kernel the worker's own, where the backend is `auto`; on each the probe and the release.
    within = FETCH + 2.0 * request.deadline * (len(request.kernels) + 1)
    with get_client(sync_client=True) as client:
        try:
            run = ended(client, created, within)
        finally:
            _cancel_unless_over(client, created.id)
        return outcome_of_run(client, run.id, run.name, run.state)


def ended(client: SyncPrefectClient, created: FlowRun, within: float) -> FlowRun:
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
    """A worker ends what it has begun, and says so; of one in the process of a release that is gone, nobody would."""
    found = client.read_flow_run(run)
    if found.state is None or not found.state.is_final():
        over = Cancelling if found.deployment_id else Cancelled
        client.set_flow_run_state(run, over(message="the release that asked for it goes on without it"))


def outcome_of_run(client: SyncPrefectClient, run: UUID, name: str, state: State[Any] | None) -> SmokeOutcome:
    """What a run's artifact tells, whatever state it ended in. Raises `SmokeRunLost` if it left none."""
    # Prefect keeps artifacts of its own for a run, too, of the type `result`.
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]), type=ArtifactFilterType(any_=["markdown"]))
    for artifact in client.read_artifacts(artifact_filter=of_run):
        if isinstance(artifact.data, str):
            return outcome_of(artifact.data)
    raise SmokeRunLost(name, str(state.name) if state else "unknown", (state and state.message) or "it says nothing")


def outcome_left_by(state: State[Any]) -> SmokeOutcome:
    """Of a child in this process. Raises what kept it from an outcome; a verdict that does not pass is one."""
    failure = state.result(raise_on_failure=False)
    if isinstance(failure, BaseException) and not isinstance(failure, SmokeNotPassed):
        raise failure
    run = state.state_details.flow_run_id
    assert run is not None  # the state is a flow run's
    with get_client(sync_client=True) as client:
        return outcome_of_run(client, run, str(run), state)


def cancel_children(flow: object, flow_run: FlowRun, state: State[Any]) -> None:
    """A hook: what a release started on a pool ends with it, which Prefect does not see to. Named as Prefect calls it."""
    of_parent = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run.id]))
    with get_client(sync_client=True) as client:
        for child in client.read_flow_runs(flow_run_filter=of_parent):
            _cancel_unless_over(client, child.id)
