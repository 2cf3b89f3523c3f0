"""Each fault of the forge's effects: what a client sees, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.clients.serving import serving
from loadmaster.rehearsal.faults import Door, Fault, FaultScript
from loadmaster.rehearsal.forge import Forge
from loadmaster.rehearsal.forge_scenario import ForgeScenario, PlayedJob
from tests.kit.forges import served_forge

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
API, UPLOADS = "/repos/ada/hangar/releases", "/uploads/repos/ada/hangar/releases"
Effect = Literal["draft", "asset", "release"]
EFFECTS: tuple[Effect, ...] = ("draft", "asset", "release")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").touch()
    commit = git.import_directory(tmp_path / "tree", tmp_path / "remote.git", "main", WHEN)
    git.create_tag(tmp_path / "remote.git", "v1", commit, "v1", git.Author(name="A", email="a@example.org"), WHEN)
    return tmp_path / "remote.git"


@contextmanager
def forge(remote: Path, *faults: Fault) -> Iterator[httpx.Client]:
    made = Forge(remote.parent / "forge", remote=remote, owner="ada", name="hangar", faults=FaultScript(faults=faults))
    made.add_token("t0ken")
    headers = {"Authorization": "Bearer t0ken"}
    with serving(made.app()) as address, httpx.Client(base_url=address, headers=headers, timeout=30) as http:
        yield http


def until(http: httpx.Client, effect: Effect) -> httpx.Response:
    """Brings a release about as far as `effect`, and answers for that."""
    answer = http.post(API, json={"tag_name": "v1", "draft": True})
    if effect != "draft":
        answer = http.post(f"{UPLOADS}/1/assets", params={"name": "sums"}, content=b"x" * 300_000)
    if effect == "release":
        answer = http.patch(f"{API}/1", json={"draft": False})
    return answer


def done(http: httpx.Client) -> list[Effect]:
    """The effects that took place, in their order; each more than once if it did."""
    releases = http.get(API).json()
    found: list[Effect] = ["draft" for _ in releases]
    found += ["asset" for release in releases for _ in release["assets"]]
    return found + ["release" for release in releases if not release["draft"]]


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_lost_answer_is_an_effect_that_took_place(remote: Path, effect: Effect) -> None:
    with forge(remote, Fault(on=effect, lose_answer=True)) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            until(http, effect)
        assert done(http) == list(EFFECTS[: EFFECTS.index(effect) + 1])


@pytest.mark.parametrize(
    ("effect", "fault"),
    [
        *((effect, Fault(on=effect, reset="before-commit")) for effect in EFFECTS),
        ("asset", Fault(on="asset", reset="before-body")),
    ],
    ids=str,
)
def test_a_connection_that_is_cut_before_the_effect_leaves_none(remote: Path, effect: Effect, fault: Fault) -> None:
    with forge(remote, fault) as http:
        with pytest.raises(httpx.TransportError):
            until(http, effect)
        assert done(http) == list(EFFECTS[: EFFECTS.index(effect)])


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(
    ("fault", "status", "answer"),
    [
        ({"status": 502, "detail": "Server Error"}, 502, '"message":"Server Error"'),
        ({"status": 403, "detail": "secondary rate limit", "retry_after_seconds": 60}, 403, "secondary rate limit"),
        ({"status": 502, "form": "html"}, 502, "<!doctype html>"),
    ],
    ids=["an error", "a limit", "a page"],
)
def test_an_answer_instead_of_an_effect(
    remote: Path, effect: Effect, fault: dict[str, Any], status: int, answer: str
) -> None:
    with forge(remote, Fault(on=effect, **fault)) as http:
        told = until(http, effect)
        assert (told.status_code, answer in told.text) == (status, True)
        assert ("Retry-After" in told.headers) is ("retry_after_seconds" in fault)
        assert done(http) == list(EFFECTS[: EFFECTS.index(effect)])


def test_faults_are_counted_across_restarts_and_assets_one_by_one(remote: Path) -> None:
    fault = Fault(on="asset", after=1, times=2, status=500)

    def sent(http: httpx.Client, name: str) -> int:
        return http.post(f"{UPLOADS}/1/assets", params={"name": name}, content=b"x").status_code

    with forge(remote, fault) as http:
        until(http, "draft")
        assert [sent(http, name) for name in ("a", "b")] == [201, 500]
    with forge(remote, fault) as http:
        assert [sent(http, name) for name in ("b", "c")] == [500, 201]


def test_a_change_of_text_is_no_publishing(remote: Path) -> None:
    with forge(remote, Fault(on="release", status=500)) as http:
        until(http, "draft")
        assert http.patch(f"{API}/1", json={"body": "Notes"}).status_code == 200
        assert http.patch(f"{API}/1", json={"draft": False}).status_code == 500


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"status": 503, "detail": "busy"}, (503, '"message":"busy"')),
        ({"status": 200, "form": "html"}, (200, "<!doctype html>")),
    ],
    ids=["an error", "a page as success"],
)
def test_an_outage_of_the_whole_forge_answers_everything_and_does_nothing(
    remote: Path, fault: dict[str, Any], told: tuple[int, str]
) -> None:
    with forge(remote, Fault(on="forge", times=3, **fault)) as http:
        asked = [http.get(API), http.get("/repos/ada/hangar"), http.post(API, json={"tag_name": "v1", "draft": True})]
        assert [(each.status_code, told[1] in each.text) for each in asked] == [(told[0], True)] * 3
        assert done(http) == []


def test_a_forge_that_hangs_up_answers_nothing_at_all(remote: Path) -> None:
    with forge(remote, Fault(on="forge", reset="before-body")) as http:
        with pytest.raises(httpx.TransportError):
            http.get(API)
        assert http.get(API).json() == []


WORKFLOW = "on: {push: {tags: ['v*']}, workflow_dispatch: {}}\njobs: {a: {runs-on: x}}\n"
DOORS: dict[Door, tuple[str, str, dict[str, Any]]] = {
    "branch": ("POST", "git/refs", {"ref": "refs/heads/new"}),
    "pull": ("POST", "pulls", {"title": "x", "head": "aside", "base": "main"}),
    "merge": ("PUT", "pulls/1/merge", {}),
    "dispatch": ("POST", "actions/workflows/ci.yml/dispatches", {"ref": "main"}),
    "rerun": ("POST", "actions/runs/1/rerun", {}),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "fault", [{"status": 502, "detail": "Server Error"}, {"lose_answer": True}, {"reset": "before-commit"}]
)
def test_the_doors_of_landing_and_of_runs(tmp_path: Path, door: Door, fault: dict[str, Any]) -> None:
    script = FaultScript(faults=(Fault(on=door, **fault),))
    scenario = ForgeScenario(jobs=(PlayedJob(name="a", seconds=0),))
    files = {".github/workflows/ci.yml": WORKFLOW}
    with served_forge(tmp_path, scenario, files, faults=script) as hangar:
        sha = hangar.commit("new", "1", branch="aside")
        hangar.push("aside:refs/heads/aside")
        hangar.tag("v1.0.0")
        if door == "merge":
            hangar.ask("POST", "pulls", 201, json=DOORS["pull"][2])
        method, path, body = DOORS[door]
        body = body | ({"sha": sha} if door == "branch" else {})
        api = "/repos/ada/hangar"

        def ask() -> int:
            return hangar.http.request(method, f"{api}/{path}", json=body).status_code

        if "status" in fault:
            assert ask() == 502
        else:
            with pytest.raises(httpx.TransportError):
                ask()
        took_place = {
            "branch": hangar.http.get(f"{api}/git/ref/heads/new").status_code == 200,
            "pull": len(hangar.get("pulls")) == 1,
            "merge": hangar.http.get(f"{api}/pulls/1/merge").status_code == 204,
            "dispatch": len(hangar.runs()) == 2,
            "rerun": hangar.get("actions/runs/1")["run_attempt"] == 2,
        }[door]
        assert took_place is ("lose_answer" in fault)
