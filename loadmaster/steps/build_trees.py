"""Copies of the run's clone in which foreign code may run: build scripts, macros, tests, linters.

The clone itself is what is committed, tagged and packaged. No code of the workspace or its dependencies runs in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.planning.packaging import Round, left_to_fetch
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.tree.tree import LOCKFILE, sibling_path
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
            fetch_for(called, place, job.project.source.roots)
        return place
    place = job.directory.build_trees / git.head(checkout)[:12]
    if not place.exists():
        unfinished_copy(checkout, place).rename(place)
        fetch_for(called, place, job.project.source.roots)
    return place


def fetch_for(called: cargo.Cargo, tree: Path, roots: Iterable[str]) -> None:
    """Brings what cargo needs to build the workspaces of a tree offline; where there is no lockfile it writes one first.

    Raises `CargoFailed`, `CargoOffline`, `DiskFull`, `NotWritten`.
    """
    for root in roots:
        cargo.fetch(called.in_tree(tree), (tree / root).parent, locked=has_lockfile(tree, root))


def fetch_for_packaged(
    called: cargo.Cargo, checkout: Path, each: Round, embedded: Iterable[str], *, locked: bool
) -> None:
    """Brings what cargo needs to package the crates of the clone again offline, and to build them.

    `embedded` are the lockfiles that it put into them. cargo takes the newest version that fits, and offline the newest of
    those that it has: so it must have all that it took. `locked`: the workspace has a lockfile; otherwise it is left without.
    Raises what `fetch_for` raises.
    """
    # In the clone itself: in a copy, what was built may have changed the configuration that a fetch obeys.
    called, lockfile = called.in_tree(checkout), checkout / sibling_path(each.root, LOCKFILE)
    cargo.fetch(called, lockfile.parent, locked=locked)
    fetched = lockfile.read_text(encoding="utf-8")
    if not locked:
        lockfile.unlink()
    for crate in left_to_fetch(fetched, embedded, each.crates):
        cargo.fetch_crate(called, lockfile.parent, *crate)


def has_lockfile(tree: Path, root: str) -> bool:
    """Whether the workspace with this root manifest has a lockfile."""
    return (tree / sibling_path(root, LOCKFILE)).is_file()
