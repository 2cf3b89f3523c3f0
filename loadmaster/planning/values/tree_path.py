"""Paths that a profile names: they lie in the project's tree."""

from __future__ import annotations

import posixpath
from typing import Annotated

from pydantic import AfterValidator


def _inside(path: str) -> str:
    normal = posixpath.normpath(path)
    if posixpath.isabs(path) or normal in (".", "..") or normal.startswith(("../", ".git/")):
        raise ValueError(f"`{path}` is no file of the tree; paths are relative to its root")
    return path


TreePath = Annotated[str, AfterValidator(_inside)]
"""From the repository's root, with forward slashes."""
