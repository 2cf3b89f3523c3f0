"""The journal: what an attempt knows so far, as a receipt, from the first step to the last."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from loadmaster.errors.git import TagTaken
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, ReleasePlan, plan_release
from loadmaster.planning.progress.notes import Held, Phase, read_note
from loadmaster.planning.progress.progress import progress_of
from loadmaster.planning.registry.seen import ToolchainSeen
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.receipt import (
    CrateReadBack,
    ObjectRecord,
    Receipt,
    ReceiptOutcome,
    json_schema,
    same_release,
)
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import digest
from loadmaster.run.job import Job, Pinned
from loadmaster.run.journal import Journal, receipt_of_cut, write_receipt
from loadmaster.run.store import Store
from loadmaster.run.world import World
from tests.kit.building import BASE, TODAY, needs, package, project, seen

WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOOLCHAIN = ToolchainSeen(cargo="1.95.0", rustc="1.95.0")
COMMIT = "c" * 40


@pytest.fixture
def job(tmp_path: Path) -> Job:
    store = Store(tmp_path)
    world = World(
        kind="rehearsal",
        index="sparse+http://127.0.0.1:1/index/",
        replaces_crates_io=True,
        forge="http://127.0.0.1:1/forge",
        repository="someone/demo",
        remote=str(tmp_path / "remote.git"),
        directory=tmp_path,
    )
    pinned = Pinned(project="demo", asked="minor", commit=BASE, on_branch=True, started=WHEN, as_of=WHEN)
    return Job(project=project(), pinned=pinned, world=world, directory=store.run("one"), store=store)


@pytest.fixture
def plan() -> ReleasePlan:
    return plan_release(seen(package("app", needs("core")), package("core")), project(), "minor", TODAY)


def crate(name: str, sha256: str, **fields: object) -> ObjectRecord:
    return ObjectRecord.model_validate(
        {"kind": "crate", "id": f"{name}@0.5.0", "state": ObjectState.SAME, "sha256": sha256, **fields}
    )


def valid(receipt: Receipt) -> Receipt:
    jsonschema.validate(json.loads(receipt.to_json()), json.loads(json_schema()))
    return receipt


def test_before_there_is_a_plan_the_receipt_tells_what_was_asked_for_and_why_it_stopped(job: Job) -> None:
    receipt = valid(Journal(job).receipt(ReceiptOutcome.FAILED, TagTaken("v0.5.0", "aa", "bb")))
    assert (receipt.version, receipt.commit, receipt.plan, receipt.objects) == ("minor", BASE, "", ())
    assert receipt.failure is not None
    assert "`v0.5.0`" in receipt.failure.what


def test_at_the_end_it_tells_everything(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    journal.note_gates((GateAnswer.of("tree-clean", 1, ()),))
    journal.note_commit(COMMIT)
    journal.note(crate("core", "a" * 64), crate("app", "b" * 64))
    receipt = valid(journal.receipt(ReceiptOutcome.RELEASED))
    assert (receipt.version, receipt.commit, receipt.base_commit) == ("0.5.0", COMMIT, BASE)
    assert (receipt.plan, receipt.toolchain) == (digest(plan), "cargo 1.95.0, rustc 1.95.0")
    assert [each.id for each in receipt.objects] == ["core@0.5.0", "app@0.5.0"]
    assert receipt.gates[0].gate == "tree-clean"
    assert receipt.failure is None
    assert receipt.seconds >= 0


def test_an_object_that_is_noted_again_keeps_its_place_and_has_its_last_record(job: Job) -> None:
    journal = Journal(job)
    journal.note(crate("core", "a" * 64, state=ObjectState.UNKNOWN), crate("app", "b" * 64))
    journal.note(crate("core", "c" * 64))
    objects = journal.receipt(ReceiptOutcome.RELEASED).objects
    assert [(each.id, each.state, each.sha256) for each in objects] == [
        ("core@0.5.0", "same", "c" * 64),
        ("app@0.5.0", "same", "b" * 64),
    ]


def test_the_checksums_are_those_that_sha256sum_checks(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    content = b"crate"
    journal.note(
        ObjectRecord(kind="tag", id="v0.5.0", state=ObjectState.SAME),
        crate("core", hashlib.sha256(content).hexdigest()),
    )
    assert journal.checksums(plan.tags[0]).decode() == f"{hashlib.sha256(content).hexdigest()}  core-0.5.0.crate\n"


def test_the_files_of_a_later_attempt_are_the_same_or_tell_of_the_same_release(job: Job, plan: ReleasePlan) -> None:
    attempts = []
    for attempts_needed in (3, 0):
        journal = Journal(job)
        journal.note_plan(plan, TOOLCHAIN)
        journal.note_commit(COMMIT)
        journal.note(crate("core", "a" * 64, attempts=attempts_needed, seconds=float(attempts_needed)))
        attempts.append((journal.checksums(plan.tags[0]), journal.receipt_so_far()))
    (first_sums, first), (second_sums, second) = attempts
    assert first_sums == second_sums
    assert first != second
    assert same_release(first, second)


def test_the_receipt_among_the_files_is_one(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    receipt = valid(Receipt.model_validate_json(journal.receipt_so_far()))
    assert receipt.outcome is ReceiptOutcome.RELEASED


def test_the_digests_of_the_assets_are_those_that_were_observed(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    assert journal.asset_digests(plan.tags[0]) == {}
    journal.note(ObjectRecord(kind="asset", id=CHECKSUMS, state=ObjectState.SAME, sha256="a" * 64))
    journal.note(ObjectRecord(kind="asset", id=RECEIPT, state=ObjectState.EQUIVALENT, sha256="b" * 64))
    assert journal.asset_digests(plan.tags[0]) == {CHECKSUMS: "a" * 64, RECEIPT: "b" * 64}


class TestReadBack:
    def _record(self, job: Job, noted: ObjectRecord, seen: CrateReadBack) -> ObjectRecord:
        journal = Journal(job)
        journal.note(noted)
        journal.note_read_back([seen])
        return valid(journal.receipt(ReceiptOutcome.RELEASED)).objects[0]

    def test_a_crate_that_was_accepted_is_then_read_back(self, job: Job) -> None:
        noted = crate("core", "a" * 64, attempts=1).model_copy(update={"code": "accepted"})
        record = self._record(job, noted, CrateReadBack(id=noted.id, seconds=3.14, file=False))
        assert (record.code, record.attempts, record.sha256) == ("read-back", 1, "a" * 64)
        assert record.why == "read back from the index, twice, 3.1 s after it was accepted"

    def test_a_crate_that_was_there_keeps_its_reason(self, job: Job) -> None:
        noted = crate("core", "a" * 64).model_copy(update={"code": "equal-tar", "why": "the tar is equal"})
        record = self._record(job, noted, CrateReadBack(id=noted.id, seconds=0.1, file=True))
        assert (record.code, record.why) == ("equal-tar", "the tar is equal")
        assert record.facts == {"shown_after": 0.1, "file": True}

    def test_a_checksum_that_was_not_ours_for_a_while_stays_in_the_receipt(self, job: Job) -> None:
        noted = crate("core", "a" * 64, attempts=1).model_copy(update={"code": "accepted"})
        record = self._record(job, noted, CrateReadBack(id=noted.id, seconds=3.0, file=True, disagreed="b" * 64))
        assert record.facts == {"shown_after": 3.0, "file": True, "disagreed": "b" * 64}
        assert record.why is not None
        assert "and its file" in record.why
        assert "b" * 64 in record.why


class TestCutOff:
    """The receipt of an attempt whose process was killed."""

    def test_it_says_all_that_was_noted(self, job: Job, plan: ReleasePlan) -> None:
        journal = Journal(job)
        journal.note_plan(plan, TOOLCHAIN)
        journal.note_commit(COMMIT)
        journal.note(crate("core", "a" * 64, attempts=1))
        journal.note(crate("app", "b" * 64, state=ObjectState.UNKNOWN, code="in-flight"))
        receipt = receipt_of_cut(job.directory, cancelled=False)
        assert receipt is not None
        assert valid(receipt).objects == journal.receipt(ReceiptOutcome.CRASHED).objects
        assert (receipt.outcome, receipt.version, receipt.commit) == ("crashed", "0.5.0", COMMIT)
        assert receipt.failure is not None
        assert receipt.failure.code == "run-crashed"

    def test_a_cancelled_one_says_that(self, job: Job) -> None:
        Journal(job)
        receipt = receipt_of_cut(job.directory, cancelled=True)
        assert receipt is not None
        assert receipt.failure is not None
        assert (receipt.outcome, receipt.failure.code) == ("cancelled", "run-cancelled")

    def test_a_line_that_was_cut_off_is_left_out(self, job: Job) -> None:
        Journal(job).note(crate("core", "a" * 64))
        with job.directory.journal.open("a") as lines:
            lines.write('{"object": {"kind": "crate", "id"')
        receipt = receipt_of_cut(job.directory, cancelled=False)
        assert receipt is not None
        assert [each.id for each in receipt.objects] == ["core@0.5.0"]

    def test_an_attempt_that_wrote_its_receipt_was_not_cut_off(self, job: Job) -> None:
        journal = Journal(job)
        write_receipt(job.directory, journal.receipt(ReceiptOutcome.RELEASED))
        assert receipt_of_cut(job.directory, cancelled=False) is None

    def test_an_attempt_that_was_killed_right_after_it_wrote_its_receipt_has_ended_as_the_receipt_says(
        self, job: Job
    ) -> None:
        journal = Journal(job)
        noted = job.directory.journal.read_bytes()
        write_receipt(job.directory, journal.receipt(ReceiptOutcome.RELEASED))
        job.directory.journal.write_bytes(noted)
        assert receipt_of_cut(job.directory, cancelled=True) is None

    def test_the_receipt_of_an_earlier_attempt_says_nothing_of_this_one(self, job: Job) -> None:
        write_receipt(job.directory, Journal(job).receipt(ReceiptOutcome.FAILED))
        Journal(job)
        receipt = receipt_of_cut(job.directory, cancelled=False)
        assert receipt is not None
        assert receipt.outcome == "crashed"

    def test_a_new_attempt_begins_anew(self, job: Job) -> None:
        Journal(job).note(crate("core", "a" * 64))
        Journal(job).note(crate("app", "b" * 64))
        receipt = receipt_of_cut(job.directory, cancelled=False)
        assert receipt is not None
        assert [each.id for each in receipt.objects] == ["app@0.5.0"]

    def test_a_disk_that_takes_no_note_stops_nothing(self, job: Job) -> None:
        journal = Journal(job)
        job.directory.journal.unlink()
        job.directory.journal.mkdir()
        journal.note(crate("core", "a" * 64))
        assert [each.id for each in journal.receipt(ReceiptOutcome.RELEASED).objects] == ["core@0.5.0"]


def test_the_journal_notes_phases_what_is_ahead_and_what_waits(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    journal.begin(Phase.EXECUTE)
    journal.note_held(["core@0.5.0"], WHEN)
    notes = [read_note(line) for line in job.directory.journal.read_bytes().splitlines()]
    assert all(note is not None and note.at is not None for note in notes)
    progress = progress_of(note for note in notes if note is not None)
    assert [phase for phase, _ in progress.phases] == [Phase.LOOK, Phase.EXECUTE]
    assert progress.ahead is not None
    assert {crate.id: crate.needs for crate in progress.ahead.crates} == {
        "core@0.5.0": (),
        "app@0.5.0": ("core@0.5.0",),
    }
    assert progress.held == Held(crates=("core@0.5.0",), until=WHEN)


def test_a_receipt_is_made_of_a_journal_with_lines_that_another_version_wrote(job: Job, plan: ReleasePlan) -> None:
    journal = Journal(job)
    journal.note_plan(plan, TOOLCHAIN)
    with job.directory.journal.open("a") as sink:
        sink.write('{"weather": "fine"}\n{"object": {"kind": "moon"}}\n{"receipt": {}}\n')
    receipt = receipt_of_cut(job.directory, cancelled=False)
    assert receipt is not None
    assert receipt.version == "0.5.0"
