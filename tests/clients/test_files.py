"""Trees of files on a real disk: what is read, what is refused, and that writing is all or none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loadmaster.clients.files import read_text, read_texts, read_tree
from loadmaster.clients.rewriting import write_files
from loadmaster.errors.edits import FilesNotWritten, NotUtf8, TreeMissing
from loadmaster.errors.files import FileUnreadable, NotAFile
from loadmaster.errors.workspace import LinkOutOfTree
from tests.kit.deep import LEVELS

MANIFEST = "[package]\r\n# ü"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree, and beside it a directory that is none of its business."""
    for path in ("tree/crates/a/Cargo.toml", "outside/Cargo.toml"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(MANIFEST.encode())
    return tmp_path / "tree"


def put(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_tree_may_be_deeper_than_functions_call_functions(deep: Path) -> None:
    lowest = "d/" * LEVELS
    put(deep / lowest / "Cargo.toml", b"[package]")
    put(deep / "d.toml")
    put(deep / "Cargo.toml", b"")
    assert read_tree(deep).texts == {f"{lowest}Cargo.toml": "[package]", "Cargo.toml": ""}


def test_texts_are_what_a_release_reads_and_what_is_asked_for(tree: Path) -> None:
    for path in ("Cargo.lock", "README.md", "docs/a/index.md", "crates/a/src/main.rs", "crates/a/CHANGELOG.md"):
        put(tree / path)
    found = read_tree(tree, ["docs/*/index.md"])
    assert found.texts == {
        "crates/a/Cargo.toml": MANIFEST,
        "crates/a/CHANGELOG.md": "x",
        "Cargo.lock": "x",
        "docs/a/index.md": "x",
    }
    assert found.paths == {*found.texts, "README.md", "crates/a/src/main.rs"}


def test_what_cargo_and_others_built_is_not_looked_into(tree: Path) -> None:
    for path in ("target/package/a-1.0.0/Cargo.toml", ".git/Cargo.toml", "web/node_modules/a/Cargo.lock"):
        put(tree / path)
    put(tree / "crates/target/Cargo.toml")
    assert sorted(read_tree(tree).paths) == ["crates/a/Cargo.toml", "crates/target/Cargo.toml"]


def test_a_link_within_the_tree_is_read_and_written_through(tree: Path) -> None:
    put(tree / "docs/CHANGELOG.md", b"old")
    (tree / "CHANGELOG.md").symlink_to("docs/CHANGELOG.md")
    assert read_tree(tree).texts["CHANGELOG.md"] == "old"
    write_files(tree, {"CHANGELOG.md": "new"})
    assert (tree / "CHANGELOG.md").is_symlink()
    assert (tree / "docs/CHANGELOG.md").read_bytes() == b"new"


def test_a_link_out_of_the_tree_is_not_followed(tree: Path) -> None:
    (tree / "crates/b").symlink_to(tree.parent / "outside")
    (tree / "notes.txt").symlink_to(tree.parent / "outside" / "Cargo.toml")
    found = read_tree(tree)
    assert found.leads_out == {"crates/b"}
    assert "crates/b/Cargo.toml" not in found.paths


@pytest.mark.parametrize("name", ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"])
def test_a_link_out_of_the_tree_in_place_of_a_file_that_is_read_is_refused(tree: Path, name: str) -> None:
    (tree / name).symlink_to("../outside/Cargo.toml")
    with pytest.raises(LinkOutOfTree, match=f"`{name}` is a symbolic link that leads out of the tree"):
        read_tree(tree)


def test_a_link_that_leads_nowhere_is_none_of_the_files(tree: Path) -> None:
    (tree / "Cargo.lock").symlink_to("gone")
    assert read_tree(tree).texts.keys() == {"crates/a/Cargo.toml"}


def test_what_is_not_utf8_is_told_with_its_line(tree: Path) -> None:
    put(tree / "Cargo.toml", b"[package]\nname = 'a'\ndescription = '\xfc'\n")
    with pytest.raises(NotUtf8, match=r"`Cargo\.toml` is not UTF-8, from line 3 on"):
        read_tree(tree)


def test_a_tree_that_is_not_there_is_refused(tree: Path) -> None:
    with pytest.raises(TreeMissing, match="is not a directory"):
        read_tree(tree / "crates/a/Cargo.toml")


@pytest.mark.parametrize("name", ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"])
@pytest.mark.parametrize(("make", "told"), [(Path.mkdir, "a directory"), (os.mkfifo, "a named pipe")])
def test_something_else_in_place_of_a_file_is_told(
    tree: Path, name: str, make: Callable[[Path], None], told: str
) -> None:
    make(tree / name)
    with pytest.raises(NotAFile, match=f"`{name}` is not a file, but {told}"):
        read_tree(tree)


def test_what_is_none_of_the_files_may_be_anything(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "circle").symlink_to("circle")
    (tree / "Cargo.lock").symlink_to("circle")
    (tree / "around").symlink_to(".")
    assert read_tree(tree).paths == {"crates/a/Cargo.toml"}


def test_what_the_disk_does_not_give_is_told(tree: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"`Cargo\.toml` cannot be read: Is a directory"):
        read_text("Cargo.toml", tree)


def test_texts_by_path_are_never_those_of_files_outside(tree: Path) -> None:
    (tree / "README.md").symlink_to("../outside/Cargo.toml")
    assert read_texts(tree, ["crates/a/Cargo.toml", "gone"]) == {"crates/a/Cargo.toml": MANIFEST}
    with pytest.raises(LinkOutOfTree, match=r"`README\.md`"):
        read_texts(tree, ["README.md"])


def test_line_ends_and_permissions_stay(tree: Path) -> None:
    place = tree / "crates/a/Cargo.toml"
    place.chmod(0o750)
    write_files(tree, {"crates/a/Cargo.toml": "a\r\nb\n"})
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"a\r\nb\n", 0o750)


def test_none_is_written_if_one_cannot_be(tree: Path) -> None:
    with pytest.raises(FilesNotWritten, match=r"`crates/b/Cargo\.toml` cannot be written: .*; no file was changed"):
        write_files(tree, {"crates/a/Cargo.toml": "new", "crates/b/Cargo.toml": "new"})
    assert read_tree(tree).texts == {"crates/a/Cargo.toml": MANIFEST}
    assert [each.name for each in (tree / "crates" / "a").iterdir()] == ["Cargo.toml"]


@pytest.mark.parametrize("read", [read_tree, lambda tree: read_texts(tree, ["Cargo.lock"])], ids=["all", "some"])
def test_a_link_into_what_git_keeps_is_not_followed(tmp_path: Path, read: Callable[[Path], object]) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("[core]\n")
    (tmp_path / "Cargo.lock").symlink_to(".git/config")
    with pytest.raises(LinkOutOfTree, match=r"Cargo\.lock"):
        read(tmp_path)
