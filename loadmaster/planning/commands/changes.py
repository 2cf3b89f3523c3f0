"""Two sightings of a tree, before and after a command, and what differs between them. By content: times do not count.

It refuses to know who looked, and whether a change is allowed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple, Self

from loadmaster.planning.values.value import Value


class EntryKind(StrEnum):
    FILE = "file"
    LINK = "link"
    OTHER = "other"
    """A named pipe, a socket, a device, or what cannot be read."""


class TreeEntry(NamedTuple):
    """One path of a tree that is no directory. A tree of thousands is looked at, so this is no model."""

    kind: EntryKind
    content: str
    """The SHA-256 of a file's bytes; a link's target; of everything else, what it is."""
    executable: bool = False


class FileChange(StrEnum):
    MADE = "made"
    CHANGED = "changed"
    DELETED = "deleted"


class ChangedFile(Value):
    """One path that a command made, changed or deleted. Its bytes are kept elsewhere, by their digest."""

    path: str
    how: FileChange
    sha256: str | None = None
    """Of a file's bytes; None for a link, and for a path that was deleted."""
    link: str | None = None
    """A link's target."""
    executable: bool = False

    @classmethod
    def of(cls, path: str, before: TreeEntry | None, after: TreeEntry | None) -> Self:
        """`after` is a file or a link, or None for a path that was deleted."""
        if after is None:
            return cls(path=path, how=FileChange.DELETED)
        how = FileChange.MADE if before is None else FileChange.CHANGED
        if after.kind is EntryKind.LINK:
            return cls(path=path, how=how, link=after.content)
        return cls(path=path, how=how, sha256=after.content, executable=after.executable)


class TreeSeen(NamedTuple):
    """A tree at one moment, without `.git` at its top."""

    entries: Mapping[str, TreeEntry]
    """By path, with forward slashes. Bytes that are no text are as Python spells them (`surrogateescape`)."""
    untracked: frozenset[str]
    """Paths that git does not know and does not ignore. A directory ends with a slash, and stands for all below."""
    repository: str
    """A digest of `.git` at its top: its settings, hooks, references, and the names of its objects."""


def changed_paths(before: TreeSeen, after: TreeSeen, tracked: Collection[str], below: Collection[str]) -> list[str]:
    """The paths that git would show as changed, sorted: contents, links, executable bits, new and deleted files.

    `tracked` are the paths that git knows; all that is `below` one of these directories counts, too (submodules).
    """
    differing = sorted(
        path
        for path in before.entries.keys() | after.entries.keys()
        if before.entries.get(path) != after.entries.get(path)
    )
    folders = tuple(
        [path for path in before.untracked | after.untracked if path.endswith("/")] + [f"{path}/" for path in below]
    )
    shown = before.untracked | after.untracked
    return [path for path in differing if path in tracked or path in shown or path.startswith(folders)]
