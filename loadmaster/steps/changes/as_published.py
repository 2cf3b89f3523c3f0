"""Packages the tree with the versions that its packages were published with, and compares the crates with the published ones.

Happens in copies of the run's clone. cargo resolves and builds nothing for it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from loadmaster.clients import cargo, git
from loadmaster.clients.disk import writing
from loadmaster.clients.files import is_within
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CargoFailed, CargoOffline, CrateFileBroken, CrateMissingFromPackage
from loadmaster.errors.edits import RequirementCannotFollow
from loadmaster.errors.registry import IndexDisagrees
from loadmaster.planning.changes.packed_changes import (
    PackedChanges,
    library_of,
    packed_changes,
    places_of,
    within_submodules,
)
from loadmaster.planning.changes.renumbering import renumberings
from loadmaster.planning.registry.crate_file import PackedFile, read_crate
from loadmaster.planning.registry.seen import CrateVersion, Seen
from loadmaster.planning.tree.workspace import Package
from loadmaster.run.job import Job
from loadmaster.steps.planned_trees import unfinished_copy


class Beside(NamedTuple):
    """A package of the tree beside the crate that was published of it."""

    changes: PackedChanges
    packed: Mapping[str, PackedFile]
    """The files of the tree's crate, by their path in it."""
    has_library: bool


Comparable = Beside | LoadmasterError
"""The comparison, or why it could not be made."""


def compare_with_published(
    job: Job, seen: Seen, published: Mapping[str, CrateVersion], changelogs: tuple[str, ...]
) -> dict[str, Comparable]:
    """By package. `changelogs` are file names that do not count. Raises `RegistryUnreachable`, `DiskFull`, `NotWritten`."""
    versions = {name: crate.version for name, crate in published.items()}
    packed = dict(_package(job, seen, versions))
    return {name: _compare(job, name, crate, packed[name], changelogs) for name, crate in published.items()}


def _package(job: Job, seen: Seen, versions: Mapping[str, str]) -> Iterator[tuple[str, bytes | LoadmasterError]]:
    try:
        turns = renumberings(seen.source.files, seen.workspace, versions)
    except RequirementCannotFollow as error:
        yield from ((name, error) for name in versions)
        return
    target, called = job.directory.build_trees / "packaged", job.cargo()
    for number, turn in enumerate(turns):
        place = job.directory.build_trees / f"as-published-{number}"
        unfinished_copy(job.directory.checkout, place).rename(place)
        for path, text in turn.edits.items():
            with writing(place / path):
                (place / path).write_bytes(text.encode())
        for name in turn.packages:
            package = seen.workspace.package(name)
            assert package is not None  # it is published
            yield name, _package_one(called.in_tree(place), (place / package.root).parent, target, name, versions[name])


def _package_one(called: cargo.Cargo, place: Path, target: Path, name: str, version: str) -> bytes | LoadmasterError:
    try:
        return cargo.package_alone(called, place, target, name, version).read_bytes()
    except CargoOffline:
        raise
    except (CargoFailed, CrateMissingFromPackage) as error:
        return error


def _compare(
    job: Job, name: str, crate: CrateVersion, ours: bytes | LoadmasterError, changelogs: tuple[str, ...]
) -> Comparable:
    if isinstance(ours, LoadmasterError):
        return ours
    identity = f"{name}@{crate.version}"
    theirs = job.registry.download(name, crate.version, crate.checksum)
    if (served := hashlib.sha256(theirs).hexdigest()) != crate.checksum:
        return IndexDisagrees(identity, crate.checksum, served)
    try:
        return Beside(
            changes=packed_changes(ours, theirs, identity, changelogs),
            packed=read_crate(ours, identity).files,
            has_library=library_of(ours, identity),
        )
    except CrateFileBroken as error:
        return error


def places_in_repository(job: Job, seen: Seen, package: Package, beside: Beside) -> frozenset[str]:
    """Every path of the repository from which something came into either crate: files, what links lead to, submodules.

    The workspace's manifest counts if the package inherits something from it that changed.
    """
    checkout = job.directory.checkout.resolve()
    folder = os.path.dirname(package.manifest)  # noqa: PTH120 - a path in the repository
    places = places_of(beside.changes.all_files, folder)
    found = {path for place in places.values() for path in _along_links(checkout, place)}
    absent = {path for path, place in places.items() if not os.path.lexists(checkout / place)}
    found |= _brought_from_elsewhere(checkout, {path: beside.packed[path] for path in absent & beside.packed.keys()})
    if beside.changes.inherits_changes:
        found.add(package.root)
    submodules = [submodule.path for submodule in seen.source.carried.submodules]
    return within_submodules(found, submodules)


def _along_links(checkout: Path, place: str) -> Iterator[str]:
    """The path, every symbolic link on the way to it, and the path that they lead to."""
    yield place
    parts = place.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    yield from (path for path in above if (checkout / path).is_symlink())
    real = Path(os.path.realpath(checkout / place))
    if is_within(real, checkout):
        yield real.relative_to(checkout).as_posix()


def _brought_from_elsewhere(checkout: Path, packed: Mapping[str, PackedFile]) -> set[str]:
    """Tracked files that cargo took from outside of the package: a readme or a licence, by its name and its contents."""
    names = {os.path.basename(path): file for path, file in packed.items()}  # noqa: PTH119
    tracked = git.all_tracked_files(checkout) if names else ()
    candidates = (path for path in tracked if os.path.basename(path) in names)  # noqa: PTH119
    return {path for path in candidates if _is(names[os.path.basename(path)], checkout / path)}  # noqa: PTH119


def _is(file: PackedFile, place: Path) -> bool:
    return place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == file.sha256
