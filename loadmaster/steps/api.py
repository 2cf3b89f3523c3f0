"""Compares the APIs of packages with those of their last releases: cargo-semver-checks, in copies of the trees."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from loadmaster.clients import cargo
from loadmaster.clients.files import read_tree
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.workspace import NoSuchPackage
from loadmaster.planning.changes.survey import ApiSeen
from loadmaster.planning.tree.manifest_package import features_of, parse_manifest
from loadmaster.planning.tree.tree import read_workspace
from loadmaster.run.job import Job
from loadmaster.steps.build_trees import build_tree, fetch_for
from loadmaster.steps.look import clone


def compare_apis(job: Job, wanted: Mapping[str, str]) -> dict[str, ApiSeen]:
    """By package. `wanted` are the commits of their last releases. A registry out of reach raises `CargoOffline`.

    Trees that do not build have no answer, nor have packages that the time is not enough for.
    """
    if not wanted:
        return {}
    called = job.cargo().with_target(build_directory(job, "semver"))
    if not cargo.has_semver_checks(called, job.directory.checkout):
        why = "cargo-semver-checks is not installed; `cargo install --locked cargo-semver-checks` brings it"
        return {name: ApiSeen(asked=False, why=why) for name in wanted}
    end = time.monotonic() + job.project.cargo.semver_within
    return {name: _compare(job, called, name, commit, end) for name, commit in wanted.items()}


def _compare(job: Job, called: cargo.Cargo, name: str, commit: str, end: float) -> ApiSeen:
    """`end` is an instant of the monotonic clock, in seconds."""
    if (within := end - time.monotonic()) <= 0:
        return ApiSeen(asked=False, why="there was no time left (`cargo.semver_within` in the profile)")
    try:
        now, before = build_tree(job, called), release_tree(job, called, commit)
        for tree in (now, before):
            _fetch_for_its_users(job, called, name, tree)
        return cargo.compare_api(called, now, before, name, within)
    except (CargoOffline, DiskFull, NotWritten):
        raise
    except LoadmasterError as error:  # a tree that cannot be read, or a package that it does not have
        return ApiSeen(asked=False, why=clause(error.what))


def _fetch_for_its_users(job: Job, called: cargo.Cargo, name: str, tree: Path) -> None:
    """cargo-semver-checks compiles the package as its users do, without the workspace around it.

    What cannot be had for every feature is left to be missed by the program. Raises `NoSuchPackage`, `CargoOffline`, and what
    reading the tree raises.
    """
    files = read_tree(tree)
    workspace = read_workspace(files)
    package = workspace.package(name)
    if package is None:
        raise NoSuchPackage([name], sorted(workspace.names))
    features = features_of(parse_manifest(package.manifest, files.texts[package.manifest]))
    place = job.directory.build_trees / f"users-{tree.name}-{name}"
    try:
        cargo.fetch_as_dependent(called, name, features, (tree / package.manifest).parent, tree, place)
    except CargoOffline:
        raise
    except CargoFailed:
        pass


def release_tree(job: Job, called: cargo.Cargo, commit: str) -> Path:
    """A clone of the tree of an earlier release, ready to be built offline. Raises what cloning and fetching raise."""
    place = job.directory.build_trees / f"release-{commit[:12]}"
    if not place.exists():
        clone(job, commit, place)
        fetch_for(called, place)
    return place


def build_directory(job: Job, purpose: str) -> Path:
    """What a rehearsal built is not used for a release: it may have been of any branch."""
    style = job.project.cargo
    return job.store.build_directory(job.project.name, style.toolchain or "default", purpose, job.world.kind)
