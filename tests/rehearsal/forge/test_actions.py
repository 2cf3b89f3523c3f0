"""Workflows of the repository: which pushes start them, how they go on, and what GitHub would show of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.rehearsal.forge_scenario import ForgeScenario, NewerRun, PlayedEnvironment, PlayedJob
from tests.kit.forges import FILES, ServedForge, served_forge

QUICK = (PlayedJob(name="build", seconds=10), PlayedJob(name="publish", seconds=10))


@pytest.fixture
def hangar(tmp_path: Path) -> Iterator[ServedForge]:
    with served_forge(tmp_path, ForgeScenario(jobs=QUICK)) as served:
        yield served


def test_a_pushed_tag_starts_a_run_that_goes_through_its_jobs(hangar: ServedForge) -> None:
    hangar.tag("v1.0.0")
    run = hangar.run()
    assert (run["event"], run["head_branch"], run["path"]) == ("push", "v1.0.0", ".github/workflows/release.yml")
    assert (run["display_title"], run["status"], run["conclusion"]) == ("Release v1.0.0", "in_progress", None)
    assert run["head_sha"] == hangar.get("commits/v1.0.0")["sha"], "the commit, and not the tag's object"
    assert list(hangar.jobs(run["id"])) == ["build"], "a job whose needs are not over is not shown"
    hangar.clock.pass_by(11)
    jobs = hangar.jobs(run["id"])
    assert [(each["status"], each["conclusion"]) for each in jobs.values()] == [
        ("completed", "success"),
        ("in_progress", None),
    ]
    assert [step["name"] for step in jobs["publish"]["steps"]] == ["Set up job", "Publish", "Complete job"]
    hangar.clock.pass_by(11)
    over = hangar.get(f"actions/runs/{run['id']}")
    assert (over["status"], over["conclusion"]) == ("completed", "success")


@pytest.mark.parametrize("ref", ["nightly", "refs/heads/main"])
def test_another_push_starts_none(hangar: ServedForge, ref: str) -> None:
    hangar.commit("new", "1")
    if ref == "nightly":
        hangar.tag(ref)
    else:
        hangar.push("main:refs/heads/main")
    assert hangar.runs() == []


def test_more_than_three_tags_at_once_start_nothing(hangar: ServedForge) -> None:
    names = [f"v1.0.{number}" for number in range(4)]
    for name in names:
        hangar.tag(name, push=False)
    hangar.push(*(f"refs/tags/{name}" for name in names))
    assert hangar.runs() == []


def test_a_commit_that_asks_to_skip_ci_starts_nothing(hangar: ServedForge) -> None:
    hangar.commit("new", "1", "New [skip ci]")
    hangar.push("main:refs/heads/main")
    hangar.tag("v1.0.0")
    assert hangar.runs() == []


def test_the_list_of_runs_is_filtered(hangar: ServedForge) -> None:
    hangar.tag("v1.0.0")
    sha = hangar.run()["head_sha"]
    assert len(hangar.runs(head_sha=sha, event="push", branch="v1.0.0", status="in_progress")) == 1
    others = ({"head_sha": "1" * 40}, {"event": "workflow_dispatch"}, {"branch": "main"}, {"status": "success"})
    assert [hangar.runs(**query) for query in others] == [[], [], [], []]


def test_a_job_that_fails_fails_its_run_and_can_be_run_again(tmp_path: Path) -> None:
    failing = PlayedJob(name="publish", seconds=0, conclusion="failure", in_attempts=(1,), log=("cargo: 503",))
    scenario = ForgeScenario(jobs=(PlayedJob(name="build", seconds=5), failing))
    with served_forge(tmp_path, scenario) as hangar:
        hangar.tag("v1.0.0")
        run = hangar.run()["id"]
        assert hangar.ask("POST", f"actions/runs/{run}/rerun", 403)["message"] == "This workflow is already running"
        hangar.clock.pass_by(5)
        assert hangar.get(f"actions/runs/{run}")["conclusion"] == "failure"
        failed = hangar.jobs(run)["publish"]
        steps = [step["conclusion"] for step in failed["steps"]]
        assert (failed["conclusion"], steps) == ("failure", ["success", "failure", "success"])
        log = hangar.http.get(f"/repos/ada/hangar/actions/jobs/{failed['id']}/logs", follow_redirects=True).text
        assert "Z cargo: 503\n" in log
        assert log.startswith("\ufeff2026-10-01T00:00:")
        hangar.ask("POST", f"actions/runs/{run}/rerun-failed-jobs", 201)
        again = hangar.get(f"actions/runs/{run}")
        assert (again["run_attempt"], again["conclusion"]) == (2, "success")
        assert [job["conclusion"] for job in hangar.get(f"actions/runs/{run}/attempts/1/jobs")["jobs"]] == [
            "success",
            "failure",
        ]
        assert len(hangar.get(f"actions/runs/{run}/jobs", filter="all")["jobs"]) == 4
        assert hangar.ask("POST", f"actions/runs/{run}/rerun-failed-jobs", 403)["message"]
        assert hangar.get(f"actions/runs/{run}/attempts/1")["conclusion"] == "failure"


def test_a_run_is_cancelled_and_one_that_is_over_is_not(hangar: ServedForge) -> None:
    hangar.tag("v1.0.0")
    run = hangar.run()["id"]
    hangar.ask("POST", f"actions/runs/{run}/cancel", 202)
    assert hangar.get(f"actions/runs/{run}")["conclusion"] == "cancelled"
    refused = hangar.ask("POST", f"actions/runs/{run}/force-cancel", 409)
    assert refused["message"] == "Cannot cancel a workflow run that is completed."


def test_a_job_waits_for_a_reviewer_of_its_environment(tmp_path: Path) -> None:
    scenario = ForgeScenario(
        jobs=(PlayedJob(name="build", seconds=0), PlayedJob(name="publish", seconds=0)),
        environments=(PlayedEnvironment(name="crates", reviewers=("mia",)),),
    )
    with served_forge(tmp_path, scenario) as hangar:
        hangar.tag("v1.0.0")
        run = hangar.run()
        assert run["status"] == "waiting"
        assert hangar.jobs(run["id"])["publish"]["status"] == "waiting"
        (waiting,) = hangar.get(f"actions/runs/{run['id']}/pending_deployments")
        assert (waiting["environment"]["name"], waiting["current_user_can_approve"]) == ("crates", True)
        assert waiting["reviewers"][0]["reviewer"]["login"] == "mia"
        said = {"environment_ids": [waiting["environment"]["id"]], "state": "approved", "comment": "go"}
        hangar.ask("POST", f"actions/runs/{run['id']}/pending_deployments", 422, json={})
        hangar.ask("POST", f"actions/runs/{run['id']}/pending_deployments", 200, json=said)
        assert hangar.get(f"actions/runs/{run['id']}")["conclusion"] == "success"
        (approval,) = hangar.get(f"actions/runs/{run['id']}/approvals")
        assert (approval["state"], approval["comment"]) == ("approved", "go")
        assert [each["name"] for each in hangar.get("environments")["environments"]] == ["crates"]
        assert hangar.get("environments/crates")["protection_rules"][0]["type"] == "required_reviewers"
        hangar.ask("POST", f"actions/runs/{run['id']}/pending_deployments", 422, json=said)


@pytest.mark.parametrize(("answer", "conclusion"), [("approved", "success"), ("rejected", "failure")])
def test_a_person_answers_after_a_while(tmp_path: Path, answer: str, conclusion: str) -> None:
    environment = PlayedEnvironment.model_validate({"name": "crates", "answer": answer, "after_seconds": 30})
    quick = (PlayedJob(name="build", seconds=0), PlayedJob(name="publish", seconds=0))
    with served_forge(tmp_path, ForgeScenario(jobs=quick, environments=(environment,))) as hangar:
        hangar.tag("v1.0.0")
        assert hangar.run()["status"] == "waiting"
        hangar.clock.pass_by(31)
        assert hangar.run()["conclusion"] == conclusion


def test_no_run_appears_or_a_newer_one_of_another_commit(tmp_path: Path) -> None:
    with served_forge(tmp_path / "none", ForgeScenario(runs="none")) as hangar:
        hangar.tag("v1.0.0")
        assert hangar.runs() == []
    with served_forge(tmp_path / "newer", ForgeScenario(newer_run=NewerRun(after_seconds=5))) as hangar:
        hangar.commit("new", "1")
        hangar.tag("v1.0.0")
        ours = hangar.run()
        hangar.clock.pass_by(6)
        newer, other = hangar.runs()
        assert (other["id"], newer["head_branch"]) == (ours["id"], "main")
        assert newer["head_sha"] != ours["head_sha"]


def test_opened_again_a_run_goes_on(tmp_path: Path) -> None:
    scenario = ForgeScenario(jobs=QUICK)
    with served_forge(tmp_path, scenario) as hangar:
        hangar.tag("v1.0.0")
        before = hangar.run()
    with served_forge(tmp_path, scenario) as hangar:
        hangar.clock.pass_by(60)
        hangar.run()
        hangar.clock.pass_by(60)
        assert (hangar.run()["id"], hangar.run()["conclusion"]) == (before["id"], "success")


def test_a_tag_that_is_pushed_while_the_world_is_closed_is_taken_later(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(jobs=QUICK)) as hangar:
        pass
    hangar.tag("v1.0.0")
    with served_forge(tmp_path, ForgeScenario(jobs=QUICK)) as hangar:
        assert hangar.run()["head_branch"] == "v1.0.0"


DISPATCHED = """\
name: Smoke
run-name: smoke ${{ inputs.nonce }}
on:
  workflow_dispatch:
    inputs:
      nonce: {required: true}
      kind: {type: choice, options: [a, b], default: a}
