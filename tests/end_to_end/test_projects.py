"""A server that releases many: projects are made known while it runs, and one that is broken breaks nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.cli.commands.projects.knowing import add, list_projects
from loadmaster.deployments import REHEARSE
from loadmaster.errors.prefect import ParametersRefused
from loadmaster.run.known_projects import forget
from loadmaster.run.profiles import project_names
from loadmaster.stack.deploying import offer_in_forms
from tests.kit.hangar import commit_all, repository, write
from tests.kit.next_step import run_as_printed
from tests.kit.running import loadmaster
from tests.kit.service import Service
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

PROFILE = 'forge = "ada/wing"\ntitle = "Wing"\n[cargo]\nclippy = false\nmsrv = false\n[rehearsal]\nupstream = false\n'
RUN = {"request": {"project": "wing", "version": "minor"}}


@pytest.fixture
def clone(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LOADMASTER_HOME", str(service.store.root))
    yield repository(tmp_path / "wing", {"loadmaster.toml": PROFILE})
    forget("wing", service.store)


def test_a_project_is_offered_and_taken_back_without_a_restart(service: Service, clone: Path) -> None:
    home = service.store.root
    with pytest.raises(ParametersRefused):
        service.api.create_run(REHEARSE, RUN)

    added = loadmaster(home, "project", "add", str(clone), "--json")
    assert (added.code, added.document["project"]) == (0, "wing"), added.err
    assert all("'wing'" in str(each["parameter_openapi_schema"]) for each in service.api.deployments())

    assert loadmaster(home, "project", "remove", "wing").code == 0
    with pytest.raises(ParametersRefused):
        service.api.create_run(REHEARSE, RUN)


def test_a_profile_that_is_broken_breaks_nothing_but_itself_and_a_mended_one_counts(
    service: Service, clone: Path
) -> None:
    add(str(clone), None, None, service.store)
    offer_in_forms(service.store.root, project_names(), print)
    write(clone, {"loadmaster.toml": "forge = 3\n"})
    commit_all(clone)
    run = service.begin(RUN["request"])
    assert "`forge`" in (run.ended().message or "")
    problems = {one.project: one.problem for one in list_projects(service.store)}
    assert "`forge`" in problems["wing"]
    assert problems["demo"] == ""

    write(clone, {"loadmaster.toml": PROFILE})
    commit_all(clone)
    eventually(lambda: service.has_let_go_of(run), "the worker said its last about the broken run")
    run.retry()
    assert run.ended().type == "COMPLETED"
    assert (run.receipt.project, run.receipt.world) == ("wing", "rehearsal")
    assert {one.project: one.problem for one in list_projects(service.store)}["wing"] == ""


def test_a_first_profile_is_rehearsed_as_it_is_in_the_clone(service: Service, tmp_path: Path) -> None:
    clone, home = repository(tmp_path / "tail"), service.store.root
    here = {"LOADMASTER_HOME": str(home)}
    first = loadmaster(home, "init", str(clone))
    with (clone / "loadmaster.toml").open("a") as profile:
        profile.write("msrv = false\nclippy = false\n[rehearsal]\nupstream = false\n")  # a test asks no other registry

    done = run_as_printed("init._next_commands", "loadmaster rehearse", first.out, clone / "cli", here)

    assert "tail 0.4.1: RELEASED" in done.stdout
    forget("tail", service.store)
