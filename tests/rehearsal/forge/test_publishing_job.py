"""The job that really publishes: trusted publishing and real cargo against the rehearsal registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.planning.profile.ci_style import Publisher
from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.conditions import Conditions
from loadmaster.rehearsal.forge_scenario import ForgeScenario, PlayedJob
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.remote import create_remote
from loadmaster.rehearsal.world import open_world
from loadmaster.run.store import Store
from loadmaster.run.world import World, credential_file
from loadmaster.run.world_clock import WorldClock
from tests.kit.hangar import FILES, WORKFLOW, write
from tests.kit.waiting import eventually

pytestmark = pytest.mark.cargo

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
PROJECT = Project.model_validate(
    {
        "name": "hangar",
        "forge": "ada/hangar",
        "source": {"repository": "hangar"},
        "assets": ["hangar-{version}.tar.gz", "hangar-{version}.tar.gz.sha256"],
        "cargo": {"sandbox": "none"},
        "registry": {"new_burst": 30},
        "rehearsal": {
            "upstream": False,
            "jobs": [
                {"name": "build", "seconds": 0},
                {"name": "publish-crates", "seconds": 0, "does": "publish"},
                {"name": "upload", "seconds": 0, "does": "upload"},
            ],
        },
    }
)


@contextmanager
def opened(
    place: Path, scenario: ForgeScenario | None = None, publisher: Any = "ci", workflow: str = WORKFLOW
) -> Iterator[World]:
    """A world whose repository is the small workspace with that workflow; opened again it is the same."""
    remote = place / "remote.git"
    if not remote.exists():
        write(place / "tree", {**FILES, ".github/workflows/release.yml": workflow})
        git.import_directory(place / "tree", place / "source.git", "main", WHEN)
        create_remote(remote, place / "source.git", "main")
    now, store = datetime.now(UTC), Store(place / "home")
    conditions = Conditions(forge=scenario)
    project = PROJECT.model_copy(update={"publisher": Publisher(publisher)})
    with open_world(place / "world", project, remote.resolve(), now, conditions, WorldClock(now), store) as world:
        yield world


def push_tag(place: Path) -> None:
    clone = place / "clone"
    git.clone_at(place / "remote.git", git.resolve(place / "remote.git", "main"), clone, "main")
    git.create_tag(clone, "v0.4.0", "HEAD", "v0.4.0", git.Author(name="Ada", email="ada@example.org"), WHEN)
    git.push(clone, "origin", ["refs/tags/v0.4.0"])


@contextmanager
def asked(world: World) -> Iterator[httpx.Client]:
    token = credential_file(world.directory, "forge").read_text()
    base = f"{world.forge}/repos/ada/hangar/"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        yield http


def run_of(http: httpx.Client) -> dict[str, Any]:
    runs = http.get("actions/runs").json()["workflow_runs"]
    return dict(runs[0]) if runs else {"status": None}


def await_end(http: httpx.Client) -> dict[str, Any]:
    eventually(lambda: run_of(http)["status"] == "completed", "the run ends")
    return run_of(http)


def log_of(http: httpx.Client, name: str) -> str:
    jobs = http.get(f"actions/runs/{run_of(http)['id']}/jobs").json()["jobs"]
    (job,) = (each for each in jobs if each["name"] == name)
    return http.get(f"actions/jobs/{job['id']}/logs", follow_redirects=True).text


def published(world: World) -> list[str]:
    return [each.crate for each in Registry(world.directory / "registry").uploads() if each.status == 200]


def test_it_publishes_every_crate_and_uploads_the_assets(tmp_path: Path) -> None:
    with opened(tmp_path) as world, asked(world) as http:
        push_tag(tmp_path)
        run = await_end(http)
        log = log_of(http, "publish-crates")
        assert run["conclusion"] == "success", log
        assert published(world) == ["hangar-units", "hangar-cli"]
        assert "Token revoked successfully" in log
        assert "cio_tp_" not in log
        (draft,) = http.get("releases").json()
        assert (draft["draft"], draft["tag_name"]) == (True, "v0.4.0")
        whole, sums = sorted(draft["assets"], key=lambda each: str(each["name"]))
        line = http.get(sums["url"], headers={"Accept": "application/octet-stream"}, follow_redirects=True).text
        assert line == f"{whole['digest'].removeprefix('sha256:')}  hangar-0.4.0.tar.gz\n"


def test_a_direct_release_leaves_the_crates_to_loadmaster(tmp_path: Path) -> None:
    with opened(tmp_path, publisher="direct") as world, asked(world) as http:
        push_tag(tmp_path)
        assert await_end(http)["conclusion"] == "success"
        jobs = http.get(f"actions/runs/{run_of(http)['id']}/jobs").json()["jobs"]
        assert {job["name"]: job["conclusion"] for job in jobs}["publish-crates"] == "skipped"
        assert published(world) == []


def test_it_stops_before_a_crate_and_a_rerun_finishes_it(tmp_path: Path) -> None:
    stops = PlayedJob(name="publish-crates", fails_at=2, in_attempts=(1,))
    with opened(tmp_path, ForgeScenario(jobs=(stops,))) as world, asked(world) as http:
        push_tag(tmp_path)
        run = await_end(http)
        assert (run["conclusion"], published(world)) == ("failure", ["hangar-units"])
        assert "before crate 2 of 2 (hangar-cli)" in log_of(http, "publish-crates")
        assert http.post(f"actions/runs/{run['id']}/rerun-failed-jobs").status_code == 201
        assert await_end(http)["conclusion"] == "success"
        assert published(world) == ["hangar-units", "hangar-cli"]
        assert "hangar-units@0.4.0 is already there, skipping" in log_of(http, "publish-crates")


def test_without_the_permission_there_is_no_id_token(tmp_path: Path) -> None:
    without = WORKFLOW.replace("permissions: {id-token: write}", "permissions: {contents: read}")
    with opened(tmp_path, workflow=without) as world, asked(world) as http:
        push_tag(tmp_path)
        assert await_end(http)["conclusion"] == "failure"
        assert "'id-token' permission" in log_of(http, "publish-crates")
        assert published(world) == []


def test_a_world_that_is_closed_meanwhile_goes_on_when_it_is_opened_again(tmp_path: Path) -> None:
    slow = ForgeScenario(jobs=(PlayedJob(name="publish-crates", seconds=600),))
    with opened(tmp_path, slow) as world, asked(world) as http:
        push_tag(tmp_path)
        eventually(lambda: run_of(http)["status"] == "in_progress", "the run begins")
    with opened(tmp_path) as world, asked(world) as http:
        assert await_end(http)["conclusion"] == "success"
        assert published(world) == ["hangar-units", "hangar-cli"]


def test_its_bytes_differ_if_the_script_changes_them(tmp_path: Path) -> None:
    alters = PlayedJob(name="publish-crates", alters=("hangar-units",))
    with opened(tmp_path / "one") as world, asked(world) as http:
        push_tag(tmp_path / "one")
        await_end(http)
        sound = httpx.get(f"{world.index.removeprefix('sparse+')}ha/ng/hangar-units").json()["cksum"]
    with opened(tmp_path / "two", ForgeScenario(jobs=(alters,))) as world, asked(world) as http:
        push_tag(tmp_path / "two")
        assert await_end(http)["conclusion"] == "success", log_of(http, "publish-crates")
        assert httpx.get(f"{world.index.removeprefix('sparse+')}ha/ng/hangar-units").json()["cksum"] != sound


def test_the_upload_takes_the_draft_that_somebody_makes_meanwhile(tmp_path: Path) -> None:
    patient = ForgeScenario(jobs=(PlayedJob(name="upload", seconds=3600),))
    with opened(tmp_path, patient, publisher="direct") as world, asked(world) as http:
        push_tag(tmp_path)
        eventually(lambda: run_of(http)["status"] == "in_progress", "the run begins")
        made = http.post("releases", json={"tag_name": "v0.4.0", "draft": True, "body": "Notes"}).json()["id"]
        assert await_end(http)["conclusion"] == "success"
        (draft,) = http.get("releases").json()
        assert (draft["id"], draft["body"], len(draft["assets"])) == (made, "Notes", 2)


def test_its_script_may_have_an_order_of_its_own_and_build_each_crate(tmp_path: Path) -> None:
    wrong = PlayedJob(name="publish-crates", order=("hangar-cli", "hangar-units"), in_attempts=(1,))
    with opened(tmp_path / "wrong", ForgeScenario(jobs=(wrong,))) as world, asked(world) as http:
        push_tag(tmp_path / "wrong")
        assert await_end(http)["conclusion"] == "failure"
        assert published(world) == []
        assert "no matching package named `hangar-units` found" in log_of(http, "publish-crates")
    builds = PlayedJob(name="publish-crates", order=("hangar-units", "hangar-cli"), verify=True)
    with opened(tmp_path / "right", ForgeScenario(jobs=(builds,))) as world, asked(world) as http:
        push_tag(tmp_path / "right")
        assert await_end(http)["conclusion"] == "success", log_of(http, "publish-crates")
        assert "Compiling hangar-cli" in log_of(http, "publish-crates")
