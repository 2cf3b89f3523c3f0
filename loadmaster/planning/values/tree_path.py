"""Paths that a profile names: they lie in the project's tree, and begin at the top of its repository."""

from __future__ import annotations

import posixpath
from typing import Annotated

from pydantic import AfterValidator


def _inside(path: str) -> str:
    normal = posixpath.normpath(path)
    if posixpath.isabs(path) or normal in (".", "..") or normal.startswith(("../", ".git/")):
        raise ValueError(f"`{path}` is no file of the tree; paths are relative to its root")
    return path


def _directory(path: str) -> str:
    normal = posixpath.normpath(path)
    if posixpath.basename(normal) == "Cargo.toml":
        raise ValueError(f"`{path}` is a manifest; name its directory, `{posixpath.dirname(normal) or '.'}`")
    if not path or posixpath.isabs(path) or normal == ".." or f"{normal}/".startswith(("../", ".git/")):
        raise ValueError(f"`{path}` is no directory of the repository; paths begin at its top, which is `.`")
    return "" if normal == "." else normal


TreePath = Annotated[str, AfterValidator(_inside)]
"""From the repository's root, with forward slashes."""

TreeDirectory = Annotated[str, AfterValidator(_directory)]
"""A directory from the repository's top, with forward slashes; `.` is the top itself. Its value is `""` for the top."""
