"""Directories in directories, more than Python may call functions in functions: what a build can leave behind."""

from __future__ import annotations

from pathlib import Path

LEVELS = 1500


def dig(directory: Path) -> Path:
    """The deepest of `LEVELS` directories below `directory`. Remove them by `remove_tree`: pytest could not."""
    for _ in range(LEVELS):
        directory = directory / "d"
        directory.mkdir()
    return directory
