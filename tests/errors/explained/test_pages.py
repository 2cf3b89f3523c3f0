"""A page for each error: the committed pages are those that the catalogue makes, and each says what a person needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loadmaster.errors.base import LoadmasterError, UsageError
from loadmaster.errors.cargo import CargoMissing
from loadmaster.errors.explained.catalogue import catalogue
from loadmaster.errors.explained.pages import INDEX, pages, write_pages
from loadmaster.errors.explained.placeholders import placeholder_error
from loadmaster.errors.explained.raisers import Raiser, raisers
from loadmaster.errors.git import TagTaken
from loadmaster.errors.registry import RateLimited, RegistryUnreachable
from loadmaster.errors.request import UnknownProject
from tests.kit.checkout import ROOT

COMMAND = "run: python -m loadmaster.errors.explained.pages docs/errors"


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    return pages()


def stale(directory: Path, made: Mapping[str, str]) -> set[str]:
    """The files of the directory that are not what is made, and those that are missing there."""
    there = {file.name: file.read_text(encoding="utf-8") for file in directory.iterdir()}
    return {name for name in there.keys() | made.keys() if there.get(name) != made.get(name)}


def test_the_pages_are_current(made: Mapping[str, str]) -> None:
    assert stale(ROOT / "docs" / "errors", made) == set(), COMMAND


def test_planted_a_page_that_is_old_missing_or_too_many_is_found_and_mended(
    made: Mapping[str, str], tmp_path: Path
) -> None:
    write_pages(tmp_path)
    (tmp_path / "disk-full.md").write_text("of last year")
    (tmp_path / "tag-taken.md").unlink()
    (tmp_path / "forgotten.md").write_text("of an error that is gone")
    assert stale(tmp_path, made) == {"disk-full.md", "tag-taken.md", "forgotten.md"}
    write_pages(tmp_path)
    assert stale(tmp_path, made) == set()


def test_each_error_has_a_page_and_a_line_in_the_index(made: Mapping[str, str]) -> None:
    codes = catalogue().keys()
    assert {f"{code}.md" for code in codes} | {INDEX} == made.keys()
    assert [code for code in codes if f"[`{code}`]({code}.md)" not in made[INDEX]] == []
    assert codes & {LoadmasterError.code, UsageError.code} == set()


@pytest.mark.parametrize("code", catalogue())
def test_each_page_has_all_its_parts(code: str, made: Mapping[str, str]) -> None:
    page = made[f"{code}.md"]
    heads = [line for line in page.splitlines() if line.startswith("#")]
    assert heads == [f"# {code}", "## Does it help to try again?", "## Where it comes up", "## For programs"]
    assert [
        part for part in ("**What happened.** ", "**Why, as a rule.** ", "**What next.** ") if part not in page
    ] == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (UnknownProject, "No. Nothing was begun"),
        (TagTaken, "No. What is in its way cannot be taken back"),
        (RegistryUnreachable, "Yes. A run does so by itself, for as long as `patience` in the profile says."),
        (RateLimited, "Yes. A run does so by itself, a few times."),
        (CargoMissing, "Not alone: what is said above"),
    ],
    ids=["wrong usage", "nothing can finish it", "an outage", "a short wait", "something has to be mended first"],
)
def test_whether_to_try_again(kind: type[LoadmasterError], told: str, made: Mapping[str, str]) -> None:
    assert f"## Does it help to try again?\n\n{told}" in made[f"{kind.code}.md"]


def test_an_error_is_shown_with_words_in_place_of_values() -> None:
    assert placeholder_error(TagTaken).what == "The tag `TAG` is on commit `THEIRS`; this release's commit is `OURS`."


class OddlyMade(Exception):
    def __init__(self, made_of: complex) -> None:
        """No error of the catalogue has a fact of this kind."""


def test_planted_a_fact_without_a_placeholder_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="no placeholder for `made_of: complex`"):
        placeholder_error(OddlyMade)  # type: ignore[arg-type]


PLANTED = '''"""Opens doors. It closes none."""

def knock(door: str, last: HandleMissing | None) -> BellSilent:
    try:
        if isinstance(last, DoorGone):
            raise DoorJammed(door)
    except KeyLost:
        return rows[LockFrozen]
'''


def test_the_modules_that_raise_an_error_are_found_and_those_that_ask_for_it_are_not(tmp_path: Path) -> None:
    (tmp_path / "house" / "doors").mkdir(parents=True)
    (tmp_path / "house" / "doors" / "knocking.py").write_text(PLANTED)
    (tmp_path / "house" / "doors" / "doors_page.py").write_text("raise DoorJammed()")
    found = raisers(tmp_path / "house")
    assert found["DoorJammed"] == found["LockFrozen"] == (Raiser("house/doors/knocking.py", "Opens doors."),)
    assert found.keys() & {"DoorGone", "KeyLost", "HandleMissing", "BellSilent"} == set()
