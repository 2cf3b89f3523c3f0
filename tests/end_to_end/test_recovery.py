"""A release that something happens to: it is finished, by itself or by Retry, and nothing is uploaded twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.faults import Fault
from tests.kit.evidence import CRATES, accepted, crates_of, each_once, uploads
from tests.kit.service import Run, Service
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("recovery")]

UPLOAD_HELD = Fault(on="publish", crate="hangar-ansi", hold_seconds=25)
"""An upload that begins with the first ones; for less than the client's own patience of 30 s."""
WAIT_FOR_HELD = {"hangar-ansi", "hangar-report", "hangar-cli"}
ASSET_HELD = Fault(on="asset", hold_seconds=120)
"""Clients are patient with assets: this release is in the middle for as long as a test wants it to be."""
KINDS = {"commit": 1, "tag": 1, "crate": len(CRATES), "asset": 6, "release": 1, "workflow-run": 1, "install": 1}


def wait_until_one_upload_is_held(run: Run) -> Path:
    """The file that holds it."""
    eventually(
        lambda: set(accepted(run.directory)) == CRATES - WAIT_FOR_HELD,
        "all crates went out that do not wait for the one that is held up",
    )
    held = run.held("registry", "publish-hangar-ansi")
    eventually(held.exists, "the upload of `hangar-ansi` was held")
    return held


def assert_released_completely(receipt: Receipt) -> None:
    assert receipt.outcome is ReceiptOutcome.RELEASED
    assert Counter(each.kind for each in receipt.objects) == KINDS
    assert {each.state for each in receipt.objects} <= {ObjectState.SAME, ObjectState.EQUIVALENT}


def test_a_crate_that_the_registry_refuses_holds_up_its_descendants_only_until_retry(service: Service) -> None:
    run = service.start("rc", Fault(on="publish", crate="hangar-fleet", status=403, detail="no such luck"))
    need_it = {"hangar-balance", "hangar-cli"}

    failed = run.ended()

    assert failed.type == "FAILED"
    assert "`hangar-fleet@0.4.1-rc.1`" in (failed.message or "")
    assert "no such luck" in (failed.message or "")
    assert set(accepted(run.directory)) == CRATES - need_it - {"hangar-fleet"}
    first = run.receipt
    assert first.outcome is ReceiptOutcome.FAILED
    states = {name: crate.state for name, crate in crates_of(first).items()}
    assert {name for name, state in states.items() if state is ObjectState.ABSENT} == need_it
    assert {name for name, state in states.items() if state is ObjectState.UNKNOWN} == {"hangar-fleet"}

    run.retry()
    assert run.ended().type == "COMPLETED"

    assert accepted(run.directory) == each_once()
    statuses = [each.status for each in uploads(run.directory) if each.crate == "hangar-fleet"]
    assert statuses == [403, 200]
    assert_released_completely(run.receipt)
    assert (run.receipt.version, run.receipt.commit) == (first.version, first.commit)
    attempts = {name: crate.attempts for name, crate in crates_of(run.receipt).items()}
    assert attempts == {name: int(name in need_it or name == "hangar-fleet") for name in CRATES}
    eventually(lambda: run.task_states().get("write receipt") == "Completed", "Prefect recorded the last task")
    cached = {name for name, state in run.task_states().items() if state == "Cached"}
    assert cached == {"build packaged crates", "clippy", "package"}


def test_a_killed_process_leaves_a_release_that_retry_finishes(service: Service) -> None:
    run = service.start("minor", UPLOAD_HELD)
    wait_until_one_upload_is_held(run)

    killed = run.pid
    os.kill(killed, signal.SIGKILL)

    assert run.ended().type == "CRASHED"
    # Prefect's worker reports a killed process twice; the late report would crash the new attempt as well.
    eventually(lambda: service.has_let_go_of(run), "the worker had done with the killed process")
    run.retry()
    assert run.ended().type == "COMPLETED"
    assert run.pid != killed
    assert accepted(run.directory) == each_once()
    assert_released_completely(run.receipt)


def test_retry_beside_an_attempt_that_lives_is_refused_and_the_living_one_finishes(service: Service) -> None:
    run = service.start("minor", ASSET_HELD)
    held = run.held("forge", "asset")
    eventually(held.exists, "the upload of an asset was held")
    first = run.pid

    run.retry()

    refused = run.ended()
    assert refused.type == "FAILED"
    assert f"This release is being carried out by process `{first}` already" in (refused.message or "")
    held.unlink()
    eventually(lambda: run.state().type == "COMPLETED", "the first attempt finished")
    assert run.pid == first
    assert accepted(run.directory) == each_once()
    assert len(uploads(run.directory)) == len(CRATES)
    assert_released_completely(run.receipt)


def test_a_lost_answer_to_an_upload_that_took_effect_needs_no_retry_and_no_second_upload(service: Service) -> None:
    run = service.start("minor", Fault(on="publish", crate="hangar-units", lose_answer=True))

    assert run.ended().type == "COMPLETED"

    assert [(each.crate, each.status) for each in uploads(run.directory)].count(("hangar-units", 200)) == 1
    assert accepted(run.directory) == each_once()
    assert len(uploads(run.directory)) == len(CRATES)
    assert_released_completely(run.receipt)


def test_a_release_outlives_the_prefect_server(service: Service) -> None:
    run = service.start("minor", UPLOAD_HELD)
    held = wait_until_one_upload_is_held(run)

    service.kill_server()
    held.unlink()
    service.up()

    if run.ended().type != "COMPLETED":  # Prefect may lose the end of a run that it did not hear of
        run.retry()
    assert run.ended().type == "COMPLETED"
    assert accepted(run.directory) == each_once()
    assert_released_completely(run.receipt)
