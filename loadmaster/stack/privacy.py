"""Whose the files of the store are: this user's alone. Nobody else may read a directory or a file below it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from loadmaster.planning.values.tell import Tell

OURS = 0o077
"""The umask: what is created is for this user alone, 0700 or 0600."""
OTHERS = 0o077


def keep_to_ourselves() -> None:
    """From now on this process, and those that it starts, create nothing that another user may read."""
    os.umask(OURS)


def mend_modes(home: Path, tell: Tell) -> None:
    """Takes the rights of others from everything in `home`, which is there, and says so if they could use them.

    cargo unpacks crates with the modes in them, whatever the umask; nobody reaches those in a directory that is closed.
    Follows no links.
    """
    was_open, mended, foreign = bool(home.stat().st_mode & OTHERS), 0, 0
    for path, mode in ((str(home), home.stat().st_mode), *_below(str(home))):
        if not mode & OTHERS:
            continue
        try:
            Path(path).chmod(stat.S_IMODE(mode) & ~OTHERS)
            mended += 1
        except FileNotFoundError:  # removed meanwhile
            continue
        except PermissionError:
            foreign += 1
    if was_open:
        tell(f"other users could read {mended} files or directories in {home}; now only you can")
    if foreign:
        tell(f"{foreign} files in {home} belong to another user, and keep their modes")


def _below(directory: str) -> Iterator[tuple[str, int]]:
    """Path and mode of everything below, without links. A hundred thousand files take half a second."""
    with suppress(FileNotFoundError, PermissionError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_symlink():
                continue
            with suppress(FileNotFoundError):
                yield entry.path, entry.stat(follow_symlinks=False).st_mode
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)
