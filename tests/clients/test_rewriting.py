"""Files of a tree rewritten: all or none, also where the process is really killed between two of them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadmaster.clients.files import read_tree
from loadmaster.clients.rewriting import KEPT, alone_in, require_whole, take_back, write_files
from loadmaster.errors.edits import FilesNotWritten, TreeMissing
from loadmaster.errors.files import BumpInterrupted, FileOfTwoNames, TreeBusy

FILES = ("Cargo.toml", "Cargo.lock", "crates/a/Cargo.toml")

KILLED = f"""
import os, pathlib, signal, sys
from loadmaster.clients.rewriting import write_files
moves, replace = int(sys.argv[2]), pathlib.Path.replace
def killed_after_some(self, target):
    global moves
    if moves == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    moves -= 1
    return replace(self, target)
pathlib.Path.replace = killed_after_some
write_files(pathlib.Path(sys.argv[1]), {{path: "new" for path in {FILES}}})
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path in FILES:
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(f"old {path}")
    return tmp_path / "tree"


def contents(tree: Path) -> list[str]:
    return [(tree / path).read_text() for path in FILES]


OLD = [f"old {path}" for path in FILES]


def killed(tree: Path, after: int) -> None:
    """Writes until so many files were moved, the list of `KEPT` being the first of them, and is killed."""
    done = subprocess.run((sys.executable, "-c", KILLED, str(tree), str(after)), check=False)
    assert done.returncode == -signal.SIGKILL


def test_what_is_written_leaves_nothing_else_behind(tree: Path) -> None:
    (tree / "Cargo.lock").chmod(0o600)
    write_files(tree, dict.fromkeys(FILES, "new"))
    assert contents(tree) == ["new"] * 3
    assert (tree / "Cargo.lock").stat().st_mode & 0o777 == 0o600
    assert not (tree / KEPT).exists()


@pytest.mark.parametrize("after", range(len(FILES) + 1))
def test_what_a_kill_left_half_written_is_taken_back(tree: Path, after: int) -> None:
    killed(tree, after)
    assert contents(tree) == ["new"] * max(after - 1, 0) + OLD[max(after - 1, 0) :]
    assert sorted(read_tree(tree).paths) == sorted(FILES)
    take_back(tree)
    assert contents(tree) == OLD
    assert not (tree / KEPT).exists()
    write_files(tree, dict.fromkeys(FILES, "newer"))
    assert contents(tree) == ["newer"] * 3


def test_a_tree_that_a_kill_left_half_written_is_not_judged(tree: Path) -> None:
    require_whole(tree)
    killed(tree, 2)
    with pytest.raises(BumpInterrupted, match="was killed while it put its files in place; some of them are the new"):
        require_whole(tree)


def test_what_somebody_changed_after_a_kill_is_not_written_over(tree: Path) -> None:
    killed(tree, 2)
    (tree / "Cargo.lock").write_text("by hand")
    with pytest.raises(BumpInterrupted, match=r"`Cargo\.lock` was changed since"):
        take_back(tree)
    assert contents(tree) == ["new", "by hand", OLD[2]]


@pytest.mark.parametrize("planted", ["no list at all", '[{"path":"../victim","before":"0","after":"0"}]'])
def test_a_list_that_nobody_wrote_here_changes_nothing(tree: Path, planted: str) -> None:
    (tree.parent / "victim").write_text("mine")
    (tree / KEPT).mkdir()
    (tree / KEPT / "list.json").write_text(planted)
    with pytest.raises(BumpInterrupted):
        take_back(tree)
    assert (tree.parent / "victim").read_text() == "mine"


def test_what_cannot_be_put_back_is_told(tree: Path) -> None:
    killed(tree, 2)
    (tree / KEPT / "0.old").unlink()
    with pytest.raises(BumpInterrupted, match=r"`Cargo.toml` cannot be put back: No such file"):
        take_back(tree)


def test_none_is_written_if_the_last_cannot_be(tree: Path) -> None:
    (tree / "docs").mkdir()
    with pytest.raises(FilesNotWritten, match=r"`docs` cannot be written: .*; no file was changed"):
        write_files(tree, {"Cargo.toml": "new", "docs": "new"})
    assert contents(tree) == OLD
    assert not (tree / KEPT).exists()


def test_one_file_of_two_names_gets_one_text(tree: Path) -> None:
    (tree / "linked").symlink_to("Cargo.lock")
    write_files(tree, {"Cargo.lock": "new", "linked": "new"})
    assert (tree / "Cargo.lock").read_text() == "new"
    with pytest.raises(FileOfTwoNames, match=r"`linked` and `Cargo\.lock` are one file"):
        write_files(tree, {"Cargo.lock": "one", "linked": "other"})
    assert (tree / "Cargo.lock").read_text() == "new"


def test_two_cannot_write_at_once(tree: Path) -> None:
    with alone_in(tree), pytest.raises(TreeBusy, match="nothing was changed"), alone_in(tree):
        pass
    with alone_in(tree):
        pass


@pytest.mark.parametrize("name", ["gone", "Cargo.toml", "a" * 5000], ids=["missing", "a file", "too long a name"])
def test_a_tree_that_is_none_is_told(tree: Path, name: str) -> None:
    with pytest.raises(TreeMissing), alone_in(tree / name):
        pass
