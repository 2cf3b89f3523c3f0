"""The flow of the smoke test: alone, and as a child in the process of a release."""

from __future__ import annotations

from typing import Any

import pytest
from prefect import flow, get_client, task
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.states import Crashed, Running, Scheduled

from loadmaster.errors.smoke_run import SmokeNotPassed, SmokeRunLate
from loadmaster.flows.smoke import run_here, smoke
from loadmaster.planning.smoke.result import SmokeOutcome
from loadmaster.planning.smoke.show import outcome_of
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import Mode, Verdict
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import Engine
from loadmaster.smoke.request import SmokeRequest
from loadmaster.tasks.smoke import cancel_children, pool_has_worker, wait_for_end

pytestmark = pytest.mark.xdist_group("flows")


@flow(name="parent of a smoke test")
def parent(request: SmokeRequest) -> SmokeOutcome:
    return run_here(request)


def artifact_of(state: Any) -> str:
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]))
    with get_client(sync_client=True) as client:
        (artifact,) = [each for each in client.read_artifacts(artifact_filter=of_run) if each.type == "markdown"]
    assert isinstance(artifact.data, str)
    return artifact.data


@pytest.mark.usefixtures("store")
def test_without_an_engine_the_run_fails_and_its_parent_hears_why() -> None:
    failure = smoke(SmokeRequest(), return_state=True).result(raise_on_failure=False)
    assert isinstance(failure, SmokeNotPassed)
    assert "No Docker engine answers" in failure.what
    outcome = parent(SmokeRequest())
    assert (outcome.weakest.judgement.verdict, outcome.was_made) == (Verdict.COULD_NOT_CHECK, False)


@pytest.mark.usefixtures("store")
def test_without_an_engine_a_run_that_is_best_effort_goes_through_and_has_not_passed() -> None:
    outcome = smoke(SmokeRequest(mode=Mode.BEST_EFFORT))
    assert outcome.weakest.judgement.verdict is Verdict.COULD_NOT_CHECK


@pytest.mark.usefixtures("store")
def test_a_server_without_the_pool_has_no_worker_of_it() -> None:
    assert not pool_has_worker()


@pytest.mark.usefixtures("store")
def test_a_run_that_no_worker_begins_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadmaster.tasks.smoke.START", 0.0)
    with get_client(sync_client=True) as client:
        waiting = client.create_flow_run(smoke, parameters={"request": {}}, state=Scheduled())
        with pytest.raises(SmokeRunLate, match=r"still `Scheduled` after 0 s"):
            wait_for_end(client, waiting, 600.0)


@pytest.mark.usefixtures("store")
def test_a_child_in_the_process_of_a_release_that_was_killed_is_cancelled_at_once() -> None:
    """Nobody is left who could end it, and say so."""
    with get_client(sync_client=True) as client:
        release = client.create_flow_run(parent, parameters={"request": {}}, state=Running())
        drawn = client.create_task_run(in_prefects_graph, release.id, dynamic_key="0")
        child = client.create_flow_run(smoke, parameters={"request": {}}, parent_task_run_id=drawn.id, state=Running())
        cancel_children(parent, release, Crashed())
        state = client.read_flow_run(child.id).state
    assert state is not None
    assert state.is_cancelled()


@task(name="smoke")
def in_prefects_graph() -> None:
    """What stands for a child in its parent's graph."""


@pytest.mark.end_to_end
def test_a_parent_gets_the_outcome_back_by_the_artifact(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    outcome = parent(SmokeRequest(backend=Backend.VM))
    assert outcome.weakest.judgement.verdict is Verdict.ENFORCED


@pytest.mark.end_to_end
def test_a_verdict_that_does_not_pass_fails_the_run_and_is_an_outcome_all_the_same(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    request = SmokeRequest(backend=Backend.VM, deadline=2)
    state = smoke(request, return_state=True)
    assert isinstance(state.result(raise_on_failure=False), SmokeNotPassed)
    assert outcome_of(artifact_of(state)).weakest.judgement.text == "error(deadline)"
    assert parent(request).weakest.judgement.text == "error(deadline)"
