"""Which project a command is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.cli.commands.projects.here import chosen, find_here, profile_of_tree
from loadmaster.errors.profile.lying import NoProfileHere, ProfileAsksForMore, ProjectNameTaken, TwoProfiles
from loadmaster.errors.request import ProfileBroken, UnknownProject
from loadmaster.run import profiles
from loadmaster.run.known_projects import find_known, keep
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from tests.kit.hangar import FILES, commit_all, git, repository, write

PROFILE = {"loadmaster.toml": 'forge = "ada/hangar"\n'}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path / "home"))
    return Store(tmp_path / "home")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return repository(tmp_path / "hangar", PROFILE)


@pytest.fixture
def told() -> list[str]:
    return []


class TestWithoutAName:
    def test_the_profile_is_found_from_the_working_directory_upwards(
        self, store: Store, clone: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone / "cli" / "src")
        choice = chosen(None, None, told.append)
        assert choice == ("hangar", str(clone), str(clone))
        assert load_project("hangar").source.repository == str(clone)
        assert told == []

    def test_the_nearest_one_counts(self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(clone, {"cli/loadmaster.toml": 'name = "cli"\nforge = "ada/hangar"\n'})
        monkeypatch.chdir(clone / "cli" / "src")
        assert chosen(None, None).project == "cli"
        assert load_project("cli").source.roots == ("cli/Cargo.toml",)

    def test_nothing_above_the_repository_counts(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, PROFILE)
        monkeypatch.chdir(repository(tmp_path / "inner"))
        with pytest.raises(NoProfileHere) as caught:
            chosen(None, None)
        assert f"the repository `{tmp_path / 'inner'}` has no profile" in caught.value.what
        assert "`loadmaster init`" in caught.value.fix

    def test_outside_of_any_repository_the_next_step_is_a_clone(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, PROFILE)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(NoProfileHere, match="lies in no git repository") as caught:
            chosen(None, None)
        assert "change into a clone" in caught.value.fix.lower()

    def test_what_is_given_goes_before_the_clone(
        self, store: Store, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        other = tmp_path / "other"
        other.mkdir()
        assert chosen(None, "../other") == ("hangar", str(other), str(other))

    def test_two_profiles_are_an_error(self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        manifest = FILES["Cargo.toml"] + '[workspace.metadata.loadmaster]\nforge = "ada/hangar"\n'
        write(clone, {"Cargo.toml": manifest})
        monkeypatch.chdir(clone)
        with pytest.raises(TwoProfiles):
            chosen(None, None)

    def test_a_broken_one_is_told_and_the_next_command_reads_it_anew(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        write(clone, {"loadmaster.toml": "forge = 3\n"})
        with pytest.raises(ProfileBroken, match="forge"):
            chosen(None, None)
        write(clone, PROFILE)
        assert chosen(None, None).project == "hangar"

    def test_what_it_asks_for_is_told_and_can_then_be_allowed(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        write(clone, {"loadmaster.toml": PROFILE["loadmaster.toml"] + '[cargo]\nsandbox = "none"\n'})
        with pytest.raises(ProfileAsksForMore):
            chosen(None, None)
        kept = find_known("hangar", store)
        assert kept is not None
        keep(kept.model_copy(update={"allowed": {"cargo.sandbox": "none"}}), store)
        assert chosen(None, None).project == "hangar"


class TestWhatIsReleased:
    def test_a_release_pushes_to_where_the_clone_came_from(
        self, store: Store, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(tmp_path, "clone", "--quiet", str(clone), str(tmp_path / "mine"))
        monkeypatch.chdir(tmp_path / "mine")
        assert chosen(None, None) == ("hangar", str(tmp_path / "mine"), str(clone))

    def test_no_credential_of_that_address_is_passed_on(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(clone, "remote", "add", "origin", "https://mia:secret@forge.example/ada/hangar")
        monkeypatch.chdir(clone)
        assert chosen(None, None).remote == "https://forge.example/ada/hangar"


class TestByName:
    def test_a_known_project_is_taken_wherever_the_command_runs(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        assert chosen("demo", None) == ("demo", None, None)

    def test_the_name_of_the_project_here_will_do(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        assert chosen("hangar", None).repository == str(clone)

    def test_any_other_is_unknown(self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(clone)
        with pytest.raises(UnknownProject):
            chosen("nope", None)


class TestWhoHasTheName:
    def test_another_clone_takes_it_over_and_that_is_said(
        self, store: Store, clone: Path, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = repository(tmp_path / "other", PROFILE)
        for place in (clone, other):
            monkeypatch.chdir(place)
            chosen(None, None, told.append)
        assert told == [f"`hangar` is the project in `{other}` from now on; it was the one in `{clone}`"]
        assert load_project("hangar").source.repository == str(other)

    def test_two_profiles_of_one_repository_need_names(
        self, store: Store, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(clone, {"cli/loadmaster.toml": 'forge = "ada/hangar"\n'})
        monkeypatch.chdir(clone)
        chosen(None, None)
        monkeypatch.chdir(clone / "cli")
        with pytest.raises(ProjectNameTaken):
            chosen(None, None)

    def test_one_that_was_made_known_keeps_what_is_committed_and_a_difference_is_said(
        self, store: Store, clone: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(clone)
        chosen(None, None)
        kept = find_known("hangar", store)
        assert kept is not None
        keep(kept.model_copy(update={"branch": "main"}), store)
        write(clone, {"loadmaster.toml": 'forge = "ada/hangar"\ntitle = "Mine"\n'})
        assert chosen(None, None, told.append).project == "hangar"
        assert load_project("hangar").title == ""
        assert "does not count until it is committed" in told[0]
        commit_all(clone)
        assert chosen(None, None, told.append).project == "hangar"
        assert (load_project("hangar").title, len(told)) == ("Mine", 1)

    def test_a_server_s_directory_goes_before_the_file_here_and_that_is_said(
        self, store: Store, clone: Path, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "server", {"hangar.toml": 'forge = "a/b"\n[source]\nrepository = "x"\n'})
        monkeypatch.setattr(profiles, "PROJECTS", tmp_path / "server")
        monkeypatch.chdir(clone)
        assert chosen(None, None, told.append) == ("hangar", str(clone), str(clone))
        assert "goes before `loadmaster.toml`" in told[0]
        assert find_known("hangar", store) is None


class TestAPlainTree:
    def test_its_profile_counts_without_a_repository(self, tmp_path: Path) -> None:
        write(tmp_path, {**FILES, **PROFILE})
        profile = profile_of_tree(tmp_path)
        assert profile is not None
        assert profile.name == "hangar"

    def test_a_tree_without_one_has_none(self, tmp_path: Path) -> None:
        assert profile_of_tree(tmp_path) is None
        assert profile_of_tree(tmp_path / "nowhere") is None

    def test_below_the_top_it_is_not_used_and_that_is_said(self, clone: Path, told: list[str]) -> None:
        write(clone, {"cli/loadmaster.toml": PROFILE["loadmaster.toml"]})
        assert profile_of_tree(clone / "cli", told.append) is None
        assert "`loadmaster.toml` is not used" in told[0]

    def test_a_broken_one_is_told(self, tmp_path: Path) -> None:
        write(tmp_path, {"loadmaster.toml": "forge = 3\n"})
        with pytest.raises(ProfileBroken):
            profile_of_tree(tmp_path)


def test_a_bare_repository_holds_no_profile_to_find(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(clone), str(tmp_path / "bare.git"))
    assert find_here(tmp_path / "bare.git") is None
