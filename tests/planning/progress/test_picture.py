"""From a run's notes to the picture of it: phases with their seconds, crates with what they wait for and until when."""

from __future__ import annotations

import pytest

from loadmaster.planning.progress.notes import Phase, RunNote, read_note
from loadmaster.planning.progress.picture import CrateLine, Mark, Picture, picture_of
from loadmaster.planning.progress.progress import Progress, progress_of
from loadmaster.planning.values.gate import GateAnswer, Problem
from tests.kit.noted import HEAD, TO_EXECUTE, at, held, known, published, refused, uploads
from tests.kit.receipts import receipt


def row(picture: Picture, crate: str) -> CrateLine:
    return next(each for each in picture.crates if each.id == f"{crate}@1.0.0")


def test_before_the_attempt_has_begun_nothing_is_known() -> None:
    picture = picture_of(Progress(), at(0))
    assert (picture.title, picture.crates, picture.eta) == ("", (), None)
    assert {each.mark for each in picture.phases} == {Mark.AHEAD}


def test_a_phase_lasts_until_the_next_one_begins() -> None:
    picture = picture_of(known(), at(23))
    seconds = {each.phase: each.seconds for each in picture.phases}
    assert seconds == {
        Phase.LOOK: 2.0,
        Phase.DECIDE: 2.0,
        Phase.CHECK: 10.0,
        Phase.PREPARE: 6.0,
        Phase.EXECUTE: 3.0,
        Phase.VERIFY: None,
    }
    assert [each.mark for each in picture.phases] == [Mark.DONE] * 4 + [Mark.AT_WORK, Mark.AHEAD]


ROWS = {
    "one that is uploaded counts its seconds": ((uploads("hull", 20),), 23, "hull", (Mark.AT_WORK, 0.5, 3.0, None)),
    "one that is published has its own seconds": (
        (uploads("hull", 20), published("hull", 22)),
        40,
        "hull",
        (Mark.DONE, 1.0, 2.0, None),
    ),
    "one that is ahead begins when the schedule says": (
        (uploads("hull", 20), uploads("mast", 20)),
        22,
        "ship",
        (Mark.AHEAD, 0.0, None, 8.0),
    ),
    "what is late makes everything after it late": (
        (uploads("hull", 20), uploads("mast", 20)),
        33,
        "ship",
        (Mark.AHEAD, 0.0, None, 5.0),
    ),
    "before the first upload nobody knows when": ((), 22, "ship", (Mark.AHEAD, 0.0, None, None)),
    "one that waits for the rate limit begins at its instant": (
        (uploads("hull", 20), held("mast", 21, 80)),
        30,
        "mast",
        (Mark.AHEAD, 0.0, None, 50.0),
    ),
    "one that was refused is wrong": ((uploads("hull", 20), refused("hull", 25)), 30, "hull", (Mark.WRONG, 0.0, None, None)),
}  # fmt: skip


@pytest.mark.parametrize(("notes", "second", "crate", "expected"), ROWS.values(), ids=list(ROWS))
def test_a_crate(
    notes: tuple[RunNote, ...], second: float, crate: str, expected: tuple[Mark, float, float | None, float | None]
) -> None:
    shown = row(picture_of(known(*notes), at(second)), crate)
    assert (shown.mark, shown.share, shown.seconds, shown.eta) == expected


TOLD = {
    "which crates it waits for": ((uploads("hull", 20),), "sail", "waits for mast"),
    "the first two of many": ((), "ship", "waits for hull, mast and 1 more"),
    "no longer for one that is there": ((published("mast", 22), published("hull", 22)), "ship", "waits for sail"),
    "until when the rate limit holds it": ((held("mast", 21, 80),), "mast", "waits for the rate limit, 12:01:20 UTC"),
    "no longer when nothing holds it": ((held("mast", 21, 80), held("hull", 90, 95)), "mast", ""),
    "why it was refused": ((refused("hull", 25, "no such owner"),), "hull", "no such owner"),
}


@pytest.mark.parametrize(("notes", "crate", "expected"), TOLD.values(), ids=list(TOLD))
def test_a_crate_tells(notes: tuple[RunNote, ...], crate: str, expected: str) -> None:
    assert row(picture_of(known(*notes), at(30)), crate).told == expected


def test_the_whole_is_visible_as_late_as_the_next_upload_is() -> None:
    begun = known(uploads("hull", 20), uploads("mast", 20))
    assert picture_of(begun, at(22)).eta == 28.0
    assert picture_of(begun, at(33)).eta == 25.0  # `sail` should have begun 8 s ago


def test_the_last_phase_of_an_attempt_that_failed_is_wrong_and_the_clock_stands_still() -> None:
    ended = known(uploads("hull", 20)).end(receipt(outcome="failed", started=HEAD.started), at(26))
    picture = picture_of(ended, at(500))
    assert [each.mark for each in picture.phases][-2:] == [Mark.WRONG, Mark.AHEAD]
    assert picture.phases[4].seconds == 6.0
    assert picture.eta is None


def test_another_attempt_begins_anew() -> None:
    again = HEAD.model_copy(update={"started": at(100)})
    progress = progress_of((*TO_EXECUTE, published("hull", 22), RunNote(at=at(100), receipt=again)))
    assert progress.records == {}
    assert progress.phases == ((Phase.LOOK, at(100)),)


def test_gates_are_counted_with_those_that_did_not_pass() -> None:
    problem = Problem(where="a", what="b", fix="c.")
    gates = (
        GateAnswer.of("tag-free", 1, ()),
        GateAnswer.could_not_check("msrv", "no").model_copy(update={"blocks": False}),
        GateAnswer.of("clippy", 1, (problem,)),
    )
    noted = RunNote(at=at(15), receipt=HEAD.model_copy(update={"gates": gates}))
    check = picture_of(known(noted), at(16)).phases[2]
    assert check.told == "3 gates, 1 closed, 1 did not pass"


@pytest.mark.parametrize(
    "line", [b"", b"{", b'{"at": "2026-01-01T00:00:00Z", "unheard": 1}', b'{"phase": "sleep"}'], ids=repr
)
def test_a_line_that_is_no_note_is_none(line: bytes) -> None:
    assert read_note(line) is None
