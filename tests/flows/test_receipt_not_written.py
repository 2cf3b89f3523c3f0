"""A receipt that cannot be written hides neither why the release stopped, nor that it is complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect import flow

from loadmaster.errors.files import ReceiptNotWritten
from loadmaster.errors.registry import CratesNotPublished
from loadmaster.flows.release import carry_out
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.journal import receipt_of_cut
from loadmaster.run.store import RunDirectory, Store
from tests.kit.evidence import accepted, each_once

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]


@flow(name="rehearse without a receipt")
def attempt(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


def without_receipt(store: Store, identity: str) -> RunDirectory:
    """A run whose receipt's place is taken, as a full disk takes it."""
    directory = store.run(identity)
    (directory.receipt / "in the way").mkdir(parents=True)
    return directory


def free(receipt: Path) -> None:
    (receipt / "in the way").rmdir()
    receipt.rmdir()


def test_the_reason_of_a_stop_is_kept_and_the_receipt_is_a_warning(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    directory = without_receipt(store, "stopped-without-receipt")
    refused = Fault(on="publish", crate="hangar-cli", status=403, detail="this crate is not yours")
    request = RehearseRequest(project="demo", version="0.9.1", faults=(refused,))
    with pytest.raises(CratesNotPublished, match="this crate is not yours"):
        attempt(request, directory.path.name, store)
    (warning,) = [
        each.getMessage() for each in caplog.records if each.getMessage().startswith("the receipt was not written")
    ]
    assert f"`{directory.receipt}` cannot be written: Is a directory" in warning
    assert "By then: commit and tag pushed; 10 of 11 crates published; 1 unknown; no public forge release." in warning
    # Whoever looks later finds the reason in the journal, and not a crash.
    left = receipt_of_cut(directory, cancelled=False)
    assert left is not None
    assert (left.outcome, left.failure and left.failure.code) == (ReceiptOutcome.FAILED, "crates-not-published")


def test_a_release_that_is_complete_is_told_as_complete_and_the_next_attempt_writes_its_receipt(store: Store) -> None:
    directory = without_receipt(store, "released-without-receipt")
    request = RehearseRequest(project="demo", version="0.9.2")
    with pytest.raises(ReceiptNotWritten, match=r"`demo` 0\.9\.2 is released, with every object in place") as caught:
        attempt(request, directory.path.name, store)
    assert str(directory.receipt) in caught.value.what
    assert accepted(directory) == each_once()
    free(directory.receipt)
    receipt = attempt(request, directory.path.name, store)
    assert receipt.changed_nothing
    assert directory.receipt.is_file()
    assert accepted(directory) == each_once()
