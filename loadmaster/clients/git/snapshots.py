"""What a tree holds at one moment, by content: every path that is no directory, and the state of its `.git`.

Code that nobody trusts may have written there, so nothing is followed and nothing but plain files is opened.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from loadmaster.clients.disk import walk
from loadmaster.clients.git.asking import untracked_in
from loadmaster.planning.commands.changes import EntryKind, TreeEntry, TreeSeen

_CHUNK = 1 << 20
_OBJECTS = re.compile(r"(?:modules/.+/)?(?:lfs/)?objects/")
"""In `.git`, where the name of a file says what is in it."""


def look_at_tree(tree: Path, clone: Path) -> TreeSeen:
    """`tree` is a copy of `clone`, in which no foreign code ran: git reads what is tracked there. Raises `GitFailed`."""
    entries = {os.path.relpath(entry.path, tree): seen for entry, seen in entries_below(tree, without=".git")}
    return TreeSeen(
        entries=entries,
        untracked=frozenset(untracked_in(tree, clone)),
        repository=_digest_of_repository(tree / ".git"),
    )


def entries_below(directory: Path, without: str = "") -> Iterator[tuple[os.DirEntry[str], TreeEntry]]:
    """Everything below that is no directory, and every directory that is closed to us: what is in it would seem to be gone."""
    for entry in walk(directory, without=without):
        if not entry.is_dir(follow_symlinks=False):
            yield entry, entry_at(entry.path)
        elif not os.access(entry.path, os.R_OK | os.X_OK):
            yield entry, TreeEntry(EntryKind.OTHER, "a directory that cannot be listed")


def entry_at(path: str) -> TreeEntry:
    """What is at the path, which is no directory. A link is not followed."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return TreeEntry(EntryKind.LINK, os.readlink(path))  # noqa: PTH115
        if not stat.S_ISREG(mode):
            return TreeEntry(EntryKind.OTHER, "a named pipe, a socket or a device")
        return TreeEntry(EntryKind.FILE, _digest(path), executable=bool(mode & stat.S_IXUSR))
    except OSError as error:
        return TreeEntry(EntryKind.OTHER, f"a file that cannot be read ({error.strerror})")


def _digest(path: str) -> str:
    """Raises OSError."""
    found = hashlib.sha256()
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source:  # noqa: PTH123
        while chunk := source.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _digest_of_repository(repository: Path) -> str:
    """Objects count by their names and sizes: git finds them by their contents."""
    found = hashlib.sha256()
    top = [(str(repository), entry_at(str(repository)))] if not repository.is_dir() or repository.is_symlink() else []
    listed = top or [
        (path, _entry_of_repository(path, entry))
        for entry in walk(repository)
        if not entry.is_dir(follow_symlinks=False) and (path := os.path.relpath(entry.path, repository))
    ]
    for path, seen in sorted(listed):
        found.update(f"{path}\0{seen}\0".encode(errors="surrogateescape"))
    return found.hexdigest()


def _entry_of_repository(path: str, entry: os.DirEntry[str]) -> TreeEntry:
    if _OBJECTS.match(path) and entry.is_file(follow_symlinks=False):
        return TreeEntry(EntryKind.FILE, str(entry.stat(follow_symlinks=False).st_size))
    return entry_at(entry.path)
