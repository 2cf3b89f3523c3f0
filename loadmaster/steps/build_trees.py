"""Copies of the run's clone in which foreign code may run: build scripts, macros, tests, linters.

The clone itself is what is committed, tagged and packaged. No code of the workspace or its dependencies runs in it.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.clients.disk import copy_tree, remove_tree
from loadmaster.run.job import Job


def build_tree(job: Job, called: cargo.Cargo) -> Path:
    """A copy of the run's clone as its last commit has it, with all that cargo needs to build it offline.

    It is made once for each commit in an attempt. Raises what `fetch_for` raises.
    """
    place = job.directory.build_trees / git.head(job.directory.checkout)[:12]
    if not place.exists():
        copy_clone(job.directory.checkout, place)
        fetch_for(called, place)
    return place


def fetch_for(called: cargo.Cargo, tree: Path) -> None:
    """Brings what cargo needs to build the tree offline; without a lockfile it writes one there first.

    Raises `CargoFailed`, `CargoOffline`, `DiskFull`, `NotWritten`.
    """
    cargo.fetch(called, tree, locked=has_lockfile(tree))


def has_lockfile(tree: Path) -> bool:
    return (tree / "Cargo.lock").is_file()


def copy_clone(source: Path, place: Path) -> None:
    """The git objects of the copy, which nobody changes, are those of the clone."""
    unfinished = place.with_name(f"{place.name}.unfinished")
    remove_tree(unfinished)
    copy_tree(source, unfinished, linked=".git/objects")
    unfinished.rename(place)
