"""Closing a run that was cut off: its receipt, and a look at what was under way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal, write_receipt
from loadmaster.steps import publish
from loadmaster.steps.cut import close_cut_run
from loadmaster.tasks.publish import in_flight, not_begun
from tests.kit.step_world import Prepared

pytestmark = pytest.mark.cargo


@pytest.fixture
def live(job: Job) -> Job:
    """The job as one of a real release: its registry outlives its process."""
    pinned = job.pinned.model_copy(update={"index": job.world.index})
    job.directory.pinned.write_text(pinned.model_dump_json())
    return replace(job, pinned=pinned)


def noted_in_flight(job: Job, prepared: Prepared) -> None:
    journal = Journal(job)
    for crate in prepared.plan.crates:
        journal.note(in_flight(crate, prepared.digests[crate.name]))


def test_an_upload_that_was_under_way_is_looked_for(live: Job, prepared: Prepared) -> None:
    noted_in_flight(live, prepared)
    units = prepared.plan.crate("hangar-units")
    publish.publish_crate(live, units, prepared.digests[units.name])
    receipt = close_cut_run(live.directory, live.store, cancelled=False)
    assert receipt is not None
    states = {record.id: (record.state, record.sha256) for record in receipt.objects}
    assert states["hangar-units@0.5.0"] == (ObjectState.SAME, prepared.digests["hangar-units"])
    assert states["hangar-cli@0.5.0"] == (ObjectState.ABSENT, None)
    assert Receipt.model_validate_json(live.directory.receipt.read_bytes()) == receipt


def test_in_a_rehearsal_it_stays_unknown_because_the_registry_ended_with_the_run(job: Job, prepared: Prepared) -> None:
    noted_in_flight(job, prepared)
    receipt = close_cut_run(job.directory, job.store, cancelled=True)
    assert receipt is not None
    assert {record.state for record in receipt.objects} == {ObjectState.UNKNOWN}


def test_a_crate_that_had_not_begun_is_not_asked_for(live: Job, prepared: Prepared) -> None:
    journal = Journal(live)
    for crate in prepared.plan.crates:
        publish.publish_crate(live, crate, prepared.digests[crate.name])
        journal.note(not_begun(crate))
    receipt = close_cut_run(live.directory, live.store, cancelled=False)
    assert receipt is not None
    assert {record.code for record in receipt.objects} == {"not-begun"}


def test_a_run_that_is_at_work_is_not_closed(job: Job) -> None:
    Journal(job)
    with job.directory.locked():
        assert close_cut_run(job.directory, job.store, cancelled=False) is None
    assert not job.directory.receipt.exists()


def test_closing_twice_closes_once(job: Job) -> None:
    Journal(job)
    assert close_cut_run(job.directory, job.store, cancelled=False) is not None
    assert close_cut_run(job.directory, job.store, cancelled=True) is None


def test_a_receipt_that_the_attempt_wrote_itself_is_left_as_it_is(job: Job) -> None:
    journal = Journal(job)
    noted = job.directory.journal.read_bytes()
    write_receipt(job.directory, journal.receipt(ReceiptOutcome.RELEASED))
    job.directory.journal.write_bytes(noted)
    assert close_cut_run(job.directory, job.store, cancelled=False) is None
    assert not job.directory.journal.exists()
    assert Receipt.model_validate_json(job.directory.receipt.read_bytes()).outcome is ReceiptOutcome.RELEASED
