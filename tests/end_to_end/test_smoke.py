"""The smoke test as a part of a release, on a worker of the pool `ebpf` with a real engine."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loadmaster.planning.smoke_worker import POOL
from loadmaster.planning.values.state import ObjectState
from loadmaster.smoke.clients.container import ENDS, Engine
from loadmaster.stack.processes import spawn, stop
from tests.kit import hangar
from tests.kit.checkout import ROOT
from tests.kit.evidence import receipt_of
from tests.kit.real_engine import LATER
from tests.kit.service import Service
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("engine and releases")]
WORKER = "with-engine"


@pytest.fixture
def worker(service: Service, engine: Engine) -> Iterator[None]:
    """A worker of the pool, as one is started on a Linux host with a Docker engine. Nobody counts on it afterwards."""
    home = service.store.root
    env = {**os.environ, "LOADMASTER_HOME": str(home), "DOCKER_HOST": engine.address}
    process = spawn(["-m", "loadmaster", "worker", "--name", WORKER], cwd=ROOT, env=env, log=home / "ebpf.log")
    try:
        eventually(lambda: f"Worker '{WORKER}' started" in (home / "ebpf.log").read_text(), "the worker started")
        yield
    finally:
        stop(process, patience=30)
        # For a while, Prefect would take one that has stopped for one that is online.
        service.ask("DELETE", f"/work_pools/{POOL}/workers/{WORKER}")


def markdown_of(service: Service, run: str) -> str:
    """Of the run's artifact that a person reads."""
    query = {"artifacts": {"flow_run_id": {"any_": [run]}, "type": {"any_": ["markdown"]}}}
    (artifact,) = service.ask("POST", "/artifacts/filter", query)
    return str(artifact["data"])


def heard(service: Service, run: str) -> str:
    """What the run has logged."""
    return "\n".join(each.message for each in service.api.logs(run, datetime.min.replace(tzinfo=UTC), logging.INFO))


def containers(engine: Engine) -> list[str]:
    return [
        str(each.id) for each in engine.client.containers.list(all=True, filters={"label": ENDS}, ignore_removed=True)
    ]


def children(service: Service, run: str) -> list[dict[str, Any]]:
    query = {"flow_runs": {"parent_flow_run_id": {"any_": [run]}}}
    return list(service.ask("POST", "/flow_runs/filter", query))


@pytest.fixture
def swept(engine: Engine) -> Iterator[None]:
    """What a killed process leaves is no other test's business."""
    yield
    engine.sweep(time.time() + LATER)


@pytest.mark.usefixtures("swept")
def test_a_release_that_was_killed_in_its_smoke_test_has_it_made_anew_by_retry(
    service: Service, engine: Engine, tmp_path: Path
) -> None:
    """In the process of the release, that is: no worker of the pool is to be had."""
    request = {"project": "demo", "version": "minor", "repository": str(hangar.repository(tmp_path))}
    identity = service.create_run(request)
    first = service.attempt(identity, DOCKER_HOST=engine.address)
    eventually(lambda: bool(containers(engine)), "the smoke test ran")
    first.kill()
    assert first.code() == -signal.SIGKILL
    (child,) = children(service, identity)
    service.api.set_state(child["id"], "CANCELLED", "Cancelled", "as the release's hook does")
    service.api.set_state(identity, "CRASHED", "Crashed", "as the worker reports it")
    service.api.retry(identity)
    second = service.attempt(identity, DOCKER_HOST=engine.address)
    assert second.code() == 0, second.log_end
    (record,) = [each for each in receipt_of(service.store.run(identity)).objects if each.kind == "smoke"]
    assert (record.why or "").startswith("enforced: ")


@pytest.mark.usefixtures("worker")
def test_a_release_has_its_smoke_test_made_by_a_worker_of_the_pool(service: Service) -> None:
    run = service.start("minor")
    assert run.ended().name == "Completed"
    (record,) = [each for each in run.receipt.objects if each.kind == "smoke"]
    assert record.state is ObjectState.SAME
    assert (record.why or "").startswith("enforced: ")
    (child,) = children(service, run.id)
    assert (child["state"]["name"], child["work_pool_name"]) == ("Completed", POOL)
    eventually(lambda: "LSM-SMOKE {" in heard(service, child["id"]), "the payload's own log is the run's")
    told = markdown_of(service, child["id"])
    assert "| ms | | victim | control | other process |" in told
    assert "| during | denied (EPERM) | open | denied (EPERM) |" in told


@pytest.mark.usefixtures("worker")
def test_a_smoke_test_that_waits_for_a_worker_is_cancelled_with_its_release(service: Service) -> None:
    service.api.pause_pool(POOL)
    try:
        run = service.start("minor")
        eventually(lambda: bool(children(service, run.id)), "the release asked the pool")
        service.api.set_state(run.id, "CANCELLING", "Cancelling", "by a person")
        assert run.ended().name == "Cancelled"
        eventually(lambda: children(service, run.id)[0]["state"]["name"] == "Cancelled", "the child was cancelled")
    finally:
        service.api.open_pool(POOL)


@pytest.mark.usefixtures("worker")
def test_a_smoke_test_in_the_middle_is_ended_with_its_release_and_leaves_no_container(
    service: Service, engine: Engine
) -> None:
    run = service.start("minor")
    eventually(lambda: bool(children(service, run.id) and containers(engine)), "the smoke test runs")
    service.api.set_state(run.id, "CANCELLING", "Cancelling", "by a person")
    assert run.ended().name == "Cancelled"
    eventually(lambda: children(service, run.id)[0]["state"]["name"] == "Cancelled", "the child was cancelled")
    eventually(lambda: not containers(engine), "its container was removed", seconds=20)
