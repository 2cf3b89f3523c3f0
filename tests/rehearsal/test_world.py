"""A rehearsal's world, opened once more by a Retry."""

from __future__ import annotations

import shutil
from pathlib import Path

from loadmaster.clients import git
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.store import Store
from tests.steps.hangar import repository


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
