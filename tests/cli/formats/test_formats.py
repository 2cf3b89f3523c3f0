"""The formats of the command line: the same option at every command, and what a CI job gets from them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from typer.core import TyperOption
from typer.main import get_group

from loadmaster.cli.app import app, main
from loadmaster.cli.formats.format import Format, asked_for
from loadmaster.cli.help_page import commands_of
from loadmaster.errors import redaction
from tests.kit.checkers import sarif_schema
from tests.kit.hangar import FILES, write
from tests.kit.runner import obeyed

COMMANDS = dict(commands_of(get_group(app)))
WITH_GATES = {"gates", "plan", "preflight", "rehearse", "release", "follow", "resume", "cancel"}
HAS_ITS_OWN_FORM = {"completion", "profile schema"}
PRINTS_NOTHING = {"down", "worker"}
NO_LICENCE = {"units/Cargo.toml": FILES["units/Cargo.toml"].replace('license = "MIT"\n', "")}
HOSTILE_NAME = "::add-path::/evil"

Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Program:
    """The program in a step of a job, whose workspace is the directory of the test."""
    monkeypatch.setenv("LOADMASTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    def program(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["loadmaster", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main({})
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return program


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - PRINTS_NOTHING - HAS_ITS_OWN_FORM))
def test_every_command_has_both_options_and_sarif_where_there_are_gates(name: str) -> None:
    options = {option: each for each in COMMANDS[name].params for option in each.opts}
    assert "--json" in options
    form = options["--format"]
    assert isinstance(form, TyperOption)
    assert str(form.metavar) == ("text|json|github|sarif" if name in WITH_GATES else "text|json|github")


def test_json_is_short_for_its_format(runner: Program) -> None:
    assert runner("projects", "--json") == runner("projects", "--format", "json") == runner("projects", "--format=json")
    assert runner("projects", "--json", "--format", "json")[0] == 0


def test_two_formats_are_told_as_wrong_usage(runner: Program) -> None:
    code, out, _ = runner("projects", "--json", "--format", "github")
    assert code == 2
    assert "`github` was asked for, too" in json.loads(out)["failure"]["what"]


def test_a_format_that_a_command_does_not_have_is_wrong_usage(runner: Program) -> None:
    code, _, err = runner("projects", "--format", "sarif")
    assert code == 2
    assert "none of text, json, github" in err


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        ([], Format.TEXT),
        (["gates"], Format.TEXT),
        (["gates", "--format"], Format.TEXT),
        (["gates", "--format", "html"], Format.TEXT),
        (["gates", "--json"], Format.JSON),
        (["--format=sarif", "gates"], Format.SARIF),
        (["gates", "--format", "sarif", "--format", "github"], Format.GITHUB),
    ],
)
def test_what_a_command_line_asks_for_is_known_before_it_is_understood(arguments: list[str], form: Format) -> None:
    assert asked_for(arguments) is form


def test_a_broken_tree_is_annotated_at_its_lines_below_the_workspace_and_exits_as_before(
    runner: Program, tmp_path: Path
) -> None:
    write(tmp_path / "rust", {**FILES, **NO_LICENCE})
    text_code, text, _ = runner("gates", str(tmp_path / "rust"))
    code, out, _ = runner("gates", str(tmp_path / "rust"), "--format", "github")
    assert (text_code, code) == (1, 1)
    (told,) = obeyed(out)
    assert told.name == "error"
    assert told.properties == {"file": "rust/units/Cargo.toml", "line": "1", "title": "metadata-complete"}
    assert told.data.startswith("`hangar-units` has no licence.\nNext: add `license")
    assert out.startswith(text)
    summary = (tmp_path / "summary.md").read_text()
    assert "| ✘ | `metadata-complete` | `units/Cargo.toml:1` | `hangar-units` has no licence |" in summary


def test_a_healthy_tree_has_no_annotation_and_adds_to_the_summary_that_is_there(
    runner: Program, tmp_path: Path
) -> None:
    write(tmp_path / "tree", FILES)
    (tmp_path / "summary.md").write_text("Before.\n")
    code, out, _ = runner("gates", str(tmp_path / "tree"), "--format", "github")
    assert (code, [each.name for each in obeyed(out)]) == (0, [])
    assert (tmp_path / "summary.md").read_text().startswith("Before.\n## Gates\n")


def test_a_manifest_that_is_no_toml_is_annotated_at_its_line(runner: Program, tmp_path: Path) -> None:
    write(tmp_path / "tree", {**FILES, "units/Cargo.toml": '[package]\nname = "hangar-units"\nversion = \n'})
    code, out, _ = runner("gates", str(tmp_path / "tree"), "--format", "github")
    assert code == 2
    (told,) = obeyed(out)
    assert told.properties == {"file": "tree/units/Cargo.toml", "line": "3", "title": "tree-not-judged"}
    assert "is not TOML" in (tmp_path / "summary.md").read_text()


def test_wrong_usage_is_annotated_too(runner: Program) -> None:
    code, out, _ = runner("release", "--format", "github")
    assert code == 2
    assert [(each.name, each.properties["title"]) for each in obeyed(out)] == [("error", "usage-error")]


def test_a_summary_that_cannot_be_written_is_told_and_ends_nothing(
    runner: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "tree", FILES)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    code, _, err = runner("gates", str(tmp_path / "tree"), "--format", "github")
    assert code == 0
    assert "the step's summary was not written" in err


@pytest.mark.parametrize("form", ["text", "github"])
def test_what_a_tree_says_is_never_a_command_for_the_runner(form: str, runner: Program, tmp_path: Path) -> None:
    hostile = f"# Changelog\n\n## [Unreleased]\n\n{HOSTILE_NAME} 1.0.0\n##[add-path]/evil\n\n- x\n"
    files = {"CHANGELOG.md": hostile, f".changes/{HOSTILE_NAME.replace('/', '_')}.md": "x"}
    write(tmp_path / "tree", {**FILES, **files})
    _, out, err = runner("gates", str(tmp_path / "tree"), "--tag", f"\n{HOSTILE_NAME}", "--format", form)
    assert {each.name for each in (*obeyed(out), *obeyed(err))} <= {"error", "warning"}


def test_planted_the_same_words_are_obeyed_where_nobody_makes_them_inert() -> None:
    assert [each.name for each in obeyed(f"tag\n{HOSTILE_NAME}")] == ["add-path"]


def test_sarif_of_the_command_is_valid_and_nothing_else_is_printed(runner: Program, tmp_path: Path) -> None:
    write(tmp_path / "rust", {**FILES, **NO_LICENCE})
    code, out, err = runner("gates", str(tmp_path / "rust"), "--format", "sarif")
    assert (code, err) == (1, "")
    log = json.loads(out)
    jsonschema.validate(log, sarif_schema())
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "rust/units/Cargo.toml"


def test_sarif_of_a_tree_that_cannot_be_read_says_that_nothing_was_judged(runner: Program, tmp_path: Path) -> None:
    code, out, _ = runner("gates", str(tmp_path / "nowhere"), "--format", "sarif")
    assert code == 2
    log = json.loads(out)
    jsonschema.validate(log, sarif_schema())
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_a_secret_that_this_process_knows_is_in_no_format(
    runner: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "_PROCESS", redaction.Redactor())
    secret = "cio-a-token-that-nobody-may-see"
    write(tmp_path / "tree", {**FILES, "units/Cargo.toml": FILES["units/Cargo.toml"].replace('"MIT"', '""')})
    before = [runner("gates", str(tmp_path / "tree"), "--tag", secret, "--format", form)[1] for form in Format]
    redaction.know(secret)
    after = [runner("gates", str(tmp_path / "tree"), "--tag", secret, "--format", form)[1] for form in Format]
    assert [secret in out for out in before] == [True] * len(Format)
    assert [secret in out for out in after] == [False] * len(Format)
    assert secret not in (tmp_path / "summary.md").read_text().rpartition("## Gates")[2]
