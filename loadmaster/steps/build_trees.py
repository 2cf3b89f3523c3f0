"""Copies of the run's clone in which foreign code may run: build scripts, macros, tests, linters.

The clone itself is what is committed, tagged and packaged. No code of the workspace or its dependencies runs in it.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients import cargo, git
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


def has_lockfile(tree: Path) -> bool:
    return (tree / "Cargo.lock").is_file()
