"""A plain directory of files, read as a `TreeFiles`. `rewriting` writes it back.

Follows a symbolic link only if it stays in the tree. Knows which files a release reads, and nothing of their contents.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from loadmaster.clients.rewriting import KEPT
from loadmaster.errors.edits import NotUtf8, TreeMissing
from loadmaster.errors.files import FileUnreadable, NotAFile
from loadmaster.errors.workspace import LinkOutOfTree
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.values.globs import matches_glob

SKIPPED = (".git", "node_modules", "target", KEPT)
"""Directories that are skipped. A `target` with a manifest of its own is not: it is a package like any other."""

WANTED = (
    "**/Cargo.toml",
    "**/Cargo.lock",
    "**/pyproject.toml",
    "**/CHANGELOG.md",
    "rust-toolchain",
    "rust-toolchain.toml",
)
"""Globs of the files that every release reads."""


_FILE, _DIRECTORY = "a file", "a directory"


def read_tree(directory: Path, also: Collection[str] = (), *, without: Collection[str] = ()) -> TreeFiles:
    """The files of `directory`, with the texts of those that match `WANTED` or a glob in `also`.

    `without` are paths whose texts do not concern the release.

    Raises `TreeMissing`, `FileUnreadable`, `NotAFile` and `LinkOutOfTree` for something else in place of a wanted file, and
    `NotUtf8`. A link that leads nowhere is no file.
    """
    if not os.path.isdir(directory):  # noqa: PTH112 - `Path.is_dir` raises for names that are too long
        raise TreeMissing(str(directory))
    root, wanted = directory.resolve(), (*WANTED, *also)
    texts: dict[str, str] = {}
    links: dict[str, str] = {}
    paths, leads_out = set[str](), set[str]()
    for path, entry in _walk(root):
        inside = not entry.is_symlink() or is_within(Path(os.path.realpath(entry.path)), root)
        is_wanted = path not in without and any(matches_glob(path, glob) for glob in wanted)
        kind = _kind(entry)
        if is_wanted and not inside and kind != _DIRECTORY:
            raise LinkOutOfTree(path, "the release")
        if kind == _FILE:
            paths.add(path)
            if is_wanted:
                texts[path] = read_text(path, Path(entry.path))
                if entry.is_symlink():
                    links[path] = Path(os.path.realpath(entry.path)).relative_to(root).as_posix()
        elif is_wanted and kind is not None:
            raise NotAFile(path, kind)
        elif kind == _DIRECTORY and not inside:
            leads_out.add(path)
    return TreeFiles(texts=texts, paths=frozenset(paths), leads_out=frozenset(leads_out), links=links)


def read_texts(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    """Text by path; missing files are left out. Raises `LinkOutOfTree`, `FileUnreadable` and `NotUtf8`."""
    root = directory.resolve()
    existing = [path for path in sorted(paths) if (root / path).is_file()]
    for path in existing:
        if not is_within((root / path).resolve(), root):
            raise LinkOutOfTree(path, "the release")
    return {path: read_text(path, root / path) for path in existing}


def is_within(place: Path, root: Path) -> bool:
    """Whether a resolved path is one of the tree's own; what git keeps in `.git` is none."""
    return place.is_relative_to(root) and ".git" not in place.relative_to(root).parts


def read_text(path: str, place: Path) -> str:
    """The text of the file at `place`, with its line ends and byte order mark unchanged. Messages call it `path`.

    Raises `FileUnreadable` and `NotUtf8`.
    """
    try:
        content = place.read_bytes()
    except OSError as error:
        raise FileUnreadable(path, error.strerror or "") from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(path, content.count(b"\n", 0, error.start) + 1) from error


def _walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Path and entry of everything below `folder`, however deep. A symbolic link to a directory is listed, not followed."""
    waiting = [(entry.name, entry) for entry in _listed(folder, "")]
    while waiting:
        inner, entry = waiting.pop()
        yield inner, entry
        if entry.is_dir(follow_symlinks=False) and (
            entry.name not in SKIPPED or (entry.name == "target" and _is_file(f"{entry.path}/Cargo.toml"))
        ):
            waiting += [(f"{inner}/{each.name}", each) for each in _listed(Path(entry.path), inner)]


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - `Path.is_file` raises for names that are too long


def _listed(folder: Path, path: str) -> list[os.DirEntry[str]]:
    """The last name first. Raises `FileUnreadable`."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name, reverse=True)
    except OSError as error:
        raise FileUnreadable(path or str(folder), error.strerror or "") from error


def _kind(entry: os.DirEntry[str]) -> str | None:
    """What the entry is, or leads to, in words; None for a symbolic link that leads nowhere, or to itself."""
    if entry.is_file(follow_symlinks=False):
        return _FILE
    try:
        mode = entry.stat().st_mode
    except OSError:
        return None
    known = ((stat.S_ISREG, _FILE), (stat.S_ISDIR, _DIRECTORY), (stat.S_ISFIFO, "a named pipe"))
    return next((words for is_kind, words in known if is_kind(mode)), "a socket or a device")
