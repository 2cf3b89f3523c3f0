"""`loadmaster init`, as a program, where there is no workspace at the top of a repository."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from loadmaster.cli.commands.init import write_first_profile
from tests.kit.packing import body
from tests.kit.registry_world import Served
from tests.kit.running import Ran, Repository, index_of, loadmaster, packaged, publish


def init(home: Path, path: Path, *options: str) -> Ran:
    return loadmaster(home, "init", str(path), *options, LOADMASTER_PROJECTS=str(home / "projects"))


def repository_of(directory: Path, *files: str) -> Path:
    for each in files:
        (directory / each).parent.mkdir(parents=True, exist_ok=True)
        (directory / each).write_text('[package]\nname = "a"\n', encoding="utf-8")
    for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message=All of it")):
        author = ("-c", "user.name=Mia", "-c", "user.email=mia@localhost")
        subprocess.run(("git", *author, *arguments), cwd=directory, check=True, capture_output=True)
    return directory


def test_a_package_in_a_repository_is_told_where_the_top_is(home: Path, repository: Repository) -> None:
    ran = init(home, repository.directory / "hull", "--json")
    assert ran.code == 1
    told = ran.document["failure"]
    assert told["what"].endswith(f"lies inside the repository `{repository.directory}`, and is not its top.")
    assert f"name `{repository.directory}`" in told["next"]


NO_WORKSPACE = [
    pytest.param(
        ("rust/Cargo.toml", "rust/a/Cargo.toml"), "deeper, as `rust/Cargo.toml` does", id="a root that lies deeper"
    ),
    pytest.param(("README.md",), "is not a Cargo workspace", id="no manifest at all"),
]


@pytest.mark.parametrize(("files", "told"), NO_WORKSPACE)
def test_a_repository_without_a_workspace(home: Path, tmp_path: Path, files: tuple[str, ...], told: str) -> None:
    ran = init(home, repository_of(tmp_path / "other", *files))
    assert ran.code == 1
    assert told in ran.err
    assert not (home / "projects").exists()


def test_a_directory_that_is_in_no_repository(home: Path, tmp_path: Path) -> None:
    ran = init(home, tmp_path)
    assert ran.code == 1
    assert "is not a git repository" in ran.err


def test_the_commands_that_come_next_can_be_typed(home: Path, repository: Repository) -> None:
    ran = init(home, repository.directory, "--name", "my ship")
    assert ran.code == 0, ran.err
    assert "loadmaster plan --project 'my ship' --version patch" in ran.out


def test_what_would_be_written_into_the_changelog_is_shown(home: Path, repository: Repository) -> None:
    (repository.directory / "CHANGELOG.md").write_text("# Next\n\n- Sails\n", encoding="utf-8")
    repository_of(repository.directory)
    ran = init(home, repository.directory)
    assert "CHANGELOG.md would say of 1.1.0:\n    ## [1.1.0] - " in ran.out


def test_where_a_changelog_has_no_entries_those_of_the_commits_are_shown(home: Path, repository: Repository) -> None:
    (repository.directory / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n\n- Hull\n", encoding="utf-8")
    repository_of(repository.directory)
    repository.tag("v1.0.0")
    repository.git("commit", "--quiet", "--allow-empty", "--message=feat: sails")
    ran = init(home, repository.directory)
    assert "    ### Added\n    - Sails\n" in ran.out, ran.err


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "x\ny"])
def test_a_name_that_is_no_file_s_is_refused(home: Path, repository: Repository, name: str) -> None:
    ran = init(home, repository.directory, "--name", name)
    assert ran.code == 2
    assert "cannot be the project's name" in ran.err
    assert not list(home.parent.rglob("*x.toml"))


def test_a_directory_that_is_not_there_is_a_wrong_request(home: Path, tmp_path: Path) -> None:
    ran = init(home, tmp_path / "gone")
    assert (ran.code, "is not a directory" in ran.err) == (2, True)


SPOILT = [
    pytest.param(
        "hull/Cargo.toml", "x = = 1\n", r"`hull/Cargo.toml` is not TOML: Invalid value (at line 1, column 5)", id="TOML"
    ),
    pytest.param("hull/Cargo.toml", "", "it has neither `[package]` nor `[workspace]`", id="an empty manifest"),
    pytest.param("hull/Cargo.toml", '[package]\nname = "mid"\n', "Two members are called `mid`", id="a name twice"),
    pytest.param("Cargo.toml", '[workspace]\nmembers = ["no/*"]\n', "has the member `no/*`", id="a glob for nothing"),
]


@pytest.mark.parametrize(("path", "text", "told"), SPOILT)
def test_what_cargo_refuses_is_told_by_its_own_error(
    home: Path, repository: Repository, path: str, text: str, told: str
) -> None:
    (repository.directory / path).write_text(text, encoding="utf-8")
    ran = init(home, repository.directory, "--json")
    assert (ran.code, told in ran.document["failure"]["what"]) == (1, True), ran.err


def test_a_name_that_is_somebody_else_s_on_the_registry_is_left_out(
    repository: Repository, world: Served, tmp_path: Path
) -> None:
    publish(world, "hull", "mid")
    world.registry.add_account("eve")
    theirs = packaged("app", "2.3.0", extra='repository = "https://forge.example/eve/app"\n')
    assert world.put(body(theirs, "app", "2.3.0"), world.token_of("eve")).status_code == 200
    written = write_first_profile(repository.directory, None, tmp_path / "projects", index_of(world), force=False)
    exclude = tomllib.loads(written.profile)["release"]["exclude"]
    assert exclude == [{"package": "app", "why": "somebody else's on crates.io"}]


@pytest.mark.parametrize(
    ("how", "code"),
    [("--depth=1", "source-incomplete"), ("--no-tags", "source-incomplete"), ("--bare", "no-work-tree")],
    ids=["shallow", "without tags", "bare"],
)
def test_a_clone_that_does_not_show_all_is_refused_by_name(
    home: Path, repository: Repository, tmp_path: Path, how: str, code: str
) -> None:
    place = tmp_path / "clone"
    subprocess.run(("git", "clone", "--quiet", how, repository.directory.as_uri(), str(place)), check=True)
    ran = init(home, place, "--json")
    assert (ran.code, ran.document["failure"]["code"]) == (1, code)
    assert not (home / "projects").exists()


def test_a_linked_work_tree_with_a_detached_head_has_a_profile(
    home: Path, repository: Repository, tmp_path: Path
) -> None:
    add = ("git", "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    subprocess.run(add, cwd=repository.directory, check=True)
    ran = init(home, tmp_path / "linked", "--name", "linked", "--json")
    assert ran.code == 0, ran.err
