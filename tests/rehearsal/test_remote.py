"""Real git pushes to the remote of a rehearsal; the forced ones go round Loadmaster's client, which never forces."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.git.command import ask, run
from loadmaster.errors.git import UnknownCommit
from loadmaster.rehearsal.remote import create_remote

WHEN = datetime(2026, 10, 1, tzinfo=UTC)
AUTHOR = git.Author(name="Ada", email="ada@example.org")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two commits on main, tagged v1 and v2, and a branch beside."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_text("1")
    bare = tmp_path / "source.git"
    git.clone_at(bare, git.import_directory(tmp_path / "tree", bare, "main", WHEN), tmp_path / "seed", "main")
    git.create_tag(tmp_path / "seed", "v1", "HEAD", "v1", AUTHOR, WHEN)
    (tmp_path / "seed" / "file").write_text("2")
    git.commit_all(tmp_path / "seed", "Second", AUTHOR, WHEN)
    git.create_tag(tmp_path / "seed", "v2", "HEAD", "v2", AUTHOR, WHEN)
    git.push(tmp_path / "seed", "origin", ["main:refs/heads/main", "main:refs/heads/beside", "v1", "v2"])
    return bare


@pytest.fixture
def remote(tmp_path: Path, source: Path) -> Path:
    return create_remote(tmp_path / "world" / "remote.git", source, "main")


@pytest.fixture
def clone(tmp_path: Path, remote: Path) -> Path:
    git.clone_at(remote, git.resolve(remote, "main"), tmp_path / "clone", "main")
    (tmp_path / "clone" / "new").write_text("new")
    git.commit_all(tmp_path / "clone", "New", AUTHOR, WHEN)
    return tmp_path / "clone"


def names(refs: object) -> list[str]:
    assert isinstance(refs, dict)
    return sorted(name for name in refs if not name.endswith("^{}"))


def test_it_holds_the_branch_and_the_tags_and_nothing_else(remote: Path, source: Path) -> None:
    assert names(git.observe_refs(str(remote))) == ["HEAD", "refs/heads/main", "refs/tags/v1", "refs/tags/v2"]
    assert git.head(remote) == git.resolve(source, "main")


def test_at_an_earlier_commit_it_is_as_it_was_then(tmp_path: Path, source: Path) -> None:
    earlier = create_remote(tmp_path / "earlier.git", source, "main", commit=git.resolve(source, "v1"))
    assert names(git.observe_refs(str(earlier))) == ["HEAD", "refs/heads/main", "refs/tags/v1"]
    assert git.head(earlier) == git.resolve(source, "v1")


def test_an_unknown_branch_or_commit_leaves_nothing_behind(tmp_path: Path, source: Path) -> None:
    for branch, commit in (("nowhere", None), ("main", "1" * 40)):
        with pytest.raises(UnknownCommit):
            create_remote(tmp_path / "none.git", source, branch, commit=commit)
    assert not (tmp_path / "none.git").exists()


def test_a_release_s_push_passes_and_a_second_creation_keeps_it(source: Path, remote: Path, clone: Path) -> None:
    git.create_tag(clone, "v3", "HEAD", "v3", AUTHOR, WHEN)
    git.push(clone, "origin", ["main:refs/heads/main", "v3"])
    assert create_remote(remote, source, "main") == remote
    assert git.head(remote) == git.resolve(remote, "v3") == git.head(clone)


def test_one_whose_making_was_cut_short_is_made_anew(tmp_path: Path, source: Path) -> None:
    (tmp_path / "cut.git.unfinished" / "hooks").mkdir(parents=True)
    assert git.head(create_remote(tmp_path / "cut.git", source, "main")) == git.resolve(source, "main")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--force", "v1^{commit}:refs/heads/main"], ("GH006: Protected branch", "Cannot force-push to this branch")),
        ([":refs/heads/main"], ("GH006: Protected branch", "Cannot delete this branch")),
        (["--force", "v2:refs/tags/v1"], ("GH013: Repository rule violations", "Cannot update this protected ref.")),
        ([":refs/tags/v1"], ("GH013: Repository rule violations", "Cannot delete this tag")),
    ],
    ids=["a branch is rewound", "a branch is deleted", "a tag is moved", "a tag is deleted"],
)
def test_what_a_protected_branch_rejects_is_rejected(
    remote: Path, clone: Path, arguments: list[str], words: tuple[str, str]
) -> None:
    before = git.observe_refs(str(remote))
    pushed = ask(clone, "push", "origin", *arguments)
    assert pushed.status != 0
    assert all(each in pushed.complaint for each in words)
    assert git.observe_refs(str(remote)) == before


def test_a_forced_push_is_rejected_for_its_rewinding_not_for_its_force(remote: Path, clone: Path) -> None:
    run(clone, "push", "--quiet", "--force", "origin", "main:refs/heads/main", "main:refs/heads/new")
    assert git.head(remote) == git.head(clone)
