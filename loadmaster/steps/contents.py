"""Whether packaged files are those of the commit: whatever program packaged them, by the repository's own configuration or not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath

from loadmaster.clients import git
from loadmaster.errors.cargo import PackagedUnlikeCommit
from loadmaster.planning.registry.crate_file import PackedFile, read_crate
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.run.job import Job

GENERATED = frozenset({"Cargo.toml", "Cargo.lock", ".cargo_vcs_info.json"})
"""Files at a package's top that cargo makes."""
ORIGINAL = "Cargo.toml.orig"
"""The manifest as it was written."""


def require_contents_of_commit(job: Job, workspace: Workspace, digests: Mapping[str, str]) -> None:
    """Raises `PackagedUnlikeCommit` unless every file of the kept crates (SHA-256 by name) is a tracked file of the checkout.

    A readme or a licence may come from elsewhere in the repository, and the target of a link has the link's name.
    Also raises `KeptCrateBroken`, `CrateFileBroken`.
    """
    checkout = job.directory.checkout
    changed = [path for path in git.status(checkout) if PurePosixPath(path).name != "Cargo.lock"]
    tracked = frozenset(checkout / path for path in git.all_tracked_files(checkout))
    for name, sha256 in digests.items():
        package = workspace.package(name)
        assert package is not None  # it was packaged
        folder = (checkout / package.manifest).parent
        files = read_crate(job.store.crate(name, sha256), name).files
        strangers = sorted(_strangers(files, folder, tracked))
        if strangers or changed:
            raise PackagedUnlikeCommit(name, [*strangers, *changed])


def _strangers(files: Mapping[str, PackedFile], folder: Path, tracked: Collection[Path]) -> Iterator[str]:
    for path, file in files.items():
        place = folder / ("Cargo.toml" if path == ORIGINAL else path)
        candidates = chain([place] if place in tracked else [], tracked)
        if path not in GENERATED and not any(_is(file, candidate) for candidate in candidates):
            yield path


def _is(file: PackedFile, place: Path) -> bool:
    if not place.is_file() or place.stat().st_size != file.size:
        return False
    return hashlib.sha256(place.read_bytes()).hexdigest() == file.sha256
