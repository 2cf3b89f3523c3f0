"""The program as a person starts it: bad input, what it prints, how it exits, and that it changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
from typer._click.core import Command
from typer.core import TyperOption
from typer.main import get_group

from loadmaster.cli.app import app, main
from loadmaster.planning.values.receipt import json_schema
from loadmaster.run.profiles import project_names
from tests.kit.checkout import ROOT
from tests.kit.hangar import FILES, commit_all, git, repository, write


class Said(NamedTuple):
    code: int
    out: str
    err: str

    def document(self) -> Any:
        """What `--json` printed: one document, and nothing else."""
        return json.loads(self.out)


Program = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def loadmaster(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Program:
    def program(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["loadmaster", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main({})
        code = ended.value.code or 0
        assert isinstance(code, int)
        return Said(code, *capfd.readouterr())

    return program


@pytest.fixture
def hangar(tmp_path: Path) -> Path:
    return repository(tmp_path / "hangar")


def state_of(directory: Path) -> Mapping[str, str]:
    """Every file below, those of git too, by its digest."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class TestProjects:
    def test_they_are_listed(self, loadmaster: Program) -> None:
        said = loadmaster("projects")
        assert said.code == 0
        assert [line.split()[0] for line in said.out.splitlines()] == list(project_names())

    def test_as_json_they_are_one_document(self, loadmaster: Program) -> None:
        said = loadmaster("projects", "--json")
        assert (said.code, said.err) == (0, "")
        assert {"project": "demo", "title": "Hangar", "forge": "loadmaster/hangar"} in said.document()


COMMANDS = sorted(get_group(app).commands.items())


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
class TestHelp:
    def test_it_names_the_exit_codes(self, name: str, command: Command) -> None:
        codes = " ".join((command.help or "").split()).partition("Exit codes: 0 ")[2]
        assert re.search(r"\b2 \w+", codes)

    def test_its_example_can_be_typed(self, name: str, command: Command) -> None:
        program, typed, *arguments = (command.epilog or "").removeprefix("Example: ").split()
        assert (program, typed) == ("loadmaster", name)
        command.make_context(name, arguments)

    def test_no_word_of_it_is_taken_for_markup(self, name: str, command: Command) -> None:
        texts = [command.help or "", *(each.help or "" for each in command.params if isinstance(each, TyperOption))]
        assert [text for text in texts if "`[" in text] == []

    def test_the_readme_lists_it(self, name: str, command: Command) -> None:
        assert re.search(rf"`loadmaster {name}[ `]", (ROOT / "README.md").read_text())


