"""Looks at the packaged crates beside the clone that they were made from, and asks the gates about their bytes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.files import is_within
from loadmaster.planning.gates import ON_PACKAGED
from loadmaster.planning.gates import check as ask_gates
from loadmaster.planning.gates.evidence import Evidence, PackedEvidence
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.registry.packed import PackedSeen, contents_of
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.run.job import Job


def check_packaged(job: Job, seen: Seen, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[GateAnswer, ...]:
    """The answers of the gates that need the packaged crates, which are found by their SHA-256.

    Raises `KeptCrateBroken`, `CrateFileBroken`.
    """
    folders = {package.name: posixpath.dirname(package.manifest) for package in seen.workspace.packages}
    crates = tuple(_look(job, crate, folders[crate.name], digests[crate.name]) for crate in plan.crates)
    return ask_gates(Evidence(packaged=PackedEvidence(crates=crates, project=job.project)), ON_PACKAGED)


def _look(job: Job, crate: Crate, folder: str, sha256: str) -> PackedSeen:
    checkout = job.directory.checkout
    read, pointers = contents_of(job.store.crate(crate.id, sha256), crate.id)
    # What cargo itself adds has no place in the clone: the resolved manifest, a lockfile, a readme from elsewhere.
    places = {path: posixpath.join(folder, path) for path in sorted(read.files)}
    there = {path: place for path, place in places.items() if os.path.lexists(checkout / place)}
    drivers = git.filters_of(checkout, there.values())
    return PackedSeen(
        id=crate.id,
        paths=tuple(sorted(read.files)),
        pointers=pointers,
        from_outside=_from_outside(checkout, there),
        filters={path: driver for path, place in there.items() if (driver := drivers.get(place)) is not None},
    )


def _from_outside(checkout: Path, places: Mapping[str, str]) -> dict[str, str]:
    root = checkout.resolve()
    real = {path: Path(os.path.realpath(root / place)) for path, place in places.items()}
    return {path: str(place) for path, place in real.items() if not is_within(place, root)}