jobs: {smoke: {runs-on: x}}
"""


def test_a_dispatch_is_checked_and_starts_a_run(tmp_path: Path) -> None:
    files = {**FILES, ".github/workflows/smoke.yml": DISPATCHED}
    with served_forge(tmp_path, files=files) as hangar:
        path = "actions/workflows/smoke.yml/dispatches"
        for body, told in (
            ({"inputs": {}}, '"ref" wasn\'t supplied'),
            ({"ref": "main"}, "Required input 'nonce' not provided"),
            ({"ref": "main", "inputs": {"nonce": "1", "x": "1"}}, 'Unexpected inputs provided: ["x"]'),
            ({"ref": "main", "inputs": {"nonce": "1", "kind": "c"}}, "Provided value 'c' for input 'kind' not in"),
            ({"ref": "nowhere"}, "No ref found for: nowhere"),
        ):
            assert told in hangar.ask("POST", path, 422, json=body)["message"]
        release = hangar.ask("POST", "actions/workflows/release.yml/dispatches", 422, json={"ref": "main"})
        assert release["message"] == "Workflow does not have 'workflow_dispatch' trigger"
        hangar.ask("POST", "actions/workflows/none.yml/dispatches", 404, json={"ref": "main"})
        hangar.ask("POST", path, 204, json={"ref": "main", "inputs": {"nonce": "1"}})
        told = hangar.ask("POST", path, 200, json={"ref": "main", "inputs": {"nonce": "2"}, "return_run_details": True})
        newest = hangar.get("actions/workflows/smoke.yml/runs")["workflow_runs"][0]
        assert (newest["id"], newest["display_title"]) == (told["workflow_run_id"], "smoke 2")
        assert {each["path"] for each in hangar.get("actions/workflows")["workflows"]} == {
            ".github/workflows/release.yml",
            ".github/workflows/smoke.yml",
        }
        number = hangar.get("actions/workflows/smoke.yml")["id"]
        assert hangar.get(f"actions/workflows/{number}")["name"] == "Smoke"


def test_logs_are_for_those_who_have_a_token_and_while_they_are_there(hangar: ServedForge) -> None:
    hangar.tag("v1.0.0")
    run = hangar.run()["id"]
    job = hangar.jobs(run)["build"]["id"]
    path = f"/repos/ada/hangar/actions/jobs/{job}/logs"
    assert hangar.http.get(path).status_code == 404, "of a job that runs"
    hangar.clock.pass_by(60)
    hangar.run()
    assert hangar.stranger.get(path).status_code == 403
    moved = hangar.http.get(path)
    assert moved.status_code == 302
    assert hangar.stranger.get(moved.headers["location"]).status_code == 200
    hangar.ask("DELETE", f"actions/runs/{run}/logs", 204)
    assert hangar.http.get(path).status_code == 410
