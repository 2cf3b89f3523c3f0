"""Inspects the code of the run's clone with cargo's companions: clippy, each package's oldest Rust, and cargo-semver-checks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from loadmaster.clients import cargo, git
from loadmaster.clients.files import read_tree
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.previous_release import baseline, level_between, previous_release
from loadmaster.planning.profile.project import ClippyScope
from loadmaster.planning.registry.seen import Lint, Seen
from loadmaster.planning.rust_versions import by_rust_version, together
from loadmaster.planning.tree.tree import read_workspace
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.run.job import Job
from loadmaster.steps.build_trees import build_tree, fetch_for, has_lockfile
from loadmaster.steps.look import clone

Call = ParamSpec("Call")


def judges_the_tree(judge: Callable[Call, Lint]) -> Callable[Call, Lint]:
    """A tree whose dependencies cargo refuses to fetch does not pass. A registry out of reach still raises `CargoOffline`."""

    @wraps(judge)
    def judged(*args: Call.args, **kwargs: Call.kwargs) -> Lint:
        try:
            return judge(*args, **kwargs)
        except CargoOffline:
            raise
        except CargoFailed as error:
            return Lint(ran=True, passed=False, why=error.tail)

    return judged


@judges_the_tree
def clippy(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """Every finding of clippy. With `cargo.deny_warnings = false`, only those that the last release did not have.

    The project's runs share the builds of external crates.
    """
    style, ours = job.project.cargo, job.cargo().with_target(_target(job, "clippy"))
    tree = build_tree(job, ours, plan)
    packages = _packages_to_lint(job, seen)
    specs = _package_specs(tree, _workspace_in(tree, seen, plan), packages)
    lint = cargo.clippy(ours, tree, specs, locked=has_lockfile(tree), deny_warnings=style.deny_warnings)
    if style.deny_warnings or not lint.ran or (not lint.passed and not lint.findings):
        return lint
    before = _last_release(job, seen, plan, ours)
    if before is None:
        return lint
    # Cargo distinguishes the members of two trees only by their times, so that each tree needs its own target directory.
    theirs = ours.with_target(_target(job, f"clippy-{git.head(before)[:12]}"))
    known = Counter(_warnings_before(theirs, before, packages))
    new = Counter(cargo.diagnostics(ours, tree, specs, locked=has_lockfile(tree))) - known
    return Lint(ran=True, passed=not new, findings=tuple(sorted(new.elements())))


def _warnings_before(theirs: cargo.Cargo, before: Path, packages: tuple[str, ...]) -> tuple[str, ...]:
    known = _package_specs(before, read_workspace(read_tree(before)), packages)
    return () if packages and not known else cargo.diagnostics(theirs, before, known, locked=has_lockfile(before))


def _packages_to_lint(job: Job, seen: Seen) -> tuple[str, ...]:
    """() for the whole workspace."""
    if job.project.cargo.clippy_of is ClippyScope.WORKSPACE:
        return ()
    return tuple(package.name for package in publishable(seen.workspace, job.project))


def _workspace_in(tree: Path, seen: Seen, plan: ReleasePlan) -> Workspace:
    """The workspace as a build tree has it: with the planned versions, if commands of the project's own changed files."""
    return read_workspace(read_tree(tree)) if plan.has_results else seen.workspace


def _package_specs(tree: Path, workspace: Workspace, names: Iterable[str]) -> tuple[str, ...]:
    """Package id specs of those names that are members. They hold the path, because a crate from the registry may have the
    same name and version.
    """
    members = (package for name in names if (package := workspace.package(name)) is not None)
    urls = ((package, (tree / package.manifest).parent.resolve().as_uri()) for package in members)
    return tuple(f"{url}#{package.name}@{package.version}" for package, url in urls)


@judges_the_tree
def msrv(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """`cargo check` of the publishable packages, each with the Rust version that it declares, the newest first."""
    if not job.project.cargo.msrv:
        return Lint(ran=False, why="the profile says `cargo.msrv = false`")
    packages = by_rust_version(publishable(seen.workspace, job.project))
    if not packages:
        return Lint(ran=False, why="no package declares a `rust-version`")
    tree, end = build_tree(job, job.cargo(), plan), time.monotonic() + job.project.cargo.msrv_within
    specs = {rust: _package_specs(tree, _workspace_in(tree, seen, plan), names) for rust, names in packages.items()}
    return together(
        (rust, names, _check_with_rust(job, tree, rust, specs[rust], end)) for rust, names in packages.items()
    )


def _check_with_rust(job: Job, tree: Path, rust: str, specs: tuple[str, ...], end: float) -> Lint:
    """`end` is an instant of the monotonic clock, in seconds."""
    if (within := end - time.monotonic()) <= 0:
        return Lint(ran=False, why="there was no time left (`cargo.msrv_within` in the profile)")
    called = job.cargo().with_target(_target(job, f"msrv-{rust}"))
    return cargo.check_with(called, tree, rust, specs, locked=has_lockfile(tree), within=within)


@judges_the_tree
def semver(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """`cargo semver-checks` of the packages that the last release had, too."""
    ours, checkout = job.cargo().with_target(_target(job, "semver")), job.directory.checkout
    if not cargo.has_semver_checks(ours, checkout):
        why = "cargo-semver-checks is not installed; `cargo install --locked cargo-semver-checks` brings it"
        return Lint(ran=False, why=why)
    last, before = previous_release(seen.source.tags, plan, job.project), _last_release(job, seen, plan, ours)
    if last is None or before is None:
        return Lint(ran=False, why="there is no earlier release of all packages to compare with")
    known = read_workspace(read_tree(before)).names
    packages = sorted(known & plan.versions.keys())
    level = level_between(last.version, plan.tags[0].version)
    return cargo.semver_problems(ours, build_tree(job, ours, plan), before, packages, level)


def _last_release(job: Job, seen: Seen, plan: ReleasePlan, called: cargo.Cargo) -> Path | None:
    """A clone of the last release's tree, ready to be built offline; None if there was none."""
    last = baseline(seen.source.tags, plan, job.project)
    if last is None:
        return None
    place = job.directory.build_trees / f"release-{last.version}"
    if not place.exists():
        clone(job, last.tag.commit, place)
        fetch_for(called, place)
    return place


def _target(job: Job, purpose: str) -> Path:
    """What a rehearsal built is not used for a release: it may have been of any branch."""
    style = job.project.cargo
    return job.store.build_directory(job.project.name, style.toolchain or "default", purpose, job.world.kind)
