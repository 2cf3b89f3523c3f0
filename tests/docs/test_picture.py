"""The picture of a run: what is drawn is the recording of a real one, with nothing of the machine it was made on."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.kit.checkout import ROOT

CAST = ROOT / "docs" / "pictures" / "rehearse.cast"


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "scripts" / "picture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recording(place: Path, *said: str) -> Path:
    """A recording in which each text comes ten seconds after the one before."""
    events = [json.dumps([10.0 * number, "o", text]) for number, text in enumerate(said)]
    file = place / "said.cast"
    file.write_text("\n".join([json.dumps({"version": 2}), *events]) + "\n", encoding="utf-8")
    return file


def test_the_picture_is_drawn_from_the_recording(picture: ModuleType) -> None:
    drawn = picture.draw(picture.frames(CAST), picture.SESSION[-1])
    assert CAST.with_suffix(".svg").read_text(encoding="utf-8") == drawn, "run: .venv/bin/python scripts/picture.py"


def test_the_recording_is_of_a_release_that_went_well() -> None:
    said = "".join(json.loads(line)[2] for line in CAST.read_text(encoding="utf-8").splitlines()[1:])
    assert "demo 0.5.0: RELEASED" in said


def test_the_picture_loads_nothing_and_is_small() -> None:
    svg = CAST.with_suffix(".svg").read_text(encoding="utf-8")
    assert re.findall(r"url\((?!#)|href=|src=|@import|<script", svg) == []
    assert len(svg) < 600_000


def test_a_line_that_is_written_again_is_another_screen_and_a_long_pause_is_short(
    picture: ModuleType, tmp_path: Path
) -> None:
    shown = picture.frames(recording(tmp_path, "packs", "\r\x1b[2K\x1b[32mpacked\x1b[0m\r\n"))
    assert [frame.screen[0].plain for frame in shown] == ["packs", "packed"]
    assert shown[1].at - shown[0].at == picture.PAUSE
    assert shown[1].screen[0].spans[0].style.color.name == "green"


def test_of_many_screens_some_are_shown_and_the_last_one_always(picture: ModuleType, tmp_path: Path) -> None:
    shown = picture.frames(recording(tmp_path, *(f"{number}\r\n" for number in range(200))))
    assert len(shown) <= picture.AT_MOST_FRAMES + 1
    assert "199" in [line.plain for line in shown[-1].screen]


def test_planted_another_recording_is_another_picture(picture: ModuleType, tmp_path: Path) -> None:
    one, other = (picture.draw(picture.frames(recording(tmp_path, text)), "x") for text in ("packed", "failed"))
    assert one != other
    assert ("packed" in one, "packed" in other) == (True, False)
