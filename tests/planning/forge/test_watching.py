"""Which run is ours, how far it is, and why none appeared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from loadmaster.planning.forge.runs import PendingDeployment, WorkflowJob, WorkflowRun
from loadmaster.planning.forge.watching import (
    FIRST_PAUSES,
    LIVELY,
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    CiState,
    WantedRun,
    pause,
    sight,
    why_absent,
)
from loadmaster.planning.forge.workflow_file import read_workflow

WANTED = WantedRun(file="release.yml", event="push", commit="c" * 40, tag="v1.0.0")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def run(**more: object) -> WorkflowRun:
    said = {
        "id": 1,
        "name": "Release",
        "path": ".github/workflows/release.yml",
        "head_branch": "v1.0.0",
        "head_sha": "c" * 40,
        "event": "push",
        "status": "in_progress",
        "conclusion": None,
        "html_url": "https://forge.example/runs/1",
    }
    return WorkflowRun.model_validate({**said, **more})


def job(name: str = "build", status: str = "completed", conclusion: str | None = None, **more: object) -> WorkflowJob:
    said = {
        "id": 7,
        "name": name,
        "status": status,
        "conclusion": conclusion,
        "html_url": f"https://forge.example/{name}",
    }
    return WorkflowJob.model_validate({**said, **more})


class TestChoose:
    def test_the_newest_is_not_taken_but_the_one_of_this_tag(self) -> None:
        newer = run(id=9, head_branch="v1.0.1")
        assert WANTED.choose([newer, run(id=4)]) == run(id=4)

    @pytest.mark.parametrize(
        "other",
        [
            {"path": ".github/workflows/ci.yml"},
            {"event": "workflow_dispatch"},
            {"head_sha": "d" * 40},
            {"head_branch": "main"},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_a_run_that_differs_in_one_thing_is_somebody_elses(self, other: dict[str, str]) -> None:
        assert WANTED.choose([run(**other)]) is None

    def test_gitea_names_the_file_and_the_ref(self) -> None:
        assert WANTED.choose([run(path="release.yml@refs/tags/v1.0.0")]) is not None

    def test_of_several_that_fit_the_last_counts(self) -> None:
        chosen = WANTED.choose([run(id=3), run(id=8), run(id=5)])
        assert chosen is not None
        assert chosen.id == 8


@pytest.mark.parametrize(
    ("seen", "jobs", "state"),
    [
        ({"status": "queued"}, [], CiState.QUEUED),
        ({"status": "queued"}, [job(status="queued")], CiState.QUEUED),
        ({"status": "pending"}, [], CiState.QUEUED),
        ({"status": "in_progress"}, [job(status="in_progress")], CiState.RUNNING),
        ({"status": "queued"}, [job(conclusion="success"), job(status="queued")], CiState.RUNNING),
        ({"status": "waiting"}, [job(conclusion="success"), job(status="waiting")], CiState.WAITING),
        ({"status": "in_progress"}, [job(status="in_progress"), job(status="waiting")], CiState.RUNNING),
        ({"status": "completed", "conclusion": "success"}, [], CiState.SUCCEEDED),
        ({"status": "completed", "conclusion": "failure"}, [], CiState.FAILED),
        ({"status": "completed", "conclusion": "timed_out"}, [], CiState.FAILED),
        ({"status": "completed", "conclusion": "startup_failure"}, [], CiState.FAILED),
        ({"status": "completed", "conclusion": "skipped"}, [], CiState.FAILED),
        ({"status": "completed", "conclusion": None}, [], CiState.FAILED),
        ({"status": "completed", "conclusion": "cancelled"}, [], CiState.CANCELLED),
    ],
)
def test_how_far_a_run_is(seen: dict[str, str | None], jobs: list[WorkflowJob], state: CiState) -> None:
    assert sight(run(**seen), jobs).state is state


def test_no_run_is_no_success() -> None:
    seen = sight(None)
    assert (seen.state, seen.state.is_over, seen.url) == (CiState.ABSENT, False, None)


def test_the_job_that_failed_first_is_named_with_its_step() -> None:
    steps = [
        {"name": "Set up", "number": 1, "status": "completed", "conclusion": "success"},
        {"name": "Publish", "number": 2, "status": "completed", "conclusion": "failure"},
    ]
    first = job("publish", conclusion="failure", completed_at="2026-11-30T00:00:01Z", steps=steps)
    later = job("notify", conclusion="failure", completed_at="2026-11-30T00:00:09Z")
    seen = sight(run(status="completed", conclusion="failure"), [later, first])
    assert seen.says == "failed in `publish`, step `Publish`"
    assert seen.url == "https://forge.example/publish"


def test_an_approval_says_of_whom() -> None:
    pending = PendingDeployment.model_validate(
        {
            "environment": {"id": 1, "name": "crates"},
            "reviewers": [
                {"type": "User", "reviewer": {"login": "ada"}},
                {"type": "Team", "reviewer": {"slug": "release-team"}},
            ],
        }
    )
    seen = sight(run(status="waiting"), [job(status="waiting")], [pending])
    assert seen.says == "the environment `crates` waits for approval by ada or release-team"


def test_looks_are_rarer_when_nothing_changes() -> None:
    assert pause(NOW, NOW, 9) == SHORTEST_PAUSE
    assert pause(NOW + LIVELY + timedelta(seconds=1), NOW, 9) == LONGEST_PAUSE


def test_the_first_looks_come_sooner() -> None:
    assert [pause(NOW, NOW, looks) for looks in (1, 2, 3)] == [*FIRST_PAUSES, SHORTEST_PAUSE]


FILE = "on: {push: {tags: ['v*']}}\njobs: {a: {}}\n"


@pytest.mark.parametrize(
    ("text", "message", "state", "tags", "told"),
    [
        (None, "", "active", 1, "the tagged commit has no"),
        ("on: {push: {tags: ['w*']}}\njobs: {a: {}}\n", "", "active", 1, "is not started by a push of `v1.0.0`"),
        ("on: workflow_dispatch\njobs: {a: {}}\n", "", "active", 1, "is not started by a push of `v1.0.0`"),
        (FILE, "", "disabled_manually", 1, r"switched `release.yml` off \(`disabled_manually`\)"),
        (FILE, "Release 1.0.0 [skip ci]", "active", 1, r"the commit's message has `\[skip ci\]`"),
        (FILE, "", "active", 4, "4 tags were pushed at once"),
        (FILE, "", None, 1, "pushed with a workflow's own token"),
    ],
)
def test_why_no_run_appeared(text: str | None, message: str, state: str | None, tags: int, told: str) -> None:
    workflow = None if text is None else read_workflow(text)
    assert re.search(told, why_absent(WANTED, workflow, message, state, tags))
