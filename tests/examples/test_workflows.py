"""The workflows that docs/ci.md shows, and the action: linted, with no more rights than they need, and their lines carried out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from loadmaster.planning.values.yaml_text import read_yaml
from tests.kit.checkers import actionlint, sarif_schema
from tests.kit.checkout import ROOT
from tests.kit.hangar import FILES, commit_all, repository, write
from tests.kit.runner import obeyed
from tests.kit.workflows import ACTION, OWN, WORKFLOWS, Runner, steps_of, used, workflow

NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))
NOT_RUN = {
    "gates.yml": ["actions/checkout", "OWNER/loadmaster", "github/codeql-action/upload-sarif"],
    "rehearse.yml": ["actions/checkout", "OWNER/loadmaster", "actions/upload-artifact"],
    "release.yml": ["actions/checkout", "OWNER/loadmaster", "actions/upload-artifact"],
}
"""The steps that only a runner can carry out: it brings these actions. All others are `run:` lines, which tests carry out here, and
in tests/end_to_end/test_workflows.py."""
RUN = {
    "gates.yml": ["Ask the gates", "The same for code scanning"],
    "rehearse.yml": ["Rehearse the next minor release"],
    "release.yml": ["Let git push as this job", "Release", "Forget what git was given"],
}
PERMISSIONS = {
    "gates.yml": {"contents": "read", "security-events": "write"},
    "rehearse.yml": {"contents": "read"},
    "release.yml": {"contents": "write", "id-token": "write"},
}
STARTS = {
    "gates.yml": {"pull_request"},
    "rehearse.yml": {"schedule", "workflow_dispatch"},
    "release.yml": {"workflow_dispatch"},
}
_PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
_VERSION_COMMENT = re.compile(r"uses: (?!OWNER/)\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(actionlint()), "-no-color", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    linted = lint(*(WORKFLOWS / name for name in NAMES))
    assert (linted.returncode, linted.stdout) == (0, "")


def test_planted_actionlint_finds_an_expression_that_does_not_exist(tmp_path: Path) -> None:
    text = (WORKFLOWS / "release.yml").read_text()
    (tmp_path / "release.yml").write_text(text.replace("inputs.version", "inputs.verison"))
    linted = lint(tmp_path / "release.yml")
    assert linted.returncode == 1
    assert "verison" in linted.stdout


def test_the_action_s_own_lines_are_linted_as_those_of_a_workflow(tmp_path: Path) -> None:
    """actionlint reads no action files; so the steps become those of a job, with the inputs as a caller's."""
    steps = [dict(step) for step in steps_of(read_yaml(ACTION.read_text()))]
    inputs = read_yaml(ACTION.read_text())["inputs"]
    call = {"inputs": {name: {"type": "string", "description": each["description"]} for name, each in inputs.items()}}
    document = {"on": {"workflow_call": call}, "jobs": {"job": {"runs-on": "ubuntu-24.04", "steps": steps}}}
    (tmp_path / "action-as-workflow.yml").write_text(json.dumps(document))
    linted = lint(tmp_path / "action-as-workflow.yml")
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
class TestEach:
    def test_its_steps_are_run_by_a_test_or_named_as_those_that_cannot_be(self, name: str) -> None:
        document = workflow(name)
        assert used(document) == NOT_RUN[name]
        assert [step["name"] for step in steps_of(document) if "run" in step] == RUN[name]

    def test_every_action_is_pinned_by_a_whole_commit_with_its_version_beside_it(self, name: str) -> None:
        text = (WORKFLOWS / name).read_text()
        lines = [line for line in text.splitlines() if "uses:" in line]
        assert lines
        assert [
            step["uses"] for step in steps_of(workflow(name)) if "uses" in step and not _PINNED.fullmatch(step["uses"])
        ] == []
        assert [line for line in lines if OWN not in line and not _VERSION_COMMENT.search(line)] == []

    def test_it_may_do_what_it_must_and_nothing_more(self, name: str) -> None:
        document = workflow(name)
        assert document["permissions"] == {}
        assert [job["permissions"] for job in document["jobs"].values()] == [PERMISSIONS[name]]
        assert set(document["on"]) == STARTS[name]

    def test_nothing_that_a_stranger_may_write_is_put_into_a_script(self, name: str) -> None:
        assert [step["name"] for step in steps_of(workflow(name)) if "${{" in step.get("run", "")] == []

    def test_every_job_has_an_end(self, name: str) -> None:
        assert all(job["timeout-minutes"] <= 120 for job in workflow(name)["jobs"].values())

    def test_the_page_shows_it(self, name: str) -> None:
        assert f"examples/workflows/{name}" in (ROOT / "docs" / "ci.md").read_text()


def test_a_release_waits_for_the_one_before_it_and_is_not_cancelled() -> None:
    document = workflow("release.yml")
    assert document["concurrency"] == {"group": "release", "cancel-in-progress": False}
    assert document["jobs"]["release"]["environment"] == "release"


def runner_at(workspace: Path, temp: Path, **says: str) -> Runner:
    temp.mkdir()
    return Runner(workspace, temp, says, {"LOADMASTER_HOME": str(temp / "home")})


