"""Stores that earlier versions wrote: they are read, and what was begun in them can go on. And no record changes unseen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from loadmaster.cli.commands.known_runs import find_run, list_runs, newest_unfinished
from loadmaster.errors.access import ParameterNotAllowed
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.way_on import WayOn
from loadmaster.run.allowed import Place, places_of, require_allowed
from loadmaster.run.job import Pinned
from loadmaster.run.pacing import KeptBuckets
from loadmaster.run.pinning import release_of_run
from loadmaster.run.store import FORMAT, Store
from loadmaster.stack.processes import is_alive
from loadmaster.stack.record import read_record
from loadmaster.steps.cut import close_cut_run
from tests.kit import stored_records
from tests.kit.checkout import ROOT

STORES = ROOT / "tests" / "run" / "stores"
RELEASED, CUT = "68f83bdc-591a-40fe-9264-9e56e9489a59", "fa85e1f4-d0fa-4659-8bcf-c8d44224bdbe"
NOBODY = "4194305"
"""No process has this pid. That of the fixture is somebody else's by now."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A copy of the store that 789e770 wrote."""
    store = Store(tmp_path / "home")
    shutil.copytree(STORES / "format-0", store.root)
    for run in store.runs():
        run.lock.write_text(NOBODY)
    return store


def test_its_runs_are_listed_and_the_one_that_was_killed_can_go_on(store: Store) -> None:
    store.require_readable()
    runs = {run.id: run for run in list_runs(store)}
    assert {run.problem for run in runs.values()} == {None}
    assert {id: (run.version, run.state, run.next) for id, run in runs.items()} == {
        RELEASED: ("0.5.0", "released", WayOn.NOTHING),
        CUT: ("0.5.0", "crashed", WayOn.RESUME),
    }
    assert runs[CUT].out == "commit and tag pushed; 0 of 11 crates published; 4 unknown; no public forge release"
    assert find_run(None, store, newest_unfinished).id == CUT


def test_looking_at_it_changes_nothing(store: Store) -> None:
    list_runs(store, close=False)
    assert not store.mark_file.exists()
    assert store.run(CUT).journal.exists()


def test_its_receipt_says_what_it_said(store: Store) -> None:
    run = store.run(RELEASED)
    receipt = run.read(Receipt, run.receipt)
    assert receipt is not None
    assert (receipt.outcome, len(receipt.objects)) == (ReceiptOutcome.RELEASED, 18)
    written, read = json.loads(run.receipt.read_bytes()), json.loads(receipt.to_json())
    assert written == read


def test_the_receipt_of_what_was_killed_is_made_of_its_notes(store: Store) -> None:
    receipt = close_cut_run(store.run(CUT), store, cancelled=False)
    assert receipt is not None
    states = [record.state for record in receipt.objects if record.kind == "crate"]
    assert (states.count(ObjectState.UNKNOWN), len(states)) == (4, 11)
    assert not store.run(CUT).journal.exists()


def test_what_it_pinned_is_what_a_retry_releases(store: Store) -> None:
    found = release_of_run(store.run(CUT))
    assert found is not None
    assert (found[0].project, found[0].asked, found[1]) == ("demo", "minor", "0.5.0")
    assert store.run(CUT).read(Pinned, store.run(CUT).pinned) == found[0]
    assert KeptBuckets(store.run(CUT).pace).read() is not None


class Asking(NamedTuple):
    """A request, as far as it names places."""

    places: tuple[Place, ...]


def test_what_a_person_allowed_stays_allowed_and_nothing_else(store: Store) -> None:
    allowed = places_of("demo", repository="https://forge.example/ada/hangar.git")
    require_allowed(Asking(allowed), store)
    with pytest.raises(ParameterNotAllowed):
        require_allowed(Asking(places_of("demo", repository="https://forge.example/eve/hangar.git")), store)


def test_its_server_is_known_and_nobody_knows_which_version_started_it(store: Store) -> None:
    stack = read_record(store.root)
    assert stack is not None
    assert not is_alive(stack.server)
    assert (stack.signs_in, stack.loadmaster, stack.prefect) == (True, None, None)


def test_the_first_use_gives_it_our_format(store: Store) -> None:
    store.part("crates")
    mark = store.mark()
    assert mark is not None
    assert mark.format == FORMAT


def test_no_record_changes_without_a_thought_of_the_stores_that_have_it() -> None:
    """How to go on: CONTRIBUTING, "How to change what the store holds"."""
    written = (STORES / "records.json").read_text(encoding="utf-8")
    assert stored_records.text_of(stored_records.records()) == written


def test_planted_a_field_more_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Longer(Pinned):
        mood: str = "good"

    before = stored_records.records()["records"]
    monkeypatch.setattr(stored_records, "RECORDS", (Longer,))
    assert set(stored_records.records()["records"]["Longer"]) - set(before["Pinned"]) == {"mood"}


def test_what_is_within_a_record_counts_at_any_depth() -> None:
    assert {"ObjectRecord", "Problem", "Process", "ProfileText", "CrateAhead"} <= set(
        stored_records.records()["records"]
    )
