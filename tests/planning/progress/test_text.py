"""The lines of a picture: they fit any terminal, and a log gets each of them once."""

from __future__ import annotations

import pytest

from loadmaster.planning.progress.notes import Ahead, CrateAhead, Phase, RunNote
from loadmaster.planning.progress.picture import Mark, Picture, picture_of
from loadmaster.planning.progress.progress import Progress
from loadmaster.planning.progress.text import ASCII, UNICODE, Signs, duration, lines_of, new_lines
from tests.kit.noted import HEAD, at, begins, known, published, refused, uploads
from tests.kit.receipts import receipt


def picture(*notes: RunNote, second: float = 25) -> Picture:
    return picture_of(known(*notes), at(second))


IN_THE_MIDDLE = (uploads("hull", 20), published("hull", 21, 1.0), uploads("mast", 21))
WIDE = [
    "✔ look       2.0 s  commit bbbbbbbb",
    "✔ decide     2.0 s  version 1.0.0, 4 crates",
    "✔ check     10.0 s",
    "✔ prepare    6.0 s",
    "▸ execute    5.0 s  1 of 4 crates",
    "  ✔ hull@1.0.0 ████████    1.0 s",
    "  ▸ mast@1.0.0 ████░░░░    4.0 s  is uploaded",
    "  · sail@1.0.0 ░░░░░░░░   in 0 s  waits for mast",
    "  · ship@1.0.0 ░░░░░░░░   in 5 s  waits for mast, sail",
    "  ██░░░░░░ 1 of 4 published; all visible in about 25 s",
]


def test_phases_then_crates_then_how_many_there_are() -> None:
    assert [line.text for line in lines_of(picture(*IN_THE_MIDDLE), 80, 24, UNICODE)] == WIDE


def test_without_unicode_every_line_is_ascii() -> None:
    lines = [line.text for line in lines_of(picture(*IN_THE_MIDDLE), 80, 24, ASCII)]
    assert lines[0] == "+ look       2.0 s  commit bbbbbbbb"
    assert lines[6] == "  > mast@1.0.0 ####----    4.0 s  is uploaded"
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("signs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("height", [3, 8, 12, 24, 60])
def test_it_fits_any_terminal(width: int, height: int, signs: Signs) -> None:
    notes = (uploads("hull", 20), refused("hull", 22, "the registry says:\n" + "a very long reason " * 20))
    lines = lines_of(many(60, *notes), width, height, signs)
    assert len(lines) <= height
    assert max(len(line.text) for line in lines) <= width
    assert not any("\n" in line.text for line in lines)


def many(count: int, *notes: RunNote) -> Picture:
    crates = tuple(CrateAhead(id=f"a-crate-with-a-long-name-{n}@1.0.0", needs=(), start=n) for n in range(count))
    hull = CrateAhead(id="hull@1.0.0", needs=(), start=0.0)
    ahead = Ahead(version="1.0.0", seconds=100.0, crates=(*crates, hull))
    return picture_of(known(RunNote(at=at(3), ahead=ahead), *notes), at(30))


def test_where_not_all_crates_fit_those_that_are_wrong_and_at_work_come_first() -> None:
    shown = many(60, uploads("hull", 20), refused("hull", 22))
    lines = lines_of(shown, 80, 12, UNICODE)
    assert [line.mark for line in lines if "hull@" in line.text] == [Mark.WRONG]
    assert lines[-1].text.endswith("56 not shown")


def test_crates_that_are_all_published_are_only_counted() -> None:
    everything = [published(name, 22) for name in ("hull", "mast", "sail", "ship")]
    lines = [line.text for line in lines_of(picture(*everything), 80, 24, UNICODE)]
    assert lines[-1] == "  ████████ 4 of 4 published"
    assert not any("@" in line for line in lines)


def told(*pictures: Picture) -> list[str]:
    before = picture_of(Progress(), at(0))
    lines: list[str] = []
    for each in pictures:
        lines += new_lines(before, each, UNICODE)
        before = each
    return lines


def test_a_log_gets_each_phase_and_each_crate_once_when_it_has_ended() -> None:
    first, second = IN_THE_MIDDLE, (*IN_THE_MIDDLE, published("mast", 23))
    third = (*second, begins(Phase.VERIFY, 30))
    assert told(picture(), picture(*first), picture(*first), picture(*second), picture(*third, second=31)) == [
        "✔ look       2.0 s  commit bbbbbbbb",
        "✔ decide     2.0 s  version 1.0.0, 4 crates",
        "✔ check     10.0 s",
        "✔ prepare    6.0 s",
        "  ✔ hull@1.0.0  1.0 s",
        "  ✔ mast@1.0.0  2.0 s",
        "✔ execute   10.0 s  2 of 4 crates",
    ]


def test_a_log_is_told_why_a_crate_was_not_published_in_one_line() -> None:
    ended = known(refused("hull", 22, "line one\nline two")).end(
        receipt(outcome="failed", started=HEAD.started, objects=()), at(26)
    )
    assert told(picture_of(ended, at(26)))[-2:] == [
        "  ✘ hull@1.0.0  line one line two",
        "✘ execute    6.0 s  0 of 4 crates",
    ]


DURATIONS = {0.4: "0 s", 59.4: "59 s", 59.6: "1m00 s", 150: "2m30 s", 3600: "1h00 m", 9000: "2h30 m"}


@pytest.mark.parametrize(("seconds", "text"), DURATIONS.items(), ids=[str(each) for each in DURATIONS])
def test_a_duration_fits_a_column(seconds: float, text: str) -> None:
    assert duration(seconds) == text
