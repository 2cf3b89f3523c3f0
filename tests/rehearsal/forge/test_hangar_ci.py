"""The demo project's own workflow, played in its world: it publishes all crates and uploads what the profile lists. And wheels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.planning.profile.ci_style import Publisher
from loadmaster.planning.profile.project import Project
from loadmaster.rehearsal.conditions import Conditions
from loadmaster.rehearsal.forge.actions.workflow_file import read_workflow
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.remote import create_remote
from loadmaster.rehearsal.world import open_world
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from loadmaster.run.world import World, credential_file
from loadmaster.run.world_clock import WorldClock
from tests.kit.checkout import ROOT
from tests.kit.hangar import FILES, write
from tests.kit.waiting import eventually

HANGAR = ROOT / "examples" / "hangar"
WORKFLOW = ".github/workflows/release.yml"
WHEN = datetime(2026, 10, 1, tzinfo=UTC)
ADA = git.Author(name="Ada", email="ada@example.org")


@contextmanager
def tagged(place: Path, project: Project, tree: Path, tag: str) -> Iterator[tuple[World, httpx.Client]]:
    """A world in which CI publishes, after a tag was pushed; and a client of its forge."""
    commit = git.import_directory(tree, place / "source.git", "main", WHEN)
    remote = create_remote(place / "remote.git", place / "source.git", "main").resolve()
    git.clone_at(remote, commit, place / "clone", "main")
    git.create_tag(place / "clone", tag, "HEAD", tag, ADA, WHEN)
    now, store = datetime.now(UTC), Store(place / "home")
    clock, by_ci = WorldClock(now), project.model_copy(update={"publisher": Publisher.CI})
    with open_world(place / "world", by_ci, remote, now, Conditions(), clock, store) as world:
        git.push(place / "clone", "origin", [f"refs/tags/{tag}"])
        token = credential_file(world.directory, "forge").read_text()
        base = f"{world.forge}/repos/{project.forge}/"
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
            yield world, http


def conclusion(http: httpx.Client) -> str | None:
    runs = http.get("actions/runs").json()["workflow_runs"]
    return runs[0]["conclusion"] if runs else None


def await_end(http: httpx.Client) -> None:
    """Fails with the logs of the jobs that failed."""
    eventually(lambda: conclusion(http) is not None, "the run ends")
    jobs = http.get("actions/runs/1/jobs").json()["jobs"]
    failed = [each["id"] for each in jobs if each["conclusion"] != "success"]
    logs = [http.get(f"actions/jobs/{each}/logs", follow_redirects=True).text for each in failed]
    assert conclusion(http) == "success", "\n".join(logs)


def crates_of_the_script() -> list[str]:
    text = (HANGAR / WORKFLOW).read_text()
    return text.partition("for crate in")[2].partition("; do")[0].replace("\\", " ").split()


@pytest.mark.cargo
def test_hangar_s_workflow_publishes_its_crates_and_uploads_its_archives(tmp_path: Path) -> None:
    project = load_project("demo")
    with tagged(tmp_path, project, HANGAR, "v0.4.0") as (world, http):
        await_end(http)
        uploads = [each.crate for each in Registry(world.directory / "registry").uploads() if each.status == 200]
        assert sorted(uploads) == sorted(crates_of_the_script())
        (draft,) = http.get("releases").json()
        wanted = sorted(name.replace("{version}", "0.4.0") for name in project.assets)
        assert sorted(each["name"] for each in draft["assets"]) == wanted
        names = [job["name"] for job in http.get("actions/runs/1/jobs").json()["jobs"]]
        assert names == [
            "Build for x86_64-unknown-linux-gnu",
            "Build for aarch64-unknown-linux-gnu",
            "Publish the crates",
            "Upload the archives",
        ]


def test_the_profile_names_jobs_that_the_workflow_has() -> None:
    source = read_workflow(WORKFLOW, (HANGAR / WORKFLOW).read_text())
    assert {job.name for job in load_project("demo").rehearsal.jobs} <= set(source.job_keys)
    assert source.permissions == {}
    published = next(job for job in source.jobs if job.key == "publish-crates")
    assert source.grants(published, "id-token", "write")
    assert (published.environment, published.condition) == ("crates", "vars.PUBLISHER == 'ci'")


def test_the_script_names_every_crate_before_those_that_need_it() -> None:
    listed = crates_of_the_script()
    for number, name in enumerate(listed):
        (manifest,) = HANGAR.glob(f"*/{name}/Cargo.toml")
        needed = manifest.read_text().partition("[dependencies]")[2]
        assert [later for later in listed[number + 1 :] if f"\n{later}.workspace" in needed.partition("[dev-")[0]] == []


WHEELS = {
    "pyproject.toml": '[project]\nname = "Hangar.Wing"\nversion = "0.4.0"\n',
    WORKFLOW: "on: {push: {tags: ['v*']}}\njobs: {wheels: {runs-on: x}}\n",
}


def test_wheels_go_to_the_package_index(tmp_path: Path) -> None:
    project = Project.model_validate(
        {
            "name": "hangar",
            "forge": "ada/hangar",
            "source": {"repository": "hangar"},
            "rehearsal": {"upstream": False, "jobs": [{"name": "wheels", "seconds": 0, "does": "wheels"}]},
        }
    )
    write(tmp_path / "tree", {**FILES, **WHEELS})
    with tagged(tmp_path, project, tmp_path / "tree", "v0.4.0-rc.1") as (world, http):
        await_end(http)
        accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
        shown = httpx.get(f"{world.python_index}/simple/hangar-wing/", headers=accept)
        assert [each["filename"] for each in json.loads(shown.text)["files"]] == [
            "hangar_wing-0.4.0rc1-py3-none-any.whl"
        ]
