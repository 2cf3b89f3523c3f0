"""Copies of the run's clone in which foreign code may run: build scripts, macros, tests, linters.

The clone itself is what is committed, tagged and packaged. No code of the workspace or its dependencies runs in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.planning.packaging import left_to_fetch
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.values.value import digest
from loadmaster.run.job import Job
from loadmaster.steps.planned_trees import copy_planned, unfinished_copy


def build_tree(job: Job, called: cargo.Cargo, plan: ReleasePlan | None = None) -> Path:
    """A copy of the run's clone as its last commit has it, with all that cargo needs to build it offline.

    If commands of the project's own changed files, `plan` says so, and the copy is of what the release commit will have. It is made
    once for each commit and plan in an attempt. Raises what `fetch_for` raises.
    """
    checkout = job.directory.checkout
    if plan is not None and plan.has_results:
        place = job.directory.build_trees / f"built-{digest(plan)[:12]}"
        if not place.exists():
            copy_planned(job, plan, place)
            fetch_for(called, place)
        return place
    place = job.directory.build_trees / git.head(checkout)[:12]
    if not place.exists():
        unfinished_copy(checkout, place).rename(place)
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
