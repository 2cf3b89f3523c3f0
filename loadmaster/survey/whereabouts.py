"""Where a repository's workspace is: where somebody says, else at the top, else the only one below.

`planning.tree.roots` finds the workspaces; this asks git for the repository, and decides which of them is meant.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.request import WrongRequest
from loadmaster.errors.workspace import NotAWorkspace, SeveralWorkspaces
from loadmaster.planning.tree.roots import outermost_roots, root_around
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles, read_workspace
from loadmaster.planning.values.value import Value


class Whereabouts(Value):
    """A repository, and the workspaces in it that a profile is for."""

    top: str
    """The path of the repository."""
    roots: tuple[str, ...]
    """Their root manifests, from the top."""
    told: str = ""
    """How they were found, if nobody named them; "" for a workspace that is where it was looked for."""


def find_workspaces(path: Path, manifests: Sequence[str] = ()) -> Whereabouts:
    """The workspaces of the manifests, which are named from the directory `path`; else the one at `path` or below it.

    Raises `NotARepository`, what `git.require_surveyable` raises, `WrongRequest`, `NotAWorkspace`, `SeveralWorkspaces`.
    """
    top = git.top(path) or path
    git.resolve(top, "HEAD")
    git.require_surveyable(top)
    files = TreeFiles(texts=git.texts_at(top, "HEAD", MANIFEST))
    if manifests:
        return _of_named(top, files, [_from_top(path, manifest, top) for manifest in manifests])
    if (path / MANIFEST).is_file():
        return _of_named(top, files, [_from_top(path, MANIFEST, top)])
    return _only_one_below(path, top, files)


def _from_top(path: Path, manifest: str, top: Path) -> str:
    """Raises `WrongRequest`."""
    place = Path(os.path.normpath(path / manifest))
    if place.name != MANIFEST or not place.is_file():
        raise WrongRequest([f"`{manifest}` is no `{MANIFEST}` in `{path}`"])
    if not place.is_relative_to(top):
        raise WrongRequest([f"`{manifest}` lies outside of the repository `{top}`"])
    return place.relative_to(top).as_posix()


def _of_named(top: Path, files: TreeFiles, manifests: Sequence[str]) -> Whereabouts:
    """A member leads to its workspace's root, as for cargo."""
    found = {manifest: root_around(files, manifest) for manifest in manifests}
    told = (
        f"`{manifest}` belongs to the workspace of `{root}`" for manifest, root in found.items() if manifest != root
    )
    return Whereabouts(top=str(top), roots=tuple(dict.fromkeys(found.values())), told="; ".join(told))


def _only_one_below(path: Path, top: Path, files: TreeFiles) -> Whereabouts:
    """Raises `NotAWorkspace`, `SeveralWorkspaces`."""
    folder = path.relative_to(top).as_posix()
    inside = TreeFiles(
        texts={each: text for each, text in files.texts.items() if folder == "." or each.startswith(f"{folder}/")}
    )
    packages = {root: _publishable(files, root) for root in outermost_roots(inside)}
    candidates = {root: names for root, names in packages.items() if names} or packages
    if not candidates:
        raise NotAWorkspace(str(path), f"no `{MANIFEST}` that cargo can read is tracked in it.")
    if len(candidates) > 1:
        raise SeveralWorkspaces(str(path), {_from(path, top, root): names for root, names in candidates.items()})
    root = next(iter(candidates))
    others = sorted(packages.keys() - candidates.keys())
    beside = f"; nothing of {', '.join(f'`{other}`' for other in others)} may be published" if others else ""
    told = f"`{path}` has no `{MANIFEST}`, and one workspace to publish from, at `{root}`{beside}"
    return Whereabouts(top=str(top), roots=(root,), told=told)


def _from(path: Path, top: Path, root: str) -> str:
    """The manifest, as somebody in `path` names it."""
    return posixpath.relpath(root, path.relative_to(top).as_posix())


def _publishable(files: TreeFiles, root: str) -> tuple[str, ...]:
    """The packages that may be published; () if the workspace cannot be read."""
    try:
        return tuple(package.name for package in read_workspace(files, root).packages if package.is_publishable)
    except LoadmasterError:
        return ()
