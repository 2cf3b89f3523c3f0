"""Rate limits in a whole release, on a clock on which an hour takes seconds: waited for, learnt from, never a failure."""

from __future__ import annotations

from collections import Counter

import pytest

from loadmaster.flows.rehearse import rehearse
from loadmaster.planning.values.receipt import ReceiptOutcome
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.registry import Limits, Upload
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.run.store import RunDirectory, Store
from tests.kit.evidence import CRATES, accepted, crates_of, each_once, receipt_of, uploads

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

AN_HOUR_IN_SIX_SECONDS = 600.0
CRATES_IO = Limits(new_burst=5, new_refill_seconds=600)


@pytest.fixture(scope="module")
def limited(store: Store) -> RunDirectory:
    """A release of eleven new crates whose profile promises a burst of thirty, at a registry that gives crates.io's five."""
    request = RehearseRequest(project="demo", version="major", limits=CRATES_IO, clock_speed=AN_HOUR_IN_SIX_SECONDS)
    state = rehearse(request, return_state=True)
    return store.run(str(state.state_details.flow_run_id))


def refused(log: tuple[Upload, ...]) -> Counter[str]:
    return Counter(each.crate for each in log if each.status == 429)


def test_a_release_beyond_the_limits_waits_and_goes_out(limited: RunDirectory) -> None:
    assert receipt_of(limited).outcome is ReceiptOutcome.RELEASED
    assert accepted(limited) == each_once()


def test_only_uploads_that_were_under_way_are_refused_for_the_rest_waits_by_what_the_registry_said(
    limited: RunDirectory,
) -> None:
    log = uploads(limited)
    # Five pass; of the crates that are ready then, all are under way when the first refusal comes back.
    assert 1 <= refused(log).total() <= 3
    instants = sorted(each.at for each in log if each.status == 200)
    # A refill less than all, for an upload is logged a little after its token was taken, which is long on this clock.
    refills = len(CRATES) - CRATES_IO.new_burst - 1
    assert (instants[-1] - instants[0]).total_seconds() >= refills * CRATES_IO.new_refill_seconds


def test_a_wait_burns_no_attempt_and_every_upload_is_counted(limited: RunDirectory) -> None:
    tries = Counter(each.crate for each in uploads(limited))
    assert {name: each.attempts for name, each in crates_of(receipt_of(limited)).items()} == dict(tries)


def test_the_daily_cap_stops_its_crate_with_its_own_words(store: Store) -> None:
    told = "You have published too many versions of this crate in the last 24 hours"
    cap = Fault(on="publish", crate="hangar-report", status=429, detail=told)
    state = rehearse(RehearseRequest(project="demo", version="3.0.0", faults=(cap,)), return_state=True)
    directory = store.run(str(state.state_details.flow_run_id))
    records = crates_of(receipt_of(directory))
    assert state.is_failed()
    assert "takes no more versions of `hangar-report@3.0.0` today" in str(records["hangar-report"].why)
    assert len([each for each in uploads(directory) if each.crate == "hangar-report"]) == 1
    assert set(accepted(directory)) == CRATES - {"hangar-report", "hangar-cli"}
