"""Projects are made known, listed, allowed something, and forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.cli.commands.projects.knowing import (
    ListedProject,
    add,
    added_text,
    allow_fields,
    list_projects,
    projects_text,
    remove,
)
from loadmaster.errors.git import BranchMissing
from loadmaster.errors.profile.lying import (
    AddressRefused,
    NoProfileIn,
    ProfileAsksForMore,
    ProfileFieldUnknown,
    ProjectNameTaken,
    SeveralProfiles,
)
from loadmaster.errors.request import ProfileBroken, UnknownProject, WrongRequest
from loadmaster.run import profiles
from loadmaster.run.known_projects import find_known
from loadmaster.run.profiles import load_project, read_anew
from loadmaster.run.store import Store
from tests.kit.hangar import commit_all, git, repository, write

PROFILE = 'forge = "ada/hangar"\n'
BOTH = {"core/loadmaster.toml": 'name = "core"\n' + PROFILE, "tool/loadmaster.toml": 'name = "tool"\n' + PROFILE}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path / "home"))
    return Store(tmp_path / "home")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return repository(tmp_path / "hangar", {"loadmaster.toml": PROFILE})


def listed(store: Store, name: str) -> ListedProject:
    return next(one for one in list_projects(store) if one.project == name)


class TestAdding:
    def test_a_clone_is_known_by_what_is_committed(self, store: Store, clone: Path) -> None:
        write(clone, {"loadmaster.toml": PROFILE + 'title = "Not committed"\n'})
        added = add(str(clone / "cli"), None, None, store)
        assert (added.project, added.address, added.branch, added.file) == (
            "hangar",
            str(clone),
            "main",
            "loadmaster.toml",
        )
        assert load_project("hangar").title == ""
        assert listed(store, "hangar").branch == "main"

    def test_a_bare_repository_is_known_as_well(self, store: Store, clone: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", str(clone), str(tmp_path / "bare.git"))
        assert add(str(tmp_path / "bare.git"), None, None, store).address == str(tmp_path / "bare.git")

    def test_the_release_branch_is_read_whatever_is_checked_out(self, store: Store, clone: Path) -> None:
        git(clone, "checkout", "--quiet", "-b", "work")
        write(clone, {"loadmaster.toml": PROFILE + 'title = "Work"\n'})
        commit_all(clone)
        assert add(str(clone), None, None, store).branch == "main"
        assert load_project("hangar").title == ""

    def test_a_release_branch_that_is_not_there_is_told(self, store: Store, clone: Path) -> None:
        write(clone, {"loadmaster.toml": PROFILE + '[source]\nbranch = "trunk"\n'})
        commit_all(clone)
        with pytest.raises(BranchMissing):
            add(str(clone), None, None, store)
        assert find_known("hangar", store) is None

    def test_a_profile_that_is_not_committed_is_none(self, store: Store, tmp_path: Path) -> None:
        place = repository(tmp_path / "fresh")
        write(place, {"loadmaster.toml": PROFILE})
        with pytest.raises(NoProfileIn, match="HEAD"):
            add(str(place), None, None, store)

    def test_another_name_may_be_given_and_stays(self, store: Store, clone: Path) -> None:
        assert add(str(clone), "mine", None, store).project == "mine"
        write(clone, {"loadmaster.toml": 'name = "demo"\n' + PROFILE})
        commit_all(clone)
        assert read_anew("mine").name == "mine"
        assert load_project("demo").title == "Hangar"

    @pytest.mark.parametrize("name", ["../x", "a b", "", ".x", "a/b", "x" * 65])
    def test_a_name_that_is_none_is_refused(self, store: Store, clone: Path, name: str) -> None:
        with pytest.raises(WrongRequest):
            add(str(clone), name, None, store)

    def test_a_second_time_changes_nothing_but_what_changed(self, store: Store, clone: Path) -> None:
        write(clone, {"loadmaster.toml": PROFILE + '[cargo]\nsandbox = "none"\n'})
        commit_all(clone)
        add(str(clone), None, None, store)
        allow_fields("hangar", ["cargo.sandbox"], store)
        assert add(str(clone), None, None, store).asks_for == {}


class TestSeveralProfiles:
    def test_the_directory_that_is_named_decides(self, store: Store, tmp_path: Path) -> None:
        place = repository(tmp_path / "fleet", BOTH)
        assert add(str(place / "core"), None, None, store).project == "core"
        assert add(str(place), None, "tool", store).project == "tool"
        assert load_project("tool").source.roots == ("tool/Cargo.toml",)
        with pytest.raises(NoProfileIn):
            add(str(place), None, "mast", store)

    def test_without_one_they_are_named(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(SeveralProfiles) as caught:
            add(str(repository(tmp_path / "fleet", BOTH)), None, None, store)
        assert "`core/loadmaster.toml`, `tool/loadmaster.toml`" in caught.value.what


class TestWhoHasTheName:
    def test_another_repository_does_not_get_it(self, store: Store, clone: Path, tmp_path: Path) -> None:
        add(str(clone), None, None, store)
        other = repository(tmp_path / "other", {"loadmaster.toml": PROFILE})
        with pytest.raises(ProjectNameTaken, match="hangar"):
            add(str(other), None, None, store)
        assert load_project("hangar").source.repository == str(clone)

    def test_a_server_s_directory_keeps_it(
        self, store: Store, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "server", {"hangar.toml": PROFILE})
        monkeypatch.setattr(profiles, "PROJECTS", tmp_path / "server")
        with pytest.raises(ProjectNameTaken):
            add(str(clone), None, None, store)


REFUSED = [
    ("a password", "https://mia:secret@forge.example/ada/hangar"),
    ("a token", "https://secret@forge.example/ada/hangar"),
    ("a program", "ext::sh -c secret"),
    ("an option", "--upload-pack=secret"),
    ("a file address", "file:///secret"),
    ("a directory that is not there", "/nowhere/secret"),
    ("nothing", ""),
]


@pytest.mark.parametrize("address", [row[1] for row in REFUSED if row[1]], ids=[row[0] for row in REFUSED if row[1]])
def test_an_address_that_no_run_may_ask_is_refused(store: Store, address: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        add(address, None, None, store)
    assert "secret@" not in str(caught.value)
    assert not (store.root / "projects").exists()


class TestAllowing:
    @pytest.fixture
    def asking(self, clone: Path) -> Path:
        write(clone, {"loadmaster.toml": PROFILE + '[cargo]\nenvironment = ["DATABASE_URL"]\nsandbox = "none"\n'})
        commit_all(clone)
        return clone

    def test_what_a_profile_asks_for_is_shown_with_the_way_to_allow_it(self, store: Store, asking: Path) -> None:
        added = add(str(asking), None, None, store)
        assert added.asks_for == {"cargo.environment": ["DATABASE_URL"], "cargo.sandbox": "none"}
        assert "loadmaster project allow hangar cargo.environment cargo.sandbox" in added_text(added)
        with pytest.raises(ProfileAsksForMore):
            read_anew("hangar")

    def test_only_what_is_named_is_allowed_and_only_as_it_is_now(self, store: Store, asking: Path) -> None:
        add(str(asking), None, None, store)
        allow_fields("hangar", ["cargo.environment"], store)
        with pytest.raises(ProfileAsksForMore) as caught:
            read_anew("hangar")
        assert caught.value.facts["fields"] == ["cargo.sandbox"]
        allow_fields("hangar", ["cargo.sandbox"], store)
        assert read_anew("hangar").cargo.environment == ("DATABASE_URL",)
        write(asking, {"loadmaster.toml": PROFILE + '[cargo]\nenvironment = ["OTHER_URL"]\nsandbox = "none"\n'})
        commit_all(asking)
        with pytest.raises(ProfileAsksForMore) as caught:
            read_anew("hangar")
        assert caught.value.facts["fields"] == ["cargo.environment"]

    def test_what_it_does_not_ask_for_cannot_be_allowed(self, store: Store, asking: Path) -> None:
        add(str(asking), None, None, store)
        with pytest.raises(ProfileFieldUnknown):
            allow_fields("hangar", ["cargo.sandbox_reads"], store)
        with pytest.raises(UnknownProject):
            allow_fields("demo", ["cargo.sandbox"], store)


class TestListing:
    def test_a_broken_one_is_listed_with_its_problem_beside_the_others(self, store: Store, clone: Path) -> None:
        add(str(clone), None, None, store)
        write(clone, {"loadmaster.toml": "forge = 3\n"})
        commit_all(clone)
        with pytest.raises(ProfileBroken):
            read_anew("hangar")
        assert "`forge`" in listed(store, "hangar").problem
        assert listed(store, "demo").problem == ""
        text = projects_text(list_projects(store))
        assert f"hangar       cannot be used, {clone}, branch main\n" in text
        assert "demo         Hangar (loadmaster/hangar), " in text

    def test_one_that_is_removed_is_not_listed_and_its_repository_stays(self, store: Store, clone: Path) -> None:
        add(str(clone), None, None, store)
        assert remove("hangar", store) == str(clone)
        assert all(one.project != "hangar" for one in list_projects(store))
        assert (clone / "loadmaster.toml").exists()
        with pytest.raises(UnknownProject):
            remove("hangar", store)

    def test_one_that_cannot_be_read_any_more_can_be_removed(self, store: Store, clone: Path) -> None:
        add(str(clone), None, None, store)
        (store.root / "projects" / "hangar.json").write_text("{")
        assert "damaged" in listed(store, "hangar").problem
        assert "cannot be read" in remove("hangar", store)
        assert find_known("hangar", store) is None