class TestUsage:
    WRONG: tuple[tuple[str, list[str], str], ...] = (
        ("no command", [], "Usage"),
        ("an unknown command", ["fly"], "No such command"),
        ("an unknown option", ["projects", "--fast"], "No such option"),
        ("no project", ["plan", "-V", "minor"], "--project"),
        ("no version", ["plan", "-p", "demo"], "--version"),
        ("a version with a v", ["plan", "-p", "demo", "-V", "v1.4.0"], "`v1.4.0` is not a version"),
        ("a version of two numbers", ["plan", "-p", "demo", "-V", "1.4"], "`1.4` is not a version"),
        ("a level that is none", ["plan", "-p", "demo", "-V", "huge"], "`huge` is not a version"),
        ("an empty version", ["plan", "-p", "demo", "-V", ""], "`` is not a version"),
        ("an unknown project", ["plan", "-p", "nope", "-V", "minor"], "There is no project `nope`"),
        (
            "a release given up without a reason",
            ["plan", "-p", "demo", "-V", "minor", "--over", "0.4.0"],
            "both `over`",
        ),
        (
            "a reason to give up nothing",
            ["rehearse", "-p", "demo", "-V", "minor", "--why", "so"],
            "both `over` and `why`",
        ),
        (
            "a blank reason",
            ["release", "-p", "demo", "-V", "minor", "--over", "0.4.0", "--why", " "],
            "`why`",
        ),
        ("a commit that is none", ["plan", "-p", "demo", "-V", "minor", "--commit", "HEAD"], "`commit`"),
        ("an instant that is none", ["plan", "-p", "demo", "-V", "minor", "--as-of", "today"], "`as_of`"),
        ("an instant without zone", ["plan", "-p", "demo", "-V", "minor", "--as-of", "2026-01-24T19:00:00"], "`as_of`"),
        ("no fault script", ["rehearse", "-p", "demo", "-V", "minor", "--faults", "none.toml"], "`none.toml`"),
        ("a scenario that is not there", ["world", "--scenario", "nowhere.toml"], "`nowhere.toml`"),
        ("a port that is none", ["world", "--port", "70000"], "65535"),
        (
            "a version that is none, to rehearse",
            ["rehearse", "-p", "demo", "-V", "banana"],
            "`banana` is not a version",
        ),
        ("an unknown project, to rehearse", ["rehearse", "-p", "nope", "-V", "minor"], "There is no project `nope`"),
    )

    @pytest.mark.parametrize(("arguments", "told"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
    def test_wrong_usage_is_told_and_exits_2(
        self, arguments: list[str], told: str, loadmaster: Program, home: Path
    ) -> None:
        said = loadmaster(*arguments)
        assert said.code == 2
        assert told in said.out + said.err
        assert "Traceback" not in said.err
        assert not home.exists()

    @pytest.mark.parametrize(
        "arguments",
        [["plan", "-p", "nope", "-V", "minor"], ["plan", "-p", "demo", "-V", "banana"]],
        ids=["an unknown project", "a malformed version"],
    )
    def test_as_json_the_failure_is_the_one_document(self, arguments: list[str], loadmaster: Program) -> None:
        said = loadmaster(*arguments, "--json")
        assert said.code == 2
        failure = said.document()["failure"]
        assert said.document()["outcome"] == "failed"
        assert failure.keys() == {"what", "why", "next", "code", "facts", "transient", "final"}
        assert f"loadmaster: {failure['what']}" in said.err

    MISUSED: tuple[tuple[str, list[str], str, str], ...] = (
        ("an unknown command", ["fly"], "No such command 'fly'", "loadmaster"),
        ("an unknown option", ["projects", "--fast"], "No such option: --fast", "loadmaster projects"),
        ("no project", ["plan", "-V", "minor"], "Missing option '--project'", "loadmaster plan"),
        ("no argument", ["gates"], "Missing argument 'TREE'", "loadmaster gates"),
        ("too many arguments", ["projects", "demo"], "unexpected extra argument(s) (demo)", "loadmaster projects"),
        (
            "a number that is none",
            ["prune", "--older-than", "soon"],
            "'--older-than': Input should be a valid integer",
            "loadmaster prune",
        ),
        ("a number out of range", ["up", "--port", "70000"], "'--port': Input should be less than", "loadmaster up"),
        (
            "a choice that is none",
            ["bump", ".", "-V", "1.0.0", "--policy", "x"],
            "'x' is not one of",
            "loadmaster bump",
        ),
    )

    @pytest.mark.parametrize(
        ("arguments", "told", "command"), [row[1:] for row in MISUSED], ids=[row[0] for row in MISUSED]
    )
    def test_as_json_wrong_usage_is_the_one_document_too(
        self, arguments: list[str], told: str, command: str, loadmaster: Program, home: Path
    ) -> None:
        said = loadmaster(*arguments, "--json")
        assert said.code == 2
        assert said.document()["outcome"] == "failed"
        failure = said.document()["failure"]
        assert told in failure["what"]
        assert failure["next"] == f"mend it; `{command} --help` shows what it takes."
        assert "Usage: loadmaster" in said.err
        assert not home.exists()

    @pytest.mark.parametrize(
        ("script", "told"),
        [("fault = 1\n", "no `[[fault]]`"), ("[[fault\n", "line 1"), ("", "no `[[fault]]`")],
        ids=["no list", "not TOML", "empty"],
    )
    def test_a_broken_fault_script_is_told(self, script: str, told: str, loadmaster: Program, tmp_path: Path) -> None:
        (tmp_path / "faults.toml").write_text(script)
        said = loadmaster("rehearse", "-p", "demo", "-V", "minor", "--faults", str(tmp_path / "faults.toml"))
        assert said.code == 2
        assert told in said.err
        assert "Traceback" not in said.err


@pytest.mark.cargo
class TestPlan:
    def test_a_plan_is_one_document_and_leaves_nothing_behind(
        self, loadmaster: Program, hangar: Path, home: Path
    ) -> None:
        before = state_of(hangar)
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(hangar), "--json")
        document = said.document()
        assert (said.code, document["outcome"], document["version"]) == (0, "planned", "0.5.0")
        assert [each["name"] for each in document["release"]["crates"]] == ["hangar-units", "hangar-cli"]
        assert document["preflight_requests"] == 5
        assert document["outstanding"] == [
            "tag v0.5.0",
            "crate hangar-units@0.5.0",
            "crate hangar-cli@0.5.0",
            "release v0.5.0",
        ]
        jsonschema.validate(document, json.loads(json_schema()))
        assert state_of(hangar) == before
        assert list((home / "runs").iterdir()) == []

    def test_the_text_ends_with_every_gate(self, loadmaster: Program, hangar: Path) -> None:
        said = loadmaster("plan", "-p", "demo", "-V", "0.4.1", "--repository", str(hangar))
        assert said.code == 0
        assert said.out.startswith("demo 0.4.0 → 0.4.1\n")
        assert "✔ tree-clean: pass" in said.out
        assert "? clippy: could-not-check" in said.out

    def test_two_plans_of_one_commit_are_one_plan(self, loadmaster: Program, hangar: Path) -> None:
        plans = [
            loadmaster("plan", "-p", "demo", "-V", version, "--repository", str(hangar), "--json").document()["plan"]
            for version in ("0.5.0", "minor")
        ]
        assert plans[0] == plans[1]


def changed(files: Mapping[str, str]) -> Callable[[Path], None]:
    def change(hangar: Path) -> None:
        write(hangar, files)
        commit_all(hangar)

    return change


def without(path: str) -> Callable[[Path], None]:
    def change(hangar: Path) -> None:
        (hangar / path).unlink()
        commit_all(hangar)

    return change


def tagged(hangar: Path) -> None:
    git(hangar, "tag", "-a", "v0.5.0", "-m", "By hand")


def dirty(hangar: Path) -> None:
    write(hangar, {"units/src/lib.rs": "pub const KILOGRAM: u32 = 999;\n", "notes.txt": "mine\n"})


CYCLE = {
    "units/Cargo.toml": FILES["units/Cargo.toml"]
    + '\n[dev-dependencies]\nhangar-cli = { path = "../cli", version = "0.4.0" }\n',
    "cli/src/lib.rs": "",
    "Cargo.lock": FILES["Cargo.lock"] + 'dependencies = [\n "hangar-cli",\n]\n',
}
STALE = {"Cargo.lock": FILES["Cargo.lock"].replace('version = "0.4.0"', 'version = "0.3.0"')}
NOT_TOML = {"units/Cargo.toml": "[package\n"}
MERGED = {"Cargo.lock": "<<<<<<< HEAD\n" + FILES["Cargo.lock"]}
VERSIONS = {"units/Cargo.toml": FILES["units/Cargo.toml"].replace("0.4.0", "0.3.0")}


@pytest.mark.cargo
class TestBadInput:
    BAD: tuple[tuple[str, Callable[[Path], None], list[str], list[str]], ...] = (
        ("not a workspace", without("Cargo.toml"), [], ["is not a Cargo workspace", "`demo at ", "Cargo.toml"]),
        ("a manifest that is no TOML", changed(NOT_TOML), [], ["units/Cargo.toml` is not TOML: ", "(at line "]),
        ("a tag that is taken", tagged, [], ["tag-free: fail", "v0.5.0: exists already, on commit"]),
        ("a lower version", lambda _: None, ["-V", "0.3.0"], ["version-greater: fail", "is lower than `0.4.0`"]),
        ("an unknown commit", lambda _: None, ["--commit", "0" * 40], ["has no commit", "0" * 40]),
        ("a dirty checkout", dirty, [], ["tree-clean: fail", "units/src/lib.rs: differs", "notes.txt: differs"]),
        ("a stale lockfile", changed(STALE), [], ["lockfiles-current: fail", "Cargo.lock: has `hangar-units` at `0.3.0`"]),
        ("a lockfile in the middle of a merge", changed(MERGED), [], ["`Cargo.lock` has merge markers"]),
        ("a cycle through a versioned dev-dependency", changed(CYCLE), [], ["`hangar-units`", "name the `path` alone"]),
        ("versions that disagree", changed(VERSIONS), [], ["do not carry one version", "`hangar-units` 0.3.0"]),
        ("no changelog", without("CHANGELOG.md"), [], ["changelog-heading: fail", "CHANGELOG.md: is not in the tree"]),
    )  # fmt: skip

    @pytest.mark.parametrize(("change", "options", "told"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
    def test_it_exits_1_says_what_is_wrong_and_changes_nothing(
        self,
        change: Callable[[Path], None],
        options: list[str],
        told: list[str],
        loadmaster: Program,
        hangar: Path,
        home: Path,
    ) -> None:
        change(hangar)
        before = state_of(hangar)
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(hangar), *options)
        assert said.code == 1
        assert [each for each in told if each not in said.out + said.err] == []
        assert "Traceback" not in said.err
        assert state_of(hangar) == before
        assert list((home / "runs").iterdir()) == []

    def test_closed_gates_are_one_document_too(self, loadmaster: Program, hangar: Path) -> None:
        tagged(hangar)
        dirty(hangar)
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(hangar), "--json")
        assert said.code == 1
        closed = {each["gate"]: each["problems"] for each in said.document()["gates"] if each["outcome"] == "fail"}
        assert closed.keys() == {"tag-free", "tree-clean"}
        assert all(problem["fix"] for problems in closed.values() for problem in problems)

    def test_no_repository_at_that_path(self, loadmaster: Program, tmp_path: Path) -> None:
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(tmp_path / "nowhere"))
        assert said.code == 1
        assert "nowhere`" in said.err

    def test_a_plain_directory_is_no_repository(self, loadmaster: Program, tmp_path: Path) -> None:
        write(tmp_path / "plain", FILES)
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(tmp_path / "plain"))
        assert said.code == 1
        assert "plain`" in said.err

    def test_cargo_is_missing(
        self, loadmaster: Program, hangar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "bin").mkdir()
        for program in ("git", "env"):
            where = subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()
            (tmp_path / "bin" / program).symlink_to(where)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(hangar))
        assert said.code == 1
        assert "cargo cannot be run" in said.err

    def test_cargo_is_too_old(
        self, loadmaster: Program, hangar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path / "bin", {"cargo": "#!/bin/sh\necho cargo 1.70.0\n", "rustc": "#!/bin/sh\necho rustc 1.70.0\n"})
        for program in ("cargo", "rustc"):
            (tmp_path / "bin" / program).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        said = loadmaster("plan", "-p", "demo", "-V", "minor", "--repository", str(hangar))
        assert said.code == 1
        assert "cargo `1.70.0` is too old" in said.err


def test_as_a_process_of_its_own_it_exits_and_prints_alike(home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "loadmaster", "plan", "-p", "nope", "-V", "minor", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["outcome"] == "failed"
    assert ended.stderr.startswith("loadmaster: There is no project `nope`.\n  why: ")


def test_the_version_is_told(loadmaster: Program) -> None:
    said = loadmaster("--version")
    assert (said.code, said.out.split()[0]) == (0, "loadmaster")
