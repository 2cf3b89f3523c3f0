"""A copy of a clone, looked at after foreign code ran in it: what is there by content, and nothing is followed or obeyed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.clients.disk import remove_tree
from loadmaster.clients.git.command import run
from loadmaster.clients.git.snapshots import entries_below, entry_at
from loadmaster.errors.git import GitFailed
from loadmaster.planning.commands.changes import EntryKind, TreeEntry, changed_paths
from tests.kit.deep import dig
from tests.kit.nobody import as_root, told_by_nobody
from tests.kit.repositories import repository

FILES = {".gitignore": "target\n", "docs/a.md": "a\n", "docs/b.sh": "b\n", "src/lib.rs": "code\n"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return repository(tmp_path / "clone", FILES)


@pytest.fixture
def tree(clone: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clone, tmp_path / "tree", symlinks=True))


def changed(clone: Path, tree: Path, act: Callable[[Path], object]) -> list[str]:
    before = git.look_at_tree(tree, clone)
    act(tree)
    after = git.look_at_tree(tree, clone)
    return changed_paths(before, after, git.all_tracked_files(clone), ())


def _touch(tree: Path) -> None:
    os.utime(tree / "docs" / "a.md", (0, 0))
    (tree / "docs" / "a.md").rename(tree / "docs" / "c")
    (tree / "docs" / "a.md").write_text("a\n")
    (tree / "docs" / "c").unlink()


def _same_size_and_time(tree: Path) -> None:
    known = (tree / "docs" / "a.md").stat()
    (tree / "docs" / "a.md").write_text("z\n")
    os.utime(tree / "docs" / "a.md", ns=(known.st_atime_ns, known.st_mtime_ns))


def _ignored(tree: Path) -> None:
    for name in ("target", ".cache"):
        (tree / name).mkdir()
        (tree / name / "x").write_text("x")
    (tree / ".cache" / ".gitignore").write_text("*\n")


def _swap(tree: Path) -> None:
    shutil.rmtree(tree / "docs")
    (tree / "docs").symlink_to("src")


def _own_rules(tree: Path) -> None:
    """It has its own repository forget what is ignored, and what is tracked."""
    (tree / ".git" / "info" / "exclude").write_text("*\n")
    run(tree, "rm", "--quiet", "--cached", "-r", ".")
    (tree / "new").write_text("new")


CASES: list[tuple[str, Callable[[Path], object], list[str]]] = [
    ("nothing", lambda tree: None, []),
    ("written anew with the same bytes", _touch, []),
    ("other bytes of the same size and time", _same_size_and_time, ["docs/a.md"]),
    ("made executable", lambda tree: (tree / "docs/b.sh").chmod(0o755), ["docs/b.sh"]),
    ("another mode that git does not keep", lambda tree: (tree / "docs/b.sh").chmod(0o600), []),
    ("ignored by the tree's own rules", _ignored, []),
    ("a new one", lambda tree: (tree / "new").write_text("new"), ["new"]),
    ("an empty directory", lambda tree: (tree / "empty").mkdir(), []),
    ("a link in the place of a directory", _swap, ["docs", "docs/a.md", "docs/b.sh"]),
    ("a repository within", lambda tree: repository(tree / "in", {"x": "x"}), ["in/x"]),
    ("git told otherwise", _own_rules, ["new"]),
]


@pytest.mark.parametrize(("act", "paths"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_git_would_show_is_found_by_content(
    act: Callable[[Path], object], paths: list[str], clone: Path, tree: Path
) -> None:
    found = changed(clone, tree, act)
    assert [path for path in found if "/.git/" not in path] == paths


def _file_for_it(tree: Path) -> None:
    shutil.rmtree(tree / ".git")
    (tree / ".git").write_text("gitdir: /evil")


def _link_for_it(tree: Path) -> None:
    (tree / ".git").rename(tree / "moved")
    (tree / ".git").symlink_to("moved")


SETTINGS: list[tuple[str, Callable[[Path], object]]] = [
    ("a setting", lambda tree: run(tree, "config", "core.fsmonitor", "./evil")),
    ("a hook", lambda tree: (tree / ".git" / "hooks" / "pre-push").write_text("evil")),
    ("a hook that may be run", lambda tree: next((tree / ".git" / "hooks").iterdir()).chmod(0o644)),
    ("a branch", lambda tree: run(tree, "branch", "objects/x")),
    ("an object", lambda tree: run(tree, "hash-object", "-w", "--stdin", stdin=b"evil")),
    ("what is ignored", lambda tree: (tree / ".git" / "info" / "exclude").write_text("*\n")),
    ("the index", lambda tree: run(tree, "rm", "--quiet", "--cached", "docs/a.md")),
    ("all of it", lambda tree: shutil.rmtree(tree / ".git")),
    ("a file in its place", _file_for_it),
    ("a link in its place", _link_for_it),
]


@pytest.mark.parametrize("act", [row[1] for row in SETTINGS], ids=[row[0] for row in SETTINGS])
def test_a_change_to_the_repository_is_seen(act: Callable[[Path], object], clone: Path, tree: Path) -> None:
    (tree / ".git" / "hooks").mkdir(exist_ok=True)
    (tree / ".git" / "hooks" / "one").write_text("x")
    (tree / ".git" / "hooks" / "one").chmod(0o755)
    before = git.look_at_tree(tree, clone).repository
    run(tree, "status", extra={"GIT_OPTIONAL_LOCKS": "0"})
    assert git.look_at_tree(tree, clone).repository == before
    act(tree)
    assert git.look_at_tree(tree, clone).repository != before


def test_the_clone_s_own_repository_is_asked_and_not_that_of_the_tree(clone: Path, tree: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    run(tree, "config", "core.fsmonitor", f"touch {ran}")
    run(tree, "config", "core.excludesFile", str(tmp_path / "all"))
    (tmp_path / "all").write_text("*\n")
    (tree / "new").write_text("new")
    assert git.look_at_tree(tree, clone).untracked == {"new"}
    assert not ran.exists()


def test_a_path_is_what_lies_there_and_nothing_is_opened_but_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0o755)
    assert entry_at(str(tmp_path / "link")) == TreeEntry(EntryKind.LINK, "/dev/zero")
    assert entry_at(str(tmp_path / "pipe")) == TreeEntry(EntryKind.OTHER, "a named pipe, a socket or a device")
    assert entry_at(str(tmp_path / "file"))[::2] == (EntryKind.FILE, True)
    assert entry_at(str(tmp_path / "gone")).content == "a file that cannot be read (No such file or directory)"


@as_root
def test_what_is_closed_is_not_taken_for_gone(tree: Path) -> None:
    subprocess.run(("chmod", "-R", "go+rX", str(tree)), check=True)  # whatever the umask was
    (tree / "src" / "lib.rs").chmod(0)
    (tree / "docs").chmod(0)
    place = os.open(tree, os.O_RDONLY)

    def closed() -> str:
        os.fchdir(place)  # the directories above are for root alone
        found = {entry.path: seen for entry, seen in entries_below(Path(), without=".git")}
        return ", ".join(
            f"{path}: {seen.content}" for path, seen in sorted(found.items()) if seen.kind is EntryKind.OTHER
        )

    told = told_by_nobody(closed)
    os.close(place)
    assert told == (
        "./docs: a directory that cannot be listed, ./src/lib.rs: a file that cannot be read (Permission denied)"
    )


def test_a_tree_of_any_depth_ends_in_no_traceback(clone: Path, tree: Path) -> None:
    dig(tree / "docs")
    try:
        assert git.look_at_tree(tree, clone).entries["docs/a.md"].kind is EntryKind.FILE
    except GitFailed as error:  # it may call itself for each level
        assert "ls-files" in error.what
    finally:
        remove_tree(tree)
