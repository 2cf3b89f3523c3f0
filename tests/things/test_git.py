"""The commit and the tag at a real remote, whatever others do to it in the meantime."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadmaster.clients import git as client
from loadmaster.errors.git import PushNotFastForward, TagTaken
from loadmaster.things.git import PushedCommit, PushedTag, ownership_by_commit
from loadmaster.things.thing import converge
from tests.kit.hangar import git, repository, write


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    bare = tmp_path / "remote.git"
    git(repository(tmp_path / "source"), "clone", "--quiet", "--bare", ".", str(bare))
    return bare


def clone(remote: Path, place: Path) -> Path:
    git(remote.parent, "clone", "--quiet", str(remote), str(place))
    return place


def committed(checkout: Path, text: str) -> str:
    write(checkout, {"CHANGELOG.md": text})
    git(checkout, "commit", "--quiet", "--all", "-m", text)
    return git(checkout, "rev-parse", "HEAD")


def pushed(checkout: Path, remote: Path, commit: str) -> PushedCommit:
    return PushedCommit(checkout=checkout, remote=str(remote), branch="main", commit=commit)


def test_a_commit_below_one_that_somebody_pushed_since_the_clone_is_there(remote: Path, tmp_path: Path) -> None:
    ours = clone(remote, tmp_path / "ours")
    release = committed(ours, "release")
    converge(thing := pushed(ours, remote, release), thing.push)
    theirs = clone(remote, tmp_path / "theirs")
    tip = committed(theirs, "later")
    git(theirs, "push", "--quiet", "origin", "main")
    assert not client.has_commit(ours, tip)
    seen = thing.observe()
    assert (seen.state, seen.code, seen.facts) == ("same", "on-branch", {"branch": "main", "tip": tip})


def test_a_branch_that_moved_on_without_the_commit_is_not_pushed_over(remote: Path, tmp_path: Path) -> None:
    ours, theirs = clone(remote, tmp_path / "ours"), clone(remote, tmp_path / "theirs")
    release = committed(ours, "release")
    tip = committed(theirs, "later")
    git(theirs, "push", "--quiet", "origin", "main")
    thing = pushed(ours, remote, release)
    assert thing.observe().state == "absent"
    with pytest.raises(PushNotFastForward):
        converge(thing, thing.push)
    assert client.observe_refs(str(remote))["refs/heads/main"] == tip


@pytest.mark.parametrize("annotated", [True, False], ids=["annotated", "light"])
def test_a_tag_is_judged_by_the_commit_that_it_stands_on(remote: Path, tmp_path: Path, annotated: bool) -> None:
    ours = clone(remote, tmp_path / "ours")
    first, second = git(ours, "rev-parse", "HEAD"), committed(ours, "release")
    git(ours, "tag", *(["--annotate", "-m", "one"] if annotated else []), "v1.0.0", first)
    git(ours, "push", "--quiet", "origin", "v1.0.0")
    assert PushedTag(remote=str(remote), name="v1.0.0", ownership=ownership_by_commit(first)).observe().state == "same"
    taken = PushedTag(remote=str(remote), name="v1.0.0", ownership=ownership_by_commit(second))
    assert taken.observe().facts == {"ours": second, "commit": first}
    with pytest.raises(TagTaken, match=f"`{first}`.*`{second}`"):
        converge(taken, lambda: None)
