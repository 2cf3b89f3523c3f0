"""`loadmaster plan`, as a program, where a release was begun: it says what the release would say."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command

from loadmaster.cli.app import app
from loadmaster.planning.begun import FIELDS, WayBack
from loadmaster.run.profiles import OWN_PROJECTS
from tests.kit.hangar import git
from tests.kit.running import VERSION, Ran, Repository, loadmaster

pytestmark = pytest.mark.cargo


def plan(home: Path, repository: Repository, version: str, *options: str) -> Ran:
    asked = ("--project", "demo", "--version", version, "--repository", str(repository.directory))
    return loadmaster(home, "plan", *asked, *options, "--json")


def test_a_level_stops_until_the_begun_release_is_finished_or_given_up(home: Path, repository: Repository) -> None:
    repository.begin(VERSION)
    repository.go_on()
    stopped = plan(home, repository, "minor")
    assert (stopped.code, stopped.document["failure"]["code"]) == (1, "release-unfinished")
    facts = stopped.document["failure"]["facts"]
    assert (facts["version"], facts["asked"], facts["missing"]) == (VERSION, "1.1.0", [f"tag v{VERSION}"])
    assert facts["command"] == WayBack(project="demo", options={"repository": str(repository.directory)}).command(
        VERSION
    )

    given_up = plan(home, repository, "minor", "--over", VERSION, "--why", "it panics").document
    assert given_up["release"]["version"] == "1.1.0"
    assert f"`{VERSION}` was begun and is given up, by the request: it panics" in given_up["deviations"]


def test_the_begun_release_itself_is_planned_from_its_own_commit(home: Path, repository: Repository) -> None:
    begun = repository.begin(VERSION)
    repository.go_on()
    planned = plan(home, repository, VERSION).document
    assert (planned["release"]["version"], planned["release"]["base_commit"]) == (VERSION, begun)
    assert planned["release"]["edits"] == []


def test_the_release_takes_every_option_that_a_way_back_names() -> None:
    command = get_command(app).commands["release"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {f"--{name}" for name in (*FIELDS, "project", "version", "over", "why")} <= options


def test_a_maintenance_branch_is_planned_if_the_profile_names_it(home: Path, repository: Repository) -> None:
    refused = plan(home, repository, "patch", "--branch", "release/1.0")
    assert (refused.code, refused.document["failure"]["code"]) == (2, "branch-not-released")
    profile = (OWN_PROJECTS / "demo.toml").read_text(encoding="utf-8") + '\n[release]\nbranches = ["release/*"]\n'
    (home / "projects").mkdir(parents=True)
    (home / "projects" / "demo.toml").write_text(profile, encoding="utf-8")
    asked = ("--project", "demo", "--version", "patch", "--repository", str(repository.directory), "--json")
    ours = {"LOADMASTER_PROJECTS": str(home / "projects")}
    absent = loadmaster(home, "plan", *asked, "--branch", "release/1.0", **ours)
    assert absent.document["failure"]["code"] == "branch-missing"
    git(repository.directory, "branch", "release/1.0")
    planned = loadmaster(home, "plan", *asked, "--branch", "release/1.0", **ours)
    assert planned.document["release"]["branch"] == "release/1.0"


def test_the_commands_of_the_profile_run_for_the_plan_and_its_hash_is_that_of_what_they_make(
    home: Path, repository: Repository
) -> None:
    profile = (OWN_PROJECTS / "demo.toml").read_text(encoding="utf-8")
    (home / "projects").mkdir(parents=True)
    hashes = []
    for script in ("echo $LOADMASTER_VERSION > table.md", "echo more > table.md", "exit 3"):
        command = f'[[release.commands]]\nname = "table"\nrun = ["sh", "-ec", "{script}"]\npaths = ["table.md"]\n'
        (home / "projects" / "demo.toml").write_text(f"{profile}\n{command}", encoding="utf-8")
        asked = ("--project", "demo", "--version", "minor", "--repository", str(repository.directory), "--json")
        planned = loadmaster(home, "plan", *asked, LOADMASTER_PROJECTS=str(home / "projects"))
        if script == "exit 3":
            assert (planned.code, planned.document["failure"]["code"]) == (1, "release-command-failed")
            break
        (ran,) = planned.document["release"]["commands"]
        assert (ran["name"], [(each["path"], each["how"]) for each in ran["files"]]) == (
            "table",
            [("table.md", "made")],
        )
        assert [each["name"] for each in planned.document["commands"]] == ["table"]
        hashes.append(planned.document["plan"])
    assert len(set(hashes)) == 2
    assert not list((home / "runs").iterdir())
