"""A smoke test by a workflow of the forge, against the forge of a rehearsal over a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.serving import serving
from loadmaster.errors.smoke_workflow import SmokeRunNotFound, SmokeWorkflowMissing, SmokeWorkflowRefused
from loadmaster.planning.smoke.report import ErrorKind, Subject
from loadmaster.planning.smoke.verdict import Verdict
from loadmaster.rehearsal.forge import Forge, PlayedWorkflow, WorkflowOutcome
from loadmaster.smoke.steps import dispatch as smoke_dispatch
from loadmaster.smoke.steps.dispatch import Dispatched, smoke_by_workflow
from tests.kit.smoke_reports import log, moment, report

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
NONCE = "5f0c77aa"
INPUTS = "{nonce: {}, subject: {}, kernel: {}}"
GOOD = (
    f"name: smoke\nrun-name: smoke ${{{{ inputs.nonce }}}}\non: {{workflow_dispatch: {{inputs: {INPUTS}}}}}\n"
    "jobs: {smoke: {runs-on: ubuntu-latest}}\n"
)

Reach = Callable[[str, PlayedWorkflow], httpx.Client]


@pytest.fixture
def reach(tmp_path: Path) -> Iterator[Reach]:
    """A client of a forge whose `smoke.yml` is the text, and does what is given."""
    with ExitStack() as stack:

        def reached(text: str, workflow: PlayedWorkflow) -> httpx.Client:
            folder = tmp_path / "tree" / ".github" / "workflows"
            folder.mkdir(parents=True)
            (folder / "smoke.yml").write_text(text)
            remote = tmp_path / "remote.git"
            git.import_directory(tmp_path / "tree", remote, "main", WHEN)
            made = Forge(tmp_path / "forge", remote=remote, owner="ada", name="hangar", workflow=workflow)
            made.add_token("t0ken")
            address = stack.enter_context(serving(made.app()))
            return stack.enter_context(http_client(address, "ada/hangar", "t0ken"))

        yield reached


def asked(file: str = "smoke.yml", deadline: float = 60.0) -> Dispatched:
    return Dispatched(file, "main", Subject.PROBE, "6.12", NONCE, deadline)


def reporting(conclusion: str = "success", **said: object) -> PlayedWorkflow:
    """A workflow that prints a report with the nonce that it was given."""

    def outcome(inputs: Mapping[str, str]) -> WorkflowOutcome:
        return WorkflowOutcome(conclusion, log(report(nonce=inputs["nonce"], **said)))

    return outcome


def nothing(line: str) -> None:
    return None


def test_its_own_run_is_found_followed_and_read(reach: Reach) -> None:
    client, told = reach(GOOD, reporting()), list[str]()
    result = smoke_by_workflow(client, asked(), told.append, pause=0.01)
    assert result.judgement.verdict is Verdict.ENFORCED
    assert result.kernel == "6.12.107-cloud-amd64"
    assert any("SeaBIOS" in line for line in told), "the job's log was not shown"


def test_another_run_at_the_same_time_is_not_taken_for_it(reach: Reach) -> None:
    client = reach(GOOD, reporting())
    smoke_by_workflow(client, asked()._replace(nonce="0ther"), nothing, pause=0.01)
    mine = smoke_by_workflow(client, asked(), nothing, pause=0.01)
    assert mine.report is not None
    assert mine.report.nonce == NONCE


OTHERWISE = {
    "a green run that printed no report": (lambda inputs: WorkflowOutcome("success", "all good"), "error(no-report)"),
    "a green run whose report saw no denial": (reporting(exit=1, during=moment()), "not-enforced"),
    "a red run whose report saw no denial": (reporting("failure", exit=1, during=moment()), "not-enforced"),
    "a red run whose report saw a denial": (reporting("failure"), "error(exit-code)"),
    "a report of another run": (
        lambda inputs: WorkflowOutcome("success", log(report(nonce="0"))),
        "error(wrong-nonce)",
    ),
}


@pytest.mark.parametrize(("workflow", "verdict"), OTHERWISE.values(), ids=OTHERWISE)
def test_a_run_is_judged_by_its_report(reach: Reach, workflow: PlayedWorkflow, verdict: str) -> None:
    result = smoke_by_workflow(reach(GOOD, workflow), asked(), nothing, pause=0.01)
    assert result.judgement.text == verdict


def test_a_run_that_takes_too_long_is_an_error(reach: Reach) -> None:
    # The forge says of a run that it goes on when it is listed, so a deadline of nothing passes before it ends.
    result = smoke_by_workflow(reach(GOOD, reporting()), asked(deadline=0.0), nothing, pause=0.01)
    assert result.judgement.error is ErrorKind.DEADLINE


def test_a_workflow_that_is_not_there_is_told_before_anything_is_started(reach: Reach) -> None:
    with pytest.raises(SmokeWorkflowMissing, match=r"lsm-smoke-test\.yml"):
        smoke_by_workflow(reach(GOOD, reporting()), asked("lsm-smoke-test.yml"), nothing)


REFUSED = {
    "no workflow_dispatch": ("on: push\n", "does not have 'workflow_dispatch'"),
    "no input for the nonce": ("on: {workflow_dispatch: {inputs: {subject: {}, kernel: {}}}}\n", "nonce"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_a_workflow_that_cannot_be_started_by_us_is_told(reach: Reach, text: str, told: str) -> None:
    with pytest.raises(SmokeWorkflowRefused, match=told):
        smoke_by_workflow(reach(text, reporting()), asked(), nothing)


def test_a_run_without_our_word_in_its_title_is_nobodys(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_dispatch, "APPEARS_WITHIN", 0.01)
    nameless = GOOD.replace("run-name", "x-name")
    with pytest.raises(SmokeRunNotFound, match=NONCE):
        smoke_by_workflow(reach(nameless, reporting()), asked(), nothing, pause=0.01)
