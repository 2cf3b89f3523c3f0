"""GitHub's own recordings, sent as requests to this forge: the same statuses, shapes and codes.

`docs/forge.md` has what differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from loadmaster.clients.git.command import run, text
from loadmaster.rehearsal.forge_scenario import HEALTHY, ForgeScenario, PlantedAsset, PlantedRelease
from tests.kit.forges import ServedForge, served_forge
from tests.kit.github_openapi import schema_problems
from tests.kit.github_recordings import Exchange, error_codes, exchanges, shape_problems, webhook_examples

OLD = frozenset({"gravatar_id", "organization", "network_count", "license", "request_id"})
"""Keys that only some of GitHub's answers have, or that it gives no more."""
CREATE, CONTENT = "create-status", "get-content"


@contextmanager
def forge_of(tmp_path: Path, scenario: ForgeScenario = HEALTHY) -> Iterator[ServedForge]:
    with served_forge(tmp_path, scenario) as hangar:
        yield hangar


def send(hangar: ServedForge, recorded: Exchange, replaced: Mapping[str, str]) -> httpx.Response:
    """The recorded request, in the names and numbers of this forge."""
    path = recorded.path.replace(recorded.repository, "ada/hangar")
    body = recorded.body if isinstance(recorded.body, str) else json.dumps(recorded.body)
    for old, new in replaced.items():
        path, body = path.replace(old, new), body.replace(old, new)
    prefix = "/uploads" if recorded.host.startswith("uploads.") else ""
    headers = {name: value for name, value in recorded.headers.items() if name in ("accept", "content-type")}
    return hangar.http.request(recorded.method, f"{prefix}{path}", content=body, headers=headers)


def assert_alike(recorded: Exchange, given: httpx.Response) -> None:
    assert given.status_code == recorded.status, f"{recorded.method} {recorded.path}: {given.text[:300]}"
    if not isinstance(recorded.answer, str):
        body = given.json()
        assert list(shape_problems(recorded.answer, body, without=OLD)) == []
        assert error_codes(body) == error_codes(recorded.answer)


def test_refs(tmp_path: Path) -> None:
    with forge_of(tmp_path) as hangar:
        first = text(hangar.remote, "rev-parse", "main")
        second = hangar.commit("new", "1")
        hangar.push("main:refs/heads/aside")
        for recorded in exchanges("git-refs"):
            assert_alike(recorded, send(hangar, recorded, {"0" * 39 + "1": second, "0" * 39 + "2": first}))


@pytest.mark.parametrize("scenario", ["release-assets", "release-assets-conflict"])
def test_releases_and_assets(tmp_path: Path, scenario: str) -> None:
    there = (PlantedAsset(name="test-upload.txt"),) if scenario.endswith("conflict") else ()
    planted = PlantedRelease(tag="v1.0.0", name="Version 1.0.0", body="Initial release", assets=there)
    with forge_of(tmp_path, ForgeScenario(releases=(planted,))) as hangar:
        for recorded in exchanges(scenario):
            given = send(hangar, recorded, {"/releases/1000": "/releases/1", "/assets/1000": "/assets/1"})
            assert_alike(recorded, given)


def test_statuses(tmp_path: Path) -> None:
    with forge_of(tmp_path) as hangar:
        sha = text(hangar.remote, "rev-parse", "main")
        for recorded in exchanges(CREATE):
            given = send(hangar, recorded, {"0" * 39 + "1": sha})
            assert_alike(recorded, given)
            if isinstance(recorded.answer, dict):
                assert given.json()["state"] == recorded.answer["state"]


def test_contents_and_the_repository(tmp_path: Path) -> None:
    with forge_of(tmp_path) as hangar:
        run(hangar.remote, "rev-parse", "main")
        for recorded in (*exchanges(CONTENT), *exchanges("get-repository")):
            given = send(hangar, recorded, {})
            assert_alike(recorded, given)
            if isinstance(recorded.answer, str):
                assert given.text == "# Hangar\n"


def test_a_branch_that_is_not_protected(tmp_path: Path) -> None:
    with forge_of(tmp_path) as hangar:
        recorded = exchanges("branch-protection")[0]
        given = send(hangar, recorded, {})
        assert_alike(recorded, given)
        assert given.json()["message"] == recorded.answer["message"]


def test_pages(tmp_path: Path) -> None:
    """GitHub's recording is of issues: what counts are the links."""
    with forge_of(tmp_path) as hangar:
        for number in range(13):
            hangar.ask("POST", "releases", 201, json={"tag_name": f"v{number}", "draft": True})
        for number, recorded in enumerate(exchanges("paginate-issues"), 1):
            answer = hangar.http.get("/repos/ada/hangar/releases", params={"per_page": 3, "page": number})
            told = {name: str(link["url"]).rpartition("page=")[2] for name, link in answer.links.items()}
            wanted = httpx.Response(200, headers={"link": recorded.answer_headers["link"]}).links
            assert told == {name: str(link["url"]).rpartition("page=")[2] for name, link in wanted.items()}


def test_a_job_has_the_keys_and_spellings_of_github_s_examples(tmp_path: Path) -> None:
    with forge_of(tmp_path) as hangar:
        hangar.tag("v1.0.0")
        run_id = hangar.run()["id"]
        job = hangar.jobs(run_id)["build"]
        assert schema_problems("job", job) == []
        for each in webhook_examples("workflow_job"):
            example = each["workflow_job"]
            assert example["status"] in ("queued", "waiting", "in_progress", "completed")
            if "run_attempt" in example and "workflow_name" in example:
                assert set(example) - {"deployment"} <= set(job)


def test_a_repository_that_was_renamed(tmp_path: Path) -> None:
    with forge_of(tmp_path, ForgeScenario(renamed_from="ada/old")) as hangar:
        for recorded in exchanges("rename-repository")[1:3]:
            numbered = {recorded.repository: "ada/old", "/repositories/1000": "/repositories/1"}
            path = next(
                (recorded.path.replace(old, new) for old, new in numbered.items() if old and old in recorded.path), ""
            )
            assert_alike(recorded, hangar.http.get(path))
        moved = hangar.http.get("/repos/ada/old/git/ref/heads/main?x=1")
        assert moved.headers["location"] == f"{hangar.address}/repositories/1/git/ref/heads/main?x=1"
        assert hangar.http.get(moved.headers["location"]).json()["ref"] == "refs/heads/main"
        assert hangar.http.post("/repos/ada/old/git/refs", json={}).status_code == 307
