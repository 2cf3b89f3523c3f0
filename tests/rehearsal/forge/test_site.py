"""The forge's pages, as a person's browser asks for them, and as another site would."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from loadmaster.rehearsal.forge_scenario import (
    ForgeScenario,
    PlantedAsset,
    PlantedRelease,
    PlayedEnvironment,
    PlayedJob,
)
from tests.kit.forges import ServedForge, served_forge

WAITING = ForgeScenario(
    jobs=(
        PlayedJob(name="build", seconds=0, log=("<script>alert(1)</script> \x1b[31mred",)),
        PlayedJob(name="publish", seconds=0),
    ),
    environments=(PlayedEnvironment(name="crates"),),
    releases=(PlantedRelease(tag="v0", assets=(PlantedAsset(name="a&b", text="x"),)),),
)


def page(hangar: ServedForge, path: str = "") -> str:
    answer = hangar.stranger.get(f"/ada/hangar{path}")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return answer.text


def forms(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Of each form: where it posts to, its fields, what its button says."""
    found = re.findall(r'<form method="post" action="([^"]*)">(.*?)<button>(.*?)</button></form>', text)
    return [
        (action, dict(re.findall(r'name="([^"]*)" value="([^"]*)"', fields)), shown) for action, fields, shown in found
    ]


def post(hangar: ServedForge, action: str, fields: dict[str, str]) -> httpx.Response:
    return hangar.stranger.post(action, data=fields)


def test_the_repository_is_shown_and_everything_is_escaped(tmp_path: Path) -> None:
    with served_forge(tmp_path, WAITING) as hangar:
        hangar.tag("v1.0.0")
        hangar.commit("new", "1", "<b>New</b>", "aside")
        hangar.push("aside:refs/heads/aside")
        hangar.ask("POST", "pulls", 201, json={"title": "<i>Title</i>", "head": "aside", "base": "main"})
        shown = page(hangar)
        for words in ("v1.0.0", "aside", "&lt;i&gt;Title&lt;/i&gt;", "Release v1.0.0", "waiting", "a&amp;b", "sha256:"):
            assert words in shown
        run = hangar.run()["id"]
        job = hangar.jobs(run)["build"]["id"]
        log = page(hangar, f"/actions/runs/{run}/job/{job}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in log
        assert "&lt;b&gt;New&lt;/b&gt;" in page(hangar, "/pull/1")
        assert hangar.stranger.get("/ada/hangar/pull/9").status_code == 404


def test_a_waiting_environment_is_approved_by_its_button_and_by_nothing_else(tmp_path: Path) -> None:
    with served_forge(tmp_path, WAITING) as hangar:
        hangar.tag("v1.0.0")
        run = hangar.run()["id"]
        (action, fields, shown), (_, rejecting, _) = forms(page(hangar, f"/actions/runs/{run}"))
        assert (shown, rejecting["state"]) == ("Approve", "rejected")
        assert post(hangar, action, {"environment": "crates", "state": "approved"}).status_code == 403
        assert post(hangar, action, fields | {"token": "0" * 64}).status_code == 403
        assert hangar.run()["status"] == "waiting"
        done = post(hangar, action, fields)
        assert (done.status_code, done.headers["location"].endswith(f"/actions/runs/{run}")) == (303, True)
        assert hangar.run()["conclusion"] == "success"


def test_a_pull_request_is_closed_or_merged(tmp_path: Path) -> None:
    with served_forge(tmp_path, ForgeScenario(merge_methods=("squash",))) as hangar:
        for branch in ("one", "two"):
            hangar.commit(branch, "1", "New", branch)
            hangar.push(f"{branch}:refs/heads/{branch}")
            hangar.ask("POST", "pulls", 201, json={"title": "x", "head": branch, "base": "main"})
        (merge_to, merge, shown), _ = forms(page(hangar, "/pull/1"))
        _, (close_to, close, _) = forms(page(hangar, "/pull/2"))
        assert shown == "Merge (squash)"
        assert post(hangar, merge_to, close).status_code == 403, "a token is for one pull request"
        assert post(hangar, merge_to, merge).status_code == 303
        assert post(hangar, close_to, close).status_code == 303
        assert (hangar.get("pulls/1")["merged_by"]["login"], hangar.get("pulls/2")["state"]) == ("visitor", "closed")
        assert post(hangar, close_to, close).status_code == 422
        assert forms(page(hangar, "/pull/1")) == []


def test_a_foreign_name_that_leads_here_is_shown_nothing(tmp_path: Path) -> None:
    with served_forge(tmp_path) as hangar:
        assert hangar.stranger.get("/ada/hangar", headers={"Host": "evil.example"}).status_code == 421
