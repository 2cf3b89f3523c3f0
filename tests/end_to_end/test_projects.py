"""A server that releases many: projects are made known while it runs, and one that is broken breaks nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import REHEARSE
from loadmaster.errors.prefect import ParametersRefused
from tests.kit.hangar import commit_all, repository, write
from tests.kit.next_step import run_as_printed
from tests.kit.running import loadmaster
from tests.kit.service import Service
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

PROFILE = 'forge = "ada/wing"\ntitle = "Wing"\n[cargo]\nclippy = false\nmsrv = false\n[rehearsal]\nupstream = false\n'
RUN = {"request": {"project": "wing", "version": "minor"}}


@pytest.fixture
def clone(service: Service, tmp_path: Path) -> Iterator[Path]:
    yield repository(tmp_path / "wing", {"loadmaster.toml": PROFILE})
    loadmaster(service.store.root, "project", "remove", "wing")


def test_a_project_is_offered_run_broken_and_mended_without_a_restart(service: Service, clone: Path) -> None:
    home = service.store.root
    with pytest.raises(ParametersRefused):
        service.api.create_run(REHEARSE, RUN)

    added = loadmaster(home, "project", "add", str(clone), "--json")
    assert (added.code, added.document["project"]) == (0, "wing"), added.err
    run = service.begin(RUN["request"])
    assert run.ended().type == "COMPLETED"
    assert (run.receipt.project, run.receipt.world) == ("wing", "rehearsal")

    write(clone, {"loadmaster.toml": "forge = 3\n"})
    commit_all(clone)
    broken = service.begin(RUN["request"])
    assert "`forge`" in (broken.ended().message or "")
    shown = {one["project"]: one["problem"] for one in loadmaster(home, "projects", "--json").document}
    assert "`forge`" in shown["wing"]
    assert shown["demo"] == ""

    write(clone, {"loadmaster.toml": PROFILE})
    commit_all(clone)
    eventually(lambda: service.has_let_go_of(broken), "the worker said its last about the broken run")
    broken.retry()
    assert broken.ended().type == "COMPLETED"

    assert loadmaster(home, "project", "remove", "wing").code == 0
    with pytest.raises(ParametersRefused):
        service.api.create_run(REHEARSE, RUN)


def test_a_first_profile_is_rehearsed_as_it_is_in_the_clone(service: Service, tmp_path: Path) -> None:
    clone, home = repository(tmp_path / "tail"), service.store.root
    here = {"LOADMASTER_HOME": str(home)}
    first = loadmaster(home, "init", str(clone))
    with (clone / "loadmaster.toml").open("a") as profile:
        profile.write("msrv = false\nclippy = false\n[rehearsal]\nupstream = false\n")  # a test asks no other registry

    done = run_as_printed("init._next_commands", "loadmaster rehearse", first.out, clone / "cli", here)

    assert "tail 0.4.1: RELEASED" in done.stdout
    assert loadmaster(home, "project", "remove", "tail").code == 0
