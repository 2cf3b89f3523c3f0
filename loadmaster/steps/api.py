"""Compares the APIs of packages with those of their last releases: cargo-semver-checks, in copies of the trees."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients import cargo
from loadmaster.clients.files import read_text, read_tree
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.planning.changes.survey import ApiSeen
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.tree.manifest_package import features_of, parse_manifest
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import read_workspaces
from loadmaster.planning.tree.workspace import Package, Workspace
from loadmaster.run.job import Job
from loadmaster.steps.build_trees import build_tree, fetch_for
from loadmaster.steps.look import clone


def compare_apis(
    job: Job, workspace: Workspace, wanted: Mapping[str, str], plan: ReleasePlan | None = None
) -> dict[str, ApiSeen]:
    """By package of `workspace`. `wanted` are the commits of their last releases.

    `plan` is the one whose commands changed files, if there is one (`build_tree`). Trees that do not build have no answer, nor
    have packages that the time is not enough for. A registry out of reach raises `CargoOffline`.
    """
    if not wanted:
        return {}
    called = job.cargo().with_target(build_directory(job, "semver"))
    checkout = job.directory.checkout
    if not cargo.has_semver_checks(called.in_tree(checkout), (checkout / workspace.roots[0]).parent):
        why = "cargo-semver-checks is not installed; `cargo install --locked cargo-semver-checks` brings it"
        return {name: ApiSeen(asked=False, why=why) for name in wanted}
    end = time.monotonic() + job.project.cargo.semver_within
    return {
        package.name: _compare(job, called, package, wanted[package.name], end, plan)
        for package in workspace.packages
        if package.name in wanted
    }


def _compare(
    job: Job, called: cargo.Cargo, package: Package, commit: str, end: float, plan: ReleasePlan | None
) -> ApiSeen:
    """`end` is an instant of the monotonic clock, in seconds."""
    if (within := end - time.monotonic()) <= 0:
        return ApiSeen(asked=False, why="there was no time left (`cargo.semver_within` in the profile)")
    try:
        tree, before = build_tree(job, called, plan), release_tree(job, called, commit)
        former = workspace_of(job, before).package(package.name)
        if former is None:
            return ApiSeen(asked=False, why=f"the tree of its last release has no member `{package.name}`")
        for each, place in ((package, tree), (former, before)):
            _fetch_for_its_users(job, called, each, place)
        ours, theirs = (tree / package.root).parent, (before / former.root).parent
        return cargo.compare_api(called.in_tree(tree), ours, theirs, package.name, within, before)
    except (CargoOffline, DiskFull, NotWritten):
        raise
    except LoadmasterError as error:  # a tree that cannot be read
        return ApiSeen(asked=False, why=clause(error.what))


def _fetch_for_its_users(job: Job, called: cargo.Cargo, package: Package, tree: Path) -> None:
    """cargo-semver-checks compiles the package as its users do, without the workspace around it.

    What cannot be had for every feature is left to be missed by the program. Raises `CargoOffline`, and what reading the
    manifest raises.
    """
    manifest = parse_manifest(package.manifest, read_text(package.manifest, tree / package.manifest))
    place = job.directory.build_trees / f"users-{tree.name}-{package.name}"
    try:
        cargo.fetch_as_dependent(
            called, package.name, features_of(manifest), (tree / package.manifest).parent, tree, place
        )
    except CargoOffline:
        raise
    except CargoFailed:
        pass


def release_tree(job: Job, called: cargo.Cargo, commit: str) -> Path:
    """A clone of the tree of an earlier release, ready to be built offline. Raises what cloning and fetching raise."""
    place = job.directory.build_trees / f"release-{commit[:12]}"
    if not place.exists():
        clone(job, commit, place)
        fetch_for(called, place, _roots_of(job, place))
    return place


def workspace_of(job: Job, before: Path) -> Workspace:
    """The workspace in a tree of the past."""
    return read_workspaces(read_tree(before), _roots_of(job, before))


def _roots_of(job: Job, before: Path) -> tuple[str, ...]:
    """Where the workspaces are in a tree of the past: they may have been elsewhere then."""
    return roots_at_hand(read_tree(before), job.project.source.roots)


def build_directory(job: Job, purpose: str) -> Path:
    """What a rehearsal built is not used for a release: it may have been of any branch."""
    style = job.project.cargo
    return job.store.build_directory(job.project.name, style.toolchain or "default", purpose, job.world.kind)