class TestGates:
    def test_a_healthy_pull_request_passes_and_its_sarif_is_valid(self, tmp_path: Path) -> None:
        runner = runner_at(repository(tmp_path / "clone"), tmp_path / "temp")
        asked = runner.run(workflow("gates.yml"), "Ask the gates")
        scanned = runner.run(workflow("gates.yml"), "The same for code scanning")
        assert (asked.returncode, scanned.returncode) == (0, 0), asked.stderr + scanned.stderr
        log = json.loads((runner.temp / "gates.sarif").read_text())
        jsonschema.validate(log, sarif_schema())
        assert log["runs"][0]["results"] == []

    def test_a_broken_one_fails_with_the_line_and_is_uploaded_all_the_same(self, tmp_path: Path) -> None:
        alone = FILES["cli/Cargo.toml"].replace(', version = "0.4.0" }', " }")
        runner = runner_at(repository(tmp_path / "clone", {"cli/Cargo.toml": alone}), tmp_path / "temp")
        asked = runner.run(workflow("gates.yml"), "Ask the gates")
        assert asked.returncode == 1
        (told,) = obeyed(asked.stdout)
        assert (told.properties["file"], told.properties["line"]) == ("cli/Cargo.toml", "13")
        assert runner.run(workflow("gates.yml"), "The same for code scanning").returncode == 0
        assert len(json.loads((runner.temp / "gates.sarif").read_text())["runs"][0]["results"]) == 1

    def test_a_tree_that_cannot_be_read_fails_the_upload_s_step_too(self, tmp_path: Path) -> None:
        clone = repository(tmp_path / "clone")
        write(clone, {"Cargo.toml": "[workspace\n"})
        commit_all(clone)
        runner = runner_at(clone, tmp_path / "temp")
        assert runner.run(workflow("gates.yml"), "Ask the gates").returncode == 2
        assert runner.run(workflow("gates.yml"), "The same for code scanning").returncode == 1


class TestGitsCredential:
    def test_git_gives_it_to_that_server_alone_and_it_is_gone_afterwards(self, tmp_path: Path) -> None:
        (tmp_path / "clone").mkdir()
        says = {
            "github.server_url": "https://forge.example",
            "github.token": "a-token",
            "github.workspace": str(tmp_path),
        }
        runner = Runner(tmp_path / "clone", tmp_path, says, {})
        document = workflow("release.yml")
        given = runner.run(document, "Let git push as this job")
        assert given.returncode == 0, given.stderr
        assert "a-token" not in given.stdout + given.stderr
        assert (tmp_path / "git-credentials").stat().st_mode & 0o777 == 0o600
        assert _filled(tmp_path, "forge.example") == "a-token"
        assert _filled(tmp_path, "elsewhere.example") is None
        assert runner.run(document, "Forget what git was given").returncode == 0
        assert not (tmp_path / "git-credentials").exists()


def _filled(home: Path, host: str) -> str | None:
    """The password that git has for a host."""
    asked = subprocess.run(
        ["git", "credential", "fill"],
        input=f"protocol=https\nhost={host}\n\n",
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^password=(.+)$", asked.stdout, re.MULTILINE)
    return found[1] if found else None


class TestAction:
    ACTION: Any = read_yaml(ACTION.read_text(encoding="utf-8"))

    def test_its_steps_are_run_by_tests_or_named(self) -> None:
        assert used(self.ACTION) == ["actions/setup-python"]
        assert [step["name"] for step in steps_of(self.ACTION) if "run" in step] == [
            "Install Loadmaster",
            "Run the command",
        ]

    def test_nothing_that_a_caller_gives_is_put_into_a_script(self) -> None:
        assert [step["name"] for step in steps_of(self.ACTION) if "${{" in step.get("run", "")] == []

    @pytest.mark.parametrize("kind", ["inputs", "outputs"])
    def test_the_page_says_what_each_is(self, kind: str) -> None:
        page = (ROOT / "docs" / "ci.md").read_text()
        assert [name for name in self.ACTION[kind] if f"| `{name}` |" not in page] == []

    def test_the_command_s_exit_code_is_an_output_and_the_step_s(self, tmp_path: Path) -> None:
        clone = repository(tmp_path / "clone", {"units/Cargo.toml": FILES["units/Cargo.toml"].replace("license", "#")})
        says = {"inputs.command": "gates . --format github", "inputs.working-directory": "."}
        runner = runner_at(clone, tmp_path / "temp", **says)
        ran = runner.run(self.ACTION, "Run the command")
        assert ran.returncode == 1
        assert (runner.temp / "output").read_text() == "exit-code=1\n"
        assert [each.name for each in obeyed(ran.stdout)] == ["error"]

    def test_no_shell_reads_the_command(self, tmp_path: Path) -> None:
        clone = repository(tmp_path / "clone")
        says = {"inputs.command": "gates . ; touch evil $(touch worse)", "inputs.working-directory": "."}
        runner = runner_at(clone, tmp_path / "temp", **says)
        assert runner.run(self.ACTION, "Run the command").returncode == 2
        assert not {"evil", "worse"} & {path.name for path in clone.iterdir()}

    @pytest.mark.end_to_end
    def test_it_installs_what_was_tested_by_digest_and_puts_it_on_the_path(self, tmp_path: Path) -> None:
        """From a copy of what a runner has of it: this repository at a commit."""
        copy = tmp_path / "action"
        kept = ("action.yml", "constraints.txt", "pyproject.toml", "README.md", "LICENSE")
        copy.mkdir()
        for name in kept:
            shutil.copy(ROOT / name, copy / name)
        for name in ("loadmaster", "flows", "tasks", "deployments"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        says = {"github.action_path": str(copy), "inputs.version": ""}
        runner = runner_at(repository(tmp_path / "clone"), tmp_path / "temp", **says)
        installed = runner.run(self.ACTION, "Install Loadmaster")
        assert installed.returncode == 0, installed.stderr
        program = Path((runner.temp / "path").read_text().strip()) / "loadmaster"
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        assert (runner.temp / "output").read_text() == f"version={version}\n"
