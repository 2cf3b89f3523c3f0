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
DIRECTORIES = (
    "allowed",
    "build",
    "crates",
    "keys",
    "mirrors",
    "prefect",
    "projects",
    "repositories",
    "results",
    "runs",
    "smoke",
    "ui",
    "upstream",
    "worlds",
)
FILES = ("stack.*", "store.json", "registered.json", "prefect.yaml", "*.log")
"""What is ours in a home. The rest is not touched: somebody's `LOADMASTER_HOME` may hold other things, too."""


def keep_to_ourselves() -> None:
    """From now on this process, and those that it starts, create nothing that another user may read."""
    os.umask(OURS)


def mend_modes(home: Path, tell: Tell) -> None:
    """Takes the rights of others from `home`, which is there, and from all that is ours in it; says so if they had any.

    cargo unpacks crates with the modes in them, whatever the umask; nobody reaches those in a directory that is closed.
    Follows no links.
    """
    was_open, mended, foreign = bool(home.stat().st_mode & OTHERS), 0, 0
    for path, mode in _ours(home):
        if not mode & OTHERS:
            continue
        try:
            Path(path).chmod(stat.S_IMODE(mode) & ~OTHERS)
            mended += 1
        except PermissionError:
            foreign += 1
        except OSError:  # removed meanwhile, or nobody's to reach
            continue
    if was_open:
        tell(f"other users could look into {home}: {mended} files and directories are for you alone now")
    if foreign:
        tell(f"{foreign} files in {home} belong to another user, and keep their modes")


def _ours(home: Path) -> Iterator[tuple[str, int]]:
    """Path and mode of the home and of all that is ours in it."""
    named = (path for pattern in (*DIRECTORIES, *FILES) for path in home.glob(pattern))
    for path in (home, *named):
        with suppress(OSError):  # removed meanwhile
            if not path.is_symlink() or path == home:
                yield str(path), path.stat().st_mode
                yield from _below(path) if path != home and path.is_dir() else ()


def _below(directory: Path) -> Iterator[tuple[str, int]]:
    """Path and mode of everything below, without links. A hundred thousand files take half a second."""
    from loadmaster.clients.disk import walk  # every command keeps to itself, and few mend a home

    for entry in walk(directory):
        if not entry.is_symlink():
            with suppress(OSError):
                yield entry.path, entry.stat(follow_symlinks=False).st_mode
