"""What the file system, git and cargo say of a disk that cannot be written."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from loadmaster.clients.disk import complaint_of, copy_tree, fullest, remove_tree, scratch, space_left, walk, writing
from loadmaster.errors.files import DiskFull, NotWritten
from tests.kit.deep import LEVELS, dig
from tests.kit.small_disk import fill, small_disk

PLACE = Path("/nowhere/home")
DOING = "while packaging"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_and_a_share_of_it_that_are_used_up_are_full(number: int, tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match=re.escape(f"`{tmp_path}/file`, while it was written (")),
        writing(tmp_path / "file"),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO], ids=errno.errorcode.get)
def test_every_other_trouble_is_told_with_its_place_its_reason_and_the_space(number: int, tmp_path: Path) -> None:
    told = rf"`{tmp_path}/file` cannot be written: {os.strerror(number)} \(\d+\.\d MB are free there\)"
    with pytest.raises(NotWritten, match=told), writing(tmp_path / "file"):
        raise OSError(number, os.strerror(number))


WORDS = (
    ("git's", "fatal: unable to write loose object file: No space left on device", DiskFull),
    ("git's of its index", "fatal: sha1 file 'index.lock' write error. Out of diskspace", DiskFull),
    ("a quota's", "error: write failed: Disk quota exceeded", DiskFull),
    ("cargo's", "error: failed to write `a`\n\nCaused by:\n  No space left on device (os error 28)", DiskFull),
    ("the linker's", "collect2: fatal error: ld terminated with signal 7 [Bus error], core dumped", DiskFull),
    ("ours, told by a server", "got 507\nbody:\nNo space is left for `/x/index`, while it was written.", DiskFull),
    ("a read-only file system's", "error: a\n  Read-only file system (os error 30)", NotWritten),
    ("git's of a directory", "fatal: Unable to create '/x/index.lock': Permission denied", NotWritten),
    (
        "cargo's of a directory",
        "error: failed to create directory `/x`\n\nCaused by:\n  Permission denied (os error 13)",
        NotWritten,
    ),
    ("of something that may not be read", "error: could not read `/x`: Permission denied (os error 13)", None),
    ("ssh's", "git@x: Permission denied (publickey).", None),
    ("of the code", "error: could not compile `hangar`", None),
    ("none", "", None),
)


@pytest.mark.parametrize(("words", "kind"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_words(words: str, kind: type[DiskFull | NotWritten] | None) -> None:
    complaint = complaint_of(words, PLACE, DOING)
    assert (None if complaint is None else type(complaint)) is kind
    assert complaint is None or f"`{PLACE}`" in complaint.what


def test_the_space_of_a_place_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        assert space_left(disk / "deep" / "file") == space_left(disk)
        fill(disk)
        assert space_left(disk / "deep" / "file") == 0
        assert fullest(tmp_path, Path("/proc/none"), disk / "deep") == disk / "deep"


def test_a_directory_for_a_while_on_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(NotWritten, match="No such file"), scratch():
        pass


def test_a_tree_of_any_depth_is_walked_and_removed(deep: Path) -> None:
    assert sum(1 for _ in walk(deep)) == LEVELS
    with pytest.raises(RecursionError):
        shutil.rmtree(deep)
    remove_tree(deep)
    assert not deep.exists()


def test_one_name_at_the_top_can_be_left_out_of_a_walk(tmp_path: Path) -> None:
    for path in (".git/config", "in/.git/config", "git"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = {os.path.relpath(entry.path, tmp_path) for entry in walk(tmp_path, without=".git")}
    assert found == {"in", "in/.git", "in/.git/config", "git"}
    assert len(list(walk(tmp_path))) == 6


def test_a_tree_is_copied_with_its_links_times_and_modes_and_what_never_changes_is_shared(tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "place"
    (source / ".git" / "objects" / "ab").mkdir(parents=True)
    for name in (".git/objects/ab/cd", ".git/HEAD", "-l", "b c"):
        (source / name).write_text(name)
    (source / "b c").chmod(0o750)
    (source / "link").symlink_to("/nowhere")
    os.utime(source / "-l", (1, 2))
    copy_tree(source, place, linked=".git/objects")
    assert sorted(os.path.relpath(entry.path, place) for entry in walk(place)) == sorted(
        os.path.relpath(entry.path, source) for entry in walk(source)
    )
    assert (place / "link").readlink() == Path("/nowhere")
    assert ((place / "-l").stat().st_mtime, (place / "b c").stat().st_mode & 0o777) == (2, 0o750)
    shared = {name: (place / name).samefile(source / name) for name in (".git/objects/ab/cd", ".git/HEAD", "-l")}
    assert shared == {".git/objects/ab/cd": True, ".git/HEAD": False, "-l": False}


def test_a_tree_of_any_depth_is_copied(deep: Path, tmp_path: Path) -> None:
    copy_tree(deep, tmp_path / "place")
    assert sum(1 for _ in walk(tmp_path / "place")) == LEVELS
    remove_tree(tmp_path / "place")


def test_a_tree_that_cannot_be_copied_is_told(deep: Path, tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="File name too long"):
        copy_tree(deep, tmp_path.joinpath(*["p" * 200] * 9) / "place")
    (tmp_path / "there").mkdir()
    with pytest.raises(NotWritten, match="File exists"):
        copy_tree(deep, tmp_path / "there")


def test_a_path_that_is_longer_than_any_program_takes_is_removed(deep: Path, tmp_path: Path) -> None:
    for number in range(9):  # moved below names of 200 letters, one after another
        above = tmp_path / (str(number) * 200)
        above.mkdir()
        deep.rename(above / deep.name)
        deep = above
    assert sum(1 for _ in walk(deep)) < LEVELS
    remove_tree(deep)
    assert not deep.exists()


def test_what_a_link_leads_to_is_neither_walked_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "treasure" / "in").mkdir(parents=True)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "treasure")
    (tmp_path / "link").symlink_to(tmp_path / "treasure")
    assert [entry.name for entry in walk(tmp_path / "tree")] == ["link"]
    for name in ("tree", "link", "nothing"):
        remove_tree(tmp_path / name)
    assert [entry.name for entry in walk(tmp_path)] == ["treasure", "in"]


def test_a_scratch_directory_goes_whatever_was_dug_in_it() -> None:
    with scratch() as place:
        dig(place)
    assert not place.exists()
