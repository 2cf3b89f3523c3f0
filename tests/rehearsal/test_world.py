"""A rehearsal's world, opened once more by a Retry."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.errors.request import WrongRequest
from loadmaster.rehearsal.registry import new_token
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.store import Store
from loadmaster.run.world import World, credential_file
from tests.kit.hangar import repository


def test_a_retry_finds_its_world_when_the_repository_it_came_from_is_gone(tmp_path: Path) -> None:
    source, store = repository(tmp_path / "source"), Store(tmp_path / "home")
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source)})
    with rehearsal(request, store.run("one"), store) as job:
        first = job
    shutil.rmtree(source)
    shutil.rmtree(store.part("mirrors"))
    with rehearsal(request, store.run("one"), store) as again:
        assert again.pinned == first.pinned
        assert git.observe_refs(again.world.remote)["refs/heads/main"] == first.pinned.commit


SCENARIO = {
    "users": [{"login": "mia"}, {"login": "noah"}],
    "crates": [{"name": "hangar", "owners": ["noah"], "versions": ["0.1.0"]}],
    "actor": "mia",
    "actor_token": {"scopes": ["publish-update"], "crates": ["hangar*"]},
}


def _credential(world: World) -> str:
    return credential_file(world.directory, "registry").read_text()


def told(world: World, method: str, path: str) -> tuple[int, str]:
    """What the registry answers to the rehearsal's own credential."""
    headers = {"Authorization": _credential(world), "User-Agent": "loadmaster-tests"}
    base = world.index.removeprefix("sparse+").removesuffix("index/")
    answer = httpx.request(method, f"{base}api/v1/{path}", headers=headers, json={"owners": ["noah"]})
    return answer.status_code, answer.text


def test_a_rehearsal_acts_as_whom_its_scenario_says(tmp_path: Path) -> None:
    source, store = repository(tmp_path / "source"), Store(tmp_path / "home")
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source), "scenario": SCENARIO})
    with rehearsal(request, store.run("one"), store) as job:
        assert '"login":"noah"' in told(job.world, "GET", "crates/hangar/owners")[1]
        assert told(job.world, "DELETE", "crates/hangar/0.1.0/yank")[0] == 403, "its token has no such scope"
        token = _credential(job.world)
    with rehearsal(request, store.run("one"), store) as again:
        assert _credential(again.world) == token, "a Retry finds its world"
    credential_file(store.run("one").world, "registry").write_text(new_token())
    with rehearsal(request, store.run("one"), store) as mended:
        assert "website" in told(mended.world, "GET", "me")[1], "a new token is let in as the scenario says"


def test_a_scenario_of_a_request_is_checked_like_one_of_a_file() -> None:
    with pytest.raises(WrongRequest, match="`ada`, an owner of `x`, is no user of the scenario"):
        rehearse_request(
            {"project": "demo", "version": "minor", "scenario": {"crates": [{"name": "x", "owners": ["ada"]}]}}
        )
