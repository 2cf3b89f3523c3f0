"""How a release goes on after an attempt, by its receipt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import TagTaken
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import RegistryUnreachable, UploadRefused
from loadmaster.errors.request import GatesClosed
from loadmaster.errors.run import RunCancelled, RunCrashed
from loadmaster.planning.show import receipt_markdown, receipt_text
from loadmaster.planning.values.receipt import Failure, ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.way_on import WayOn, is_begun, out_text, way_on

RUN = "3f2a8c1e-0000-4000-8000-000000000000"
COMMIT = ObjectRecord(kind="commit", id="c" * 40, state=ObjectState.SAME)
TAG = ObjectRecord(kind="tag", id="v0.5.0", state=ObjectState.SAME)
INSTALL = ObjectRecord(kind="install", id="app", state=ObjectState.SAME)
RELEASE = ObjectRecord(kind="release", id="v0.5.0", state=ObjectState.SAME)


def crate(name: str, state: ObjectState, code: str | None = None, **facts: str) -> ObjectRecord:
    return ObjectRecord(kind="crate", id=f"{name}@0.5.0", state=state, code=code, facts=facts or None)


def receipt(
    *objects: ObjectRecord,
    outcome: ReceiptOutcome = ReceiptOutcome.FAILED,
    error: LoadmasterError | None = None,
) -> Receipt:
    return Receipt(
        project="demo",
        version="0.5.0",
        commit="c" * 40,
        base_commit="b" * 40,
        world="live",
        run=RUN,
        outcome=outcome,
        plan="",
        toolchain="",
        started=datetime(2026, 11, 29, tzinfo=UTC),
        seconds=1.0,
        objects=objects,
        failure=None if error is None else Failure.of(error),
    )


DOWN = RegistryUnreachable("the registry", "status 503")
REFUSED = crate("app", ObjectState.UNKNOWN, UploadRefused.code, reason=Reason.NAME_RESERVED, told="too large")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(receipt(COMMIT, outcome=ReceiptOutcome.RELEASED), WayOn.NOTHING, id="released"),
        pytest.param(receipt(outcome=ReceiptOutcome.PLANNED), WayOn.NOTHING, id="only planned"),
        pytest.param(receipt(error=GatesClosed(["no changelog"])), WayOn.START_AGAIN, id="a gate was closed"),
        pytest.param(
            receipt(INSTALL, error=GatesClosed(["x"])), WayOn.START_AGAIN, id="a check alone brings nothing out"
        ),
        pytest.param(receipt(error=DOWN), WayOn.RESUME, id="the registry was down before anything was out"),
        pytest.param(receipt(COMMIT, error=GatesClosed(["x"])), WayOn.RESUME, id="the commit is pushed"),
        pytest.param(
            receipt(crate("app", ObjectState.UNKNOWN, "in-flight"), outcome=ReceiptOutcome.CRASHED, error=RunCrashed()),
            WayOn.RESUME,
            id="an upload was under way",
        ),
        pytest.param(
            receipt(outcome=ReceiptOutcome.CANCELLED, error=RunCancelled()),
            WayOn.RESUME,
            id="cancelled before anything",
        ),
        pytest.param(receipt(COMMIT, TAG, REFUSED), WayOn.FIX_FORWARD, id="the registry refuses the crate's contents"),
        pytest.param(
            receipt(COMMIT, crate("app", ObjectState.DIFFERENT, "other-files")),
            WayOn.FIX_FORWARD,
            id="a crate is not ours",
        ),
        pytest.param(
            receipt(COMMIT, error=TagTaken("v0.5.0", "c", "d")), WayOn.FIX_FORWARD, id="the tag is on another commit"
        ),
        pytest.param(
            receipt(error=TagTaken("v0.5.0", "c", "d")), WayOn.START_AGAIN, id="that, and nothing is out that is ours"
        ),
    ],
)
def test_the_way_on_follows_from_the_receipt(given: Receipt, expected: WayOn) -> None:
    assert way_on(given) is expected


def test_a_crate_that_may_be_there_counts_as_begun() -> None:
    assert not is_begun(receipt(crate("app", ObjectState.ABSENT)))
    assert is_begun(receipt(crate("app", ObjectState.UNKNOWN)))


def test_what_is_out_is_one_line() -> None:
    same, absent = ObjectState.SAME, ObjectState.ABSENT
    part = receipt(COMMIT, TAG, crate("a", same), crate("b", ObjectState.UNKNOWN), crate("c", absent))
    assert out_text(part) == "commit and tag pushed; 1 of 3 crates published; 1 unknown; no public forge release"
    assert out_text(receipt()) == "nothing pushed; no crate published; no public forge release"
    assert "the forge release is public" in out_text(receipt(COMMIT, TAG, crate("a", same), RELEASE))


class TestShown:
    """Each place says what holds where it is read."""

    HALF = receipt(COMMIT, TAG, crate("a", ObjectState.SAME), outcome=ReceiptOutcome.CRASHED, error=RunCrashed())

    def test_a_terminal_names_the_command(self) -> None:
        assert f"go on: `loadmaster resume {RUN[:8]}`" in receipt_text(self.HALF)
        assert "Retry" not in receipt_text(self.HALF)

    def test_a_page_names_its_button_and_the_command(self) -> None:
        page = receipt_markdown(self.HALF, None)
        assert f"press **Retry** on this run's page, or run `loadmaster resume {RUN[:8]}`" in page
        assert "Out by now: commit and tag pushed; 1 of 1 crates published" in page

    def test_where_nothing_is_out_a_new_run_is_the_way(self) -> None:
        closed = receipt(error=GatesClosed(["no changelog"]))
        for text in (receipt_text(closed), receipt_markdown(closed, None)):
            assert "start a new run" in text
            assert "resume" not in text

    def test_where_a_version_can_never_be_complete_nobody_is_told_to_resume(self) -> None:
        stuck = receipt(COMMIT, TAG, REFUSED, error=RunCrashed())
        for text in (receipt_text(stuck), receipt_markdown(stuck, None)):
            assert "release a higher version of demo" in text
            assert "loadmaster resume" not in text

    def test_what_users_have_is_looked_at_where_the_release_went(self) -> None:
        stuck = receipt(COMMIT, TAG, REFUSED, error=RunCrashed())
        where = {"registry": "sparse+http://127.0.0.1:1/index/", "token-block": "crates", "repository": "/a ship"}
        told = receipt_text(stuck.model_copy(update={"options": where}))
        index, ship = "--registry sparse+http://127.0.0.1:1/index/", "--repository '/a ship'"
        assert f"`loadmaster status --project demo --version 0.5.0 {index} {ship}` shows what users have" in told

    def test_a_rehearsal_has_no_users(self) -> None:
        stuck = receipt(COMMIT, TAG, REFUSED, error=RunCrashed()).model_copy(update={"world": "rehearsal"})
        assert "release a higher version of demo" in receipt_text(stuck)
        assert "loadmaster status" not in receipt_text(stuck)

    def test_a_release_that_is_done_needs_nothing(self) -> None:
        done = receipt(COMMIT, TAG, outcome=ReceiptOutcome.RELEASED)
        assert "go on" not in receipt_text(done)
        assert "To go on" not in receipt_markdown(done, None)
