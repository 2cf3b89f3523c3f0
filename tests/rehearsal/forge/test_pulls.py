"""Pull requests: opened, judged, merged as GitHub merges, and what other people do to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadmaster.clients.git.command import run, text
from loadmaster.errors.git import PushProtected
from loadmaster.rehearsal.forge_scenario import ApprovedAfter, ForgeScenario, MergedByPerson, Overtaken, PlayedCheck
from tests.kit.forges import ServedForge, served_forge

CHECKED = ForgeScenario(
    requires_pull_request=True,
    required_checks=("ci",),
    checks=(PlayedCheck(name="ci", seconds=10),),
)


def propose(hangar: ServedForge, *files: str, branch: str = "release/1", title: str = "Release 1") -> dict[str, Any]:
    """A pull request with a commit for each file."""
    for name in files or ("new",):
        hangar.commit(name, "ours\n", f"Add {name}\n\nBecause.", branch)
    hangar.push(f"{branch}:refs/heads/{branch}")
    made: dict[str, Any] = hangar.ask(
        "POST", "pulls", 201, json={"title": title, "head": branch, "base": "main", "body": "Notes"}
    )
    return made


def judged(hangar: ServedForge, number: int = 1) -> dict[str, Any]:
    """After the first look, which is told that nobody knows yet."""
    hangar.get(f"pulls/{number}")
    seen: dict[str, Any] = hangar.get(f"pulls/{number}")
    return seen


@pytest.fixture
def hangar(tmp_path: Path) -> Iterator[ServedForge]:
    with served_forge(tmp_path) as served:
        yield served


def test_it_is_found_by_its_branch_and_there_is_one_for_each(hangar: ServedForge) -> None:
    made = propose(hangar)
    assert (made["number"], made["mergeable"], made["mergeable_state"]) == (1, None, "unknown")
    assert (judged(hangar)["mergeable"], judged(hangar)["mergeable_state"]) == (True, "clean")
    assert [each["number"] for each in hangar.get("pulls", head="ada:release/1", base="main")] == [1]
    assert hangar.get("pulls", head="ada:other") == []
    again = hangar.ask("POST", "pulls", 422, json={"title": "x", "head": "release/1", "base": "main"})
    assert again["errors"][0]["message"] == "A pull request already exists for ada:release/1."
    hangar.ask("POST", "git/refs", 201, json={"ref": "refs/heads/same", "sha": hangar.get("commits/main")["sha"]})
    nothing = hangar.ask("POST", "pulls", 422, json={"title": "x", "head": "same", "base": "main"})
    assert nothing["errors"][0]["message"] == "No commits between main and same"
    missing = hangar.ask("POST", "pulls", 422, json={"title": "x", "head": "none", "base": "main"})
    assert (missing["errors"][0]["field"], missing["errors"][0]["code"]) == ("head", "invalid")
    assert [each["filename"] for each in hangar.get("pulls/1/files")] == ["new"]
    assert len(hangar.get("pulls/1/commits")) == 1


def test_a_squash_is_one_commit_as_github_makes_it(hangar: ServedForge) -> None:
    made = propose(hangar, "one", "two")
    merged = hangar.ask("PUT", "pulls/1/merge", 200, json={"merge_method": "squash", "sha": made["head"]["sha"]})
    commit = hangar.get("commits/main")
    assert (commit["sha"], len(commit["parents"])) == (merged["sha"], 1)
    assert commit["commit"]["message"] == (
        "Release 1 (#1)\n\n* Add one\n\nBecause.\n\n* Add two\n\nBecause.\n\n---------\n\nCo-authored-by: Ada <ada@example.org>"
    )
    assert commit["commit"]["committer"]["name"] == "GitHub"
    assert commit["commit"]["author"]["email"] == "1+rehearsal@users.noreply.github.com"
    over = hangar.get("pulls/1")
    assert (over["state"], over["merged"], over["merge_commit_sha"]) == ("closed", True, merged["sha"])
    hangar.ask("GET", "pulls/1/merge", 204)


def test_a_squash_of_one_commit_has_its_message(hangar: ServedForge) -> None:
    propose(hangar)
    hangar.ask("PUT", "pulls/1/merge", 200, json={"merge_method": "squash"})
    message = hangar.get("commits/main")["commit"]["message"]
    assert message == "Add new (#1)\n\nBecause.\n\nCo-authored-by: Ada <ada@example.org>"


def test_a_merge_has_two_parents_and_a_rebase_keeps_the_authors(hangar: ServedForge) -> None:
    propose(hangar, branch="first")
    hangar.ask("PUT", "pulls/1/merge", 200, json={})
    commit = hangar.get("commits/main")
    assert commit["commit"]["message"] == "Merge pull request #1 from ada/first\n\nRelease 1"
    assert len(commit["parents"]) == 2
    run(hangar.clone, "checkout", "--quiet", "main")
    propose(hangar, "three", "four", branch="second")
    hangar.ask("PUT", "pulls/2/merge", 200, json={"merge_method": "rebase"})
    tip = hangar.get("commits/main")["commit"]
    assert (tip["message"], tip["author"]["name"], tip["committer"]["name"]) == (
        "Add four\n\nBecause.",
        "Ada",
        "rehearsal",
    )
    assert {"new", "three", "four"} <= {each["name"] for each in hangar.http.get("/repos/ada/hangar/contents").json()}


def test_a_head_that_moved_is_not_merged(hangar: ServedForge) -> None:
    made = propose(hangar)
    hangar.commit("more", "more", "More", "release/1")
    hangar.push("release/1:refs/heads/release/1")
    refused = hangar.ask("PUT", "pulls/1/merge", 409, json={"sha": made["head"]["sha"]})
    assert refused["message"] == "Head branch was modified. Review and try the merge again."
    assert hangar.get("pulls/1")["head"]["sha"] != made["head"]["sha"]


def test_a_conflict_is_dirty_and_is_not_merged(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(overtaken=Overtaken(when="opened", conflicts=True))) as hangar:
        propose(hangar, "README.md")
        assert (judged(hangar)["mergeable"], judged(hangar)["mergeable_state"]) == (False, "dirty")
        refused = hangar.ask("PUT", "pulls/1/merge", 405, json={})
        assert refused["message"] == "Pull Request is not mergeable"
        hangar.ask("PUT", "pulls/1/update-branch", 422, json={})


def test_required_checks_block_until_they_have_passed(tmp_path: Path) -> None:
    with served_forge(tmp_path, CHECKED) as hangar:
        hangar.commit("direct", "1")
        with pytest.raises(PushProtected, match="Changes must be made through a pull request"):
            hangar.push("main:refs/heads/main")
        run(hangar.clone, "checkout", "--quiet", "-B", "main", "origin/main")
        made = propose(hangar)
        assert judged(hangar)["mergeable_state"] == "blocked"
        refused = hangar.ask("PUT", "pulls/1/merge", 405, json={})
        assert refused["message"] == 'Required status check "ci" is expected.'
        (check,) = hangar.get(f"commits/{made['head']['sha']}/check-runs")["check_runs"]
        assert (check["name"], check["status"], check["conclusion"]) == ("ci", "in_progress", None)
        hangar.clock.pass_by(11)
        (check,) = hangar.get(f"commits/{made['head']['sha']}/check-runs")["check_runs"]
        assert (check["status"], check["conclusion"]) == ("completed", "success")
        assert judged(hangar)["mergeable_state"] == "clean"
        hangar.ask("PUT", "pulls/1/merge", 200, json={"merge_method": "squash"})


def test_a_required_check_can_be_a_status_that_somebody_posts(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(required_checks=("lint",))) as hangar:
        sha = propose(hangar)["head"]["sha"]
        hangar.ask("POST", f"statuses/{sha}", 201, json={"state": "failure", "context": "lint"})
        assert hangar.ask("PUT", "pulls/1/merge", 405, json={})["message"] == 'Required status check "lint" is failing.'
        assert hangar.get(f"commits/{sha}/status")["state"] == "failure"
        hangar.ask("POST", f"statuses/{sha}", 201, json={"state": "success", "context": "lint"})
        assert hangar.get(f"commits/{sha}/status")["state"] == "success"
        assert len(hangar.get(f"commits/{sha}/statuses")) == 2
        hangar.ask("PUT", "pulls/1/merge", 200, json={})


def test_people_approve_after_a_while(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(approvals=ApprovedAfter(after_seconds=60))) as hangar:
        propose(hangar)
        refused = hangar.ask("PUT", "pulls/1/merge", 405, json={})
        assert refused["message"] == "At least 1 approving review is required by reviewers with write access."
        hangar.clock.pass_by(61)
        assert [each["state"] for each in hangar.get("pulls/1/reviews")] == ["APPROVED"]
        hangar.ask("PUT", "pulls/1/merge", 200, json={})


def test_a_branch_that_is_behind_is_updated(tmp_path: Path) -> None:
    strict = ForgeScenario(
        required_checks=("ci",),
        requires_up_to_date=True,
        checks=(PlayedCheck(name="ci"),),
        overtaken=Overtaken(when="opened"),
    )
    with served_forge(tmp_path, strict) as hangar:
        made = propose(hangar)
        assert judged(hangar)["mergeable_state"] == "behind"
        assert (
            hangar.ask("PUT", "pulls/1/merge", 405, json={})["message"] == "1 of 1 required status checks are expected."
        )
        wrong = hangar.ask("PUT", "pulls/1/update-branch", 422, json={"expected_head_sha": "1" * 40})
        assert wrong["message"].startswith("expected head sha didn")
        hangar.ask("PUT", "pulls/1/update-branch", 202, json={"expected_head_sha": made["head"]["sha"]})
        assert judged(hangar)["mergeable_state"] == "clean"
        hangar.ask("PUT", "pulls/1/update-branch", 422, json={})
        hangar.ask("PUT", "pulls/1/merge", 200, json={"merge_method": "squash"})


def test_it_is_overtaken_at_the_instant_of_the_merge(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(overtaken=Overtaken(when="merging"))) as hangar:
        propose(hangar)
        before = text(hangar.remote, "rev-parse", "main")
        refused = hangar.ask("PUT", "pulls/1/merge", 405, json={})
        assert refused["message"] == "Base branch was modified. Review and try the merge again."
        assert text(hangar.remote, "rev-parse", "main") != before
        hangar.ask("PUT", "pulls/1/merge", 200, json={})


def test_somebody_closes_it_and_it_can_be_reopened(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(closed_after_seconds=30)) as hangar:
        propose(hangar)
        hangar.clock.pass_by(31)
        assert (hangar.get("pulls/1")["state"], hangar.get("pulls/1")["merged"]) == ("closed", False)
        assert hangar.ask("PUT", "pulls/1/merge", 405, json={})["message"] == "Pull Request is not mergeable"
        assert hangar.get("pulls") == []
        assert len(hangar.get("pulls", state="closed")) == 1
        assert hangar.ask("PATCH", "pulls/1", 200, json={"state": "open", "title": "Again"})["state"] == "open"
        assert hangar.get("pulls/1")["title"] == "Again"


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_somebody_merges_it(tmp_path: Path, method: Any) -> None:
    scenario = CHECKED.model_copy(update={"merged_by_person": MergedByPerson(method=method, after_seconds=5)})
    with served_forge(tmp_path, scenario) as hangar:
        propose(hangar)
        hangar.clock.pass_by(6)
        over = hangar.get("pulls/1")
        assert (over["merged"], over["merged_by"]["login"]) == (True, "somebody")
        assert over["merge_commit_sha"] == hangar.get("commits/main")["sha"]


def test_a_method_that_is_switched_off_is_refused(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(merge_methods=("squash",))) as hangar:
        whole = hangar.get("")
        allowed = [name for name in ("squash_merge", "merge_commit", "rebase_merge") if whole[f"allow_{name}"]]
        assert allowed == ["squash_merge"]
        propose(hangar)
        refused = hangar.ask("PUT", "pulls/1/merge", 405, json={"merge_method": "merge"})
        assert refused["message"] == "Merge commits are not allowed on this repository."


def test_a_branch_that_is_gone_closes_it(hangar: ServedForge) -> None:
    propose(hangar)
    hangar.ask("DELETE", "git/refs/heads/release/1", 204)
    assert hangar.get("pulls/1")["state"] == "closed"
    hangar.ask("PATCH", "pulls/1", 422, json={"state": "open"})


def test_a_merge_starts_the_workflows_of_its_branch(tmp_path: Path) -> None:
    workflow = "name: CI\non: {push: {branches: [main]}, pull_request: {}}\njobs: {test: {runs-on: x}}\n"
    with served_forge(tmp_path, files={".github/workflows/ci.yml": workflow}) as hangar:
        sha = propose(hangar)["head"]["sha"]
        (proposed,) = hangar.runs(event="pull_request")
        assert (proposed["head_branch"], proposed["head_sha"]) == ("release/1", sha)
        assert [each["name"] for each in hangar.get(f"commits/{sha}/check-runs")["check_runs"]] == ["test"]
        hangar.ask("PUT", "pulls/1/merge", 200, json={})
        (merged,) = hangar.runs(event="push")
        assert merged["head_branch"] == "main"


def test_somebody_cannot_merge_what_conflicts_and_the_forge_goes_on(tmp_path: Path) -> None:
    scenario = ForgeScenario(overtaken=Overtaken(conflicts=True), merged_by_person=MergedByPerson())
    with served_forge(tmp_path, scenario) as hangar:
        propose(hangar, "README.md")
        assert judged(hangar)["mergeable_state"] == "dirty"
        assert hangar.get("pulls/1")["state"] == "open"


def test_what_is_pushed_to_the_base_merges_it(hangar: ServedForge) -> None:
    propose(hangar)
    hangar.push("release/1:refs/heads/main")
    over = hangar.get("pulls/1")
    assert (over["merged"], over["merge_commit_sha"]) == (True, over["head"]["sha"])
