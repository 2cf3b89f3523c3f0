"""A tag whose push was cut off after its effect: no hook tells of it, and it is found all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.rehearsal.forge.git_data.looking import NOTHING
from loadmaster.rehearsal.forge.git_data.tags_seen import TagsSeen
from loadmaster.rehearsal.forge.git_data.updating import RefUpdate
from tests.kit.hangar import git, repository


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    source = repository(tmp_path / "source")
    git(source, "tag", "v0.4.0")
    git(source, "clone", "--quiet", "--bare", str(source), str(tmp_path / "remote.git"))
    return tmp_path / "remote.git"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_is_found_after_the_hook_had_its_time_and_only_once(remote: Path, tmp_path: Path) -> None:
    clock = Clock()
    tags = TagsSeen(tmp_path / "tags.json", remote, clock)
    assert tags.missed() == ()  # what was there before was pushed by nobody
    git(remote, "tag", "v0.5.0", "main")
    assert tags.missed() == ()
    clock.now = 1.0
    (update,) = tags.missed()
    assert (update.ref, update.old, update.new) == ("refs/tags/v0.5.0", NOTHING, git(remote, "rev-parse", "main"))
    tags.note([update])
    assert tags.missed() == ()
    assert TagsSeen(tmp_path / "tags.json", remote, clock).missed() == ()


def test_one_that_a_hook_told_of_is_not_missed(remote: Path, tmp_path: Path) -> None:
    clock = Clock()
    tags = TagsSeen(tmp_path / "tags.json", remote, clock)
    git(remote, "tag", "v0.5.0", "main")
    tags.note([RefUpdate(ref="refs/tags/v0.5.0", old=NOTHING, new="c")])
    clock.now = 9.0
    assert tags.missed() == ()


def test_one_that_came_while_the_world_was_closed_is_found_when_it_is_opened_again(
    remote: Path, tmp_path: Path
) -> None:
    TagsSeen(tmp_path / "tags.json", remote)
    git(remote, "tag", "nested/v1", "main")
    clock = Clock()
    again = TagsSeen(tmp_path / "tags.json", remote, clock)
    again.missed()
    clock.now = 1.0
    assert [update.ref for update in again.missed()] == ["refs/tags/nested/v1"]
