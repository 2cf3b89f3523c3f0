"""What of a command's changes the release commit gets: all of them, or an error that names each that is at fault."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from loadmaster.errors.release_commands.results import (
    ReleaseCommandPathMissing,
    ReleaseCommandRefused,
    ReleaseCommandWentBeyond,
)
from loadmaster.planning.commands.changes import ChangedFile, EntryKind, TreeEntry, TreeSeen
from loadmaster.planning.profile.release_command import ReleaseCommand
from loadmaster.planning.tree.toolchain_file import FILES as TOOLCHAIN_FILES

_OF_CARGO = re.compile(r"(?:^|/)\.cargo/config(?:\.toml)?$")
_OF_GIT = frozenset({".git", ".gitattributes", ".gitignore", ".gitmodules", ".lfsconfig"})


class CommandSeen(NamedTuple):
    """What was seen of one run of a command."""

    before: TreeSeen
    after: TreeSeen
    changed: Sequence[str]
    """The paths that git would show as changed, sorted."""
    tracked: Collection[str]
    """The paths that git knew before."""
    submodules: Collection[str] = ()
    lfs: Collection[str] = ()
    """Those of `changed` that belong to Git LFS."""


def judge(command: ReleaseCommand, seen: CommandSeen) -> tuple[ChangedFile, ...]:
    """The changes, sorted by path.

    Raises `ReleaseCommandRefused`, `ReleaseCommandWentBeyond`, `ReleaseCommandPathMissing`.
    """
    before, after = seen.before.entries, seen.after.entries
    if seen.before.repository != seen.after.repository:
        told = "its settings, hooks or references were changed; git obeys them, and the release makes the commit"
        raise ReleaseCommandRefused(command.title, {".git": told})
    _require_within(command, seen)
    refused = {shown(path): reason for path in seen.changed if (reason := _refusal(path, seen)) is not None}
    if refused:
        raise ReleaseCommandRefused(command.title, refused)
    known = before.keys() | after.keys()
    if missing := [path for path in command.plain_paths if path not in known or not _is_of_git(path, seen)]:
        raise ReleaseCommandPathMissing(command.title, missing)
    return tuple(ChangedFile.of(path, before.get(path), after.get(path)) for path in seen.changed)


def shown(path: str) -> str:
    """A path for a message: what is no plain text is escaped."""
    return path if path.isprintable() else ascii(path)[1:-1]


def _require_within(command: ReleaseCommand, seen: CommandSeen) -> None:
    before, after = seen.before.entries, seen.after.entries
    beyond = [path for path in seen.changed if not command.may_change(path)]
    if beyond:
        raise ReleaseCommandWentBeyond(
            command.title,
            allowed=command.paths,
            changed=[shown(path) for path in beyond if path in before and path in after],
            left=[shown(path) for path in beyond if path not in before],
            deleted=[shown(path) for path in beyond if path not in after],
        )


def _is_of_git(path: str, seen: CommandSeen) -> bool:
    """Whether git lists it: a path that is ignored is no file of the project."""
    return path in seen.tracked or path in seen.before.untracked or path in seen.after.untracked


def _refusal(path: str, seen: CommandSeen) -> str | None:
    """Why a changed path is not taken over; None if it is."""
    entry = seen.after.entries.get(path)
    reasons = (*_refusals_of_place(path, seen), *_refusals_of_entry(path, entry, seen))
    return next(iter(reasons), None)


def _refusals_of_place(path: str, seen: CommandSeen) -> Iterator[str]:
    if not path.isprintable():
        yield "its name has bytes that are no text, or characters that cannot be seen"
    if ".git" in map(str.lower, path.split("/")) or posixpath.basename(path).lower() in _OF_GIT:
        yield "git obeys it, and it decides what the commit has"
    if _OF_CARGO.search(path):
        yield "cargo obeys it, and the release calls cargo"
    if posixpath.basename(path) in TOOLCHAIN_FILES:
        yield "it chooses the toolchain that packages the crates"
    if (module := next((each for each in seen.submodules if f"{path}/".startswith(f"{each}/")), None)) is not None:
        yield f"it lies in the submodule `{module}`, which is another repository's"
    if path in seen.lfs:
        yield "it belongs to Git LFS: the commit would have a pointer, and nobody uploads the file that it stands for"


def _refusals_of_entry(path: str, entry: TreeEntry | None, seen: CommandSeen) -> Iterator[str]:
    if entry is None:
        return
    if entry.kind is EntryKind.OTHER:
        yield f"it is {entry.content}"
    elif entry.kind is EntryKind.LINK and not _leads_to_file(path, entry.content, seen):
        yield f"it is a symbolic link to `{shown(entry.content)}`, which is no plain file of the tree"


def _leads_to_file(path: str, target: str, seen: CommandSeen) -> bool:
    """Whether a link leads to a plain file that git lists, with no other link on its way, and never out of the tree."""
    place = path.split("/")[:-1]
    for part in target.split("/"):
        if "/".join(place) in seen.after.entries:  # a link, or a file that is taken for a directory
            return False
        if part == ".." and place:
            place.pop()
        elif part in ("", ".."):  # an absolute target, or one that leads out
            return False
        elif part != ".":
            place.append(part)
    found = seen.after.entries.get("/".join(place))
    return found is not None and found.kind is EntryKind.FILE and _is_of_git("/".join(place), seen)
