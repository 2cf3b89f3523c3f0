"""Projects that were made known: what is kept of them, and how their profiles are read anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.git import BranchMissing
from loadmaster.errors.profile.lying import NoProfileIn, ProfileAsksForMore, TwoProfiles
from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.errors.workspace import LinkOutOfTree
from loadmaster.planning.profile.in_repository import ProfileText
from loadmaster.run import profiles
from loadmaster.run.known_projects import KnownProject, find_known, forget, keep, known_names, look_again
from loadmaster.run.profiles import load_project, project_names, read_anew
from loadmaster.run.store import Store
from tests.kit.hangar import git

PROFILE = 'forge = "ada/wing"\ntitle = "{}"\n'


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path / "home"))
    return Store(tmp_path / "home")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    place = tmp_path / "wing"
    place.mkdir()
    git(place, "init", "--quiet", "--initial-branch", "main")
    commit(place, PROFILE.format("First"))
    return place


def commit(place: Path, profile: str) -> None:
    (place / "loadmaster.toml").write_text(profile)
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "It")


def known(clone: Path, *, branch: str | None = "main", name: str = "wing") -> KnownProject:
    profile = ProfileText(file="loadmaster.toml", text=PROFILE.format("Old"))
    return KnownProject(name=name, address=str(clone), branch=branch, folder="", profile=profile)


def test_what_is_kept_is_found_by_its_name_and_forgotten_again(store: Store, clone: Path) -> None:
    assert known_names(store) == ()
    assert not store.root.exists()
    keep(known(clone), store)
    keep(known(clone, name="tail"), store)
    assert known_names(store) == ("tail", "wing")
    assert find_known("wing", store) == known(clone)
    forget("wing", store)
    assert find_known("wing", store) is None
    assert known_names(store) == ("tail",)


def test_a_run_reads_what_is_committed_and_not_what_lies_in_the_clone(store: Store, clone: Path) -> None:
    keep(known(clone), store)
    (clone / "loadmaster.toml").write_text(PROFILE.format("Not committed"))
    assert load_project("wing").title == "Old"
    assert read_anew("wing").title == "First"
    commit(clone, PROFILE.format("Second"))
    assert load_project("wing").title == "First"
    assert read_anew("wing").title == "Second"
    assert load_project("wing").title == "Second"


def test_a_profile_of_the_clone_in_which_a_command_runs_is_read_as_it_is(store: Store, clone: Path) -> None:
    keep(known(clone, branch=None), store)
    (clone / "loadmaster.toml").write_text(PROFILE.format("Not committed"))
    assert read_anew("wing").title == "Not committed"
    assert read_anew("wing").source.repository == str(clone)


def test_its_repository_is_the_one_where_it_was_found(store: Store, clone: Path) -> None:
    keep(known(clone), store)
    assert read_anew("wing").source.repository == str(clone)


def removed(clone: Path) -> None:
    git(clone, "rm", "--quiet", "loadmaster.toml")
    git(clone, "commit", "--quiet", "--message", "Gone")


def renamed_branch(clone: Path) -> None:
    git(clone, "branch", "--move", "main", "trunk")


def twice(clone: Path) -> None:
    (clone / "Cargo.toml").write_text('[workspace.metadata.loadmaster]\nforge = "a/b"\n')
    commit(clone, PROFILE.format("Twice"))


def without_toml(clone: Path) -> None:
    commit(clone, "[")


def with_a_wish(clone: Path) -> None:
    commit(clone, PROFILE.format("x") + '[cargo]\nenvironment = ["DATABASE_URL"]\n')


SPOILT = [
    ("the profile is gone", removed, NoProfileIn),
    ("the branch is gone", renamed_branch, BranchMissing),
    ("there are two", twice, TwoProfiles),
    ("it is no TOML", without_toml, ProfileBroken),
    ("it asks for more", with_a_wish, ProfileAsksForMore),
]


@pytest.mark.parametrize(("spoil", "error"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_profile_that_cannot_be_used_breaks_nothing_but_itself(
    store: Store, clone: Path, spoil: object, error: type[LoadmasterError]
) -> None:
    keep(known(clone), store)
    assert callable(spoil)
    spoil(clone)
    with pytest.raises(error):
        read_anew("wing")
    assert {"wing", "demo"} <= set(project_names())
    assert load_project("demo").title == "Hangar"


def test_what_is_kept_and_damaged_is_one_broken_project(store: Store, clone: Path) -> None:
    keep(known(clone), store)
    (store.root / "projects" / "wing.json").write_text("{")
    with pytest.raises(ProfileBroken, match="damaged"):
        load_project("wing")
    assert load_project("demo").title == "Hangar"


def test_a_link_out_of_the_clone_is_not_followed(store: Store, clone: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password = 1\n")
    (clone / "loadmaster.toml").unlink()
    (clone / "loadmaster.toml").symlink_to(secret)
    with pytest.raises(LinkOutOfTree):
        look_again(known(clone, branch=None), store)


def test_a_manifest_that_is_no_text_is_no_profile_s_trouble(store: Store, clone: Path) -> None:
    (clone / "Cargo.toml").write_bytes(b"\xff")
    assert look_again(known(clone, branch=None), store).profile.file == "loadmaster.toml"


def test_a_pipe_in_the_place_of_a_profile_is_none(store: Store, clone: Path) -> None:
    (clone / "loadmaster.toml").unlink()
    os.mkfifo(clone / "loadmaster.toml")
    with pytest.raises(NoProfileIn):
        look_again(known(clone, branch=None), store)


def test_the_directory_of_a_server_goes_first_and_the_examples_last(
    store: Store, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(known(clone, name="demo"), store)
    assert load_project("demo").title == "Old"
    server = tmp_path / "server"
    server.mkdir()
    (server / "demo.toml").write_text('title = "Server\'s"\nforge = "a/b"\n[source]\nrepository = "x"\n')
    monkeypatch.setattr(profiles, "PROJECTS", server)
    assert load_project("demo").title == "Server's"
    assert read_anew("demo").title == "Server's"


def test_an_unknown_project_names_those_that_people_made_known(store: Store, clone: Path) -> None:
    keep(known(clone), store)
    with pytest.raises(UnknownProject, match="nope") as caught:
        load_project("nope")
    assert "`wing`" in caught.value.fix
