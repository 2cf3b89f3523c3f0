"""`loadmaster profile check` and `explain`: the whole of what is wrong, with lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.cli.commands.projects.checking import check_profile, checked_text
from loadmaster.cli.commands.projects.explaining import explained_text
from loadmaster.errors.edits import TreeMissing
from loadmaster.errors.profile.lying import NoProfileHere
from loadmaster.planning.profile.fields import explain
from loadmaster.run.profiles import OWN_PROJECTS
from tests.kit.hangar import git, repository, write

WRONG = 'forge = 3\n[source]\nrepository = "x"\n[release]\npolicy = "x"\n'


def test_every_problem_has_its_place(tmp_path: Path) -> None:
    place = repository(tmp_path / "hangar", {"loadmaster.toml": WRONG})
    checked = check_profile(place / "cli")
    file = place / "loadmaster.toml"
    assert [line.partition(" ")[0] for line in checked_text(checked).splitlines()] == [
        f"{file}:1:",
        f"{file}:3:",
        f"{file}:5:",
    ]
    assert check_profile(file) == checked
    assert checked.project is None


def test_a_sound_one_is_said_with_what_a_server_would_have_to_allow(tmp_path: Path) -> None:
    text = 'forge = "ada/hangar"\n[cargo]\nsandbox = "none"\n'
    place = repository(tmp_path / "hangar", {"loadmaster.toml": text})
    git(place, "remote", "add", "origin", "https://forge.example/mallory/hangar")
    checked = check_profile(place)
    assert (checked.project, checked.problems) == ("hangar", ())
    assert set(checked.asks_for) == {"cargo.sandbox", "forge"}
    assert "  cargo.sandbox = none" in checked_text(checked)


def test_a_profile_of_a_server_is_checked_by_the_rules_of_such(tmp_path: Path) -> None:
    assert check_profile(OWN_PROJECTS / "demo.toml").project == "demo"
    write(tmp_path, {"wing.toml": 'name = "x"\n'})
    assert [problem.field for problem in check_profile(tmp_path / "wing.toml").problems] == ["name"]


def test_a_place_without_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoProfileHere):
        check_profile(repository(tmp_path / "hangar"))
    with pytest.raises(TreeMissing):
        check_profile(tmp_path / "nowhere")


def test_a_field_and_a_table_are_explained() -> None:
    assert explained_text(*explain("release.tag")).startswith('release.tag (if left out: `"v{version}"`)\n  The tag')
    assert explained_text(*explain("forge")).startswith("forge (required)\n")
    assert "\n  sandbox_reads  Paths that builds may read" in explained_text(*explain("cargo"))
