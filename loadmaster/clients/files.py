"""A plain directory of files: read as a `TreeFiles`, and written back, all files or none.

Follows a symbolic link only as far as it stays in the tree. Knows which files a release reads, and nothing of what they say.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from loadmaster.errors import FilesNotWritten, LinkOutOfTree, NotUtf8, TreeMissing
from loadmaster.planning.globs import matches_glob
from loadmaster.planning.tree import TreeFiles

SKIPPED = (".git", "node_modules", "target")
"""Directories that are never looked into; a `target` with a manifest of its own is a package like any other."""

WANTED = (
    "**/Cargo.toml",
    "**/Cargo.lock",
    "**/pyproject.toml",
    "**/CHANGELOG.md",
    "rust-toolchain",
    "rust-toolchain.toml",
)
"""What every release reads."""


def read_tree(directory: Path, also: Collection[str] = (), *, without: Collection[str] = ()) -> TreeFiles:
    """The files of `directory`; the texts of those that are `WANTED` or match one of the globs in `also`.

    `without` are paths whose texts are none of the release's business.

    Raises `TreeMissing`, `LinkOutOfTree` for a wanted file that lies elsewhere, and `NotUtf8`.
    """
    if not directory.is_dir():
        raise TreeMissing(str(directory))
    root, wanted = directory.resolve(), (*WANTED, *also)
    texts: dict[str, str] = {}
    paths, leads_out = set[str](), set[str]()
    for path, entry in _walk(root, ""):
        inside = not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root)
        is_wanted = path not in without and any(matches_glob(path, each) for each in wanted)
        if entry.is_dir():
            leads_out |= set() if inside else {path}
        elif is_wanted and not inside:
            raise LinkOutOfTree(path, "the release")
        elif entry.is_file():
            paths.add(path)
            if is_wanted:
                texts[path] = read_text(path, Path(entry.path))
    return TreeFiles(texts=texts, paths=frozenset(paths), leads_out=frozenset(leads_out))


def read_text(path: str, place: Path) -> str:
    """The file at `place`, line ends and a byte order mark as they are; `path` is what a message calls it. Raises `NotUtf8`."""
    content = place.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(path, content.count(b"\n", 0, error.start) + 1) from error


def write_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Puts `texts` in place, by path: all are written beside their places first, and moved there when none is missing.

    The files must be there; their permissions stay. Raises `FilesNotWritten`, and then nothing has changed.
    """
    with ExitStack() as stack:
        ready: list[tuple[Path, Path]] = []
        for path, text in texts.items():
            place = (directory / path).resolve()
            try:
                half = (
                    Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place.parent, prefix=".loadmaster-")))
                    / place.name
                )
                half.write_bytes(text.encode())
                half.chmod(place.stat().st_mode)
            except OSError as error:
                raise FilesNotWritten(path, str(error)) from error
            ready.append((half, place))
        for half, place in ready:
            half.replace(place)


def _walk(folder: Path, path: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Path and entry of every file, and of every symbolic link to a directory, which is not gone into."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda each: each.name)
    for entry in found:
        inner = f"{path}{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            yield inner, entry
        elif entry.name not in SKIPPED or (entry.name == "target" and Path(entry.path, "Cargo.toml").is_file()):
            yield from _walk(Path(entry.path), f"{inner}/")
