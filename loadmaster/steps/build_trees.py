"""Copies of the run's clone in which foreign code may run: build scripts, macros, tests, linters.

The clone itself is what is committed, tagged and packaged. No code of the workspace or its dependencies runs in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.clients.disk import copy_tree, remove_tree
from loadmaster.planning.packaging import left_to_fetch
from loadmaster.run.job import Job


def build_tree(job: Job, called: cargo.Cargo) -> Path:
    """A copy of the run's clone as its last commit has it, with all that cargo needs to build it offline.

    It is made once for each commit in an attempt. Raises what `fetch_for` raises.
    """
    place = job.directory.build_trees / git.head(job.directory.checkout)[:12]
    if not place.exists():
        _copy(job.directory.checkout, place)
        fetch_for(called, place)
    return place


def fetch_for(called: cargo.Cargo, tree: Path) -> None:
    """Brings what cargo needs to build the tree offline; without a lockfile it writes one there first.

    Raises `CargoFailed`, `CargoOffline`, `DiskFull`, `NotWritten`.
    """
    cargo.fetch(called, tree, locked=has_lockfile(tree))


def fetch_for_packaged(
    called: cargo.Cargo, checkout: Path, crates: Mapping[str, str], embedded: Iterable[str], *, locked: bool
) -> None:
    """Brings what cargo needs to package `crates` (version by name) of the clone again offline, and to build them.

    `embedded` are the lockfiles that it put into them. cargo takes the newest version that fits, and offline the newest of
    those that it has: so it must have all that it took. `locked`: the clone has a lockfile; otherwise it is left without.
    Raises what `fetch_for` raises.
    """
    # In the clone itself: in a copy, what was built may have changed the configuration that a fetch obeys.
    cargo.fetch(called, checkout, locked=locked)
    lockfile = checkout / "Cargo.lock"
    fetched = lockfile.read_text(encoding="utf-8")
    if not locked:
        lockfile.unlink()
    for crate in left_to_fetch(fetched, embedded, crates):
        cargo.fetch_crate(called, checkout, *crate)


def has_lockfile(tree: Path) -> bool:
    return (tree / "Cargo.lock").is_file()


def _copy(source: Path, place: Path) -> None:
    """Its git objects, which nobody changes, are shared."""
    unfinished = place.with_name(f"{place.name}.unfinished")
    remove_tree(unfinished)
    copy_tree(source, unfinished, linked=".git/objects")
    unfinished.rename(place)
