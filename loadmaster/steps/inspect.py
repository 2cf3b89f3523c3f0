"""Inspects the code of the run's clone with cargo's companions: clippy, each package's oldest Rust, and cargo-semver-checks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import NamedTuple, ParamSpec

from loadmaster.clients import cargo, git
from loadmaster.clients.files import read_tree
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.previous_release import baseline, level_between, previous_release
from loadmaster.planning.profile.project import ClippyScope
from loadmaster.planning.registry.seen import Lint, Seen
from loadmaster.planning.rust_versions import by_rust_version, together
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import read_workspaces
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
    workspace = _workspace_in(job, tree, seen, plan)
    lint = Lint.of_all(
        cargo.clippy(each.cargo, each.directory, each.specs, locked=each.locked, deny_warnings=style.deny_warnings)
        for each in _calls(ours, tree, workspace, packages)
    )
    if style.deny_warnings or not lint.ran or (not lint.passed and not lint.findings):
        return lint
    before = _last_release(job, seen, plan, ours)
    if before is None:
        return lint
    # Cargo distinguishes the members of two trees only by their times, so that each tree needs its own target directory.
    theirs = ours.with_target(_target(job, f"clippy-{git.head(before)[:12]}"))
    known = Counter(_warnings(theirs, before, _workspace_of(job, before), packages))
    new = Counter(_warnings(ours, tree, workspace, packages)) - known
    return Lint(ran=True, passed=not new, findings=tuple(sorted(new.elements())))


def _warnings(called: cargo.Cargo, tree: Path, workspace: Workspace, packages: tuple[str, ...]) -> Iterator[str]:
    for each in _calls(called, tree, workspace, packages):
        yield from cargo.diagnostics(each.cargo, each.directory, each.specs, locked=each.locked)


def _workspace_of(job: Job, before: Path) -> Workspace:
    """The workspace in a tree of the past."""
    return read_workspaces(read_tree(before), _roots_of(job, before))


def _roots_of(job: Job, before: Path) -> tuple[str, ...]:
    """Where the workspaces are in a tree of the past: they may have been elsewhere then."""
    return roots_at_hand(read_tree(before), job.project.source.roots)


class CargoCall(NamedTuple):
    """How cargo is called for one of the workspaces in a tree."""

    cargo: cargo.Cargo
    directory: Path
    specs: tuple[str, ...]
    """Of the packages that the call is about; () for all members."""
    names: tuple[str, ...]
    """Of the same packages."""
    locked: bool


def _calls(called: cargo.Cargo, tree: Path, workspace: Workspace, packages: Iterable[str]) -> Iterator[CargoCall]:
    """One call for each workspace that has some of the packages; for every workspace if none is named."""
    wanted = tuple(packages)
    for root in workspace.roots:
        part = workspace.at(root)
        names = tuple(name for name in wanted if name in part.names)
        if names or not wanted:
            specs = _package_specs(tree, part, names)
            yield CargoCall(called.in_tree(tree), (tree / root).parent, specs, names, has_lockfile(tree, root))


def _packages_to_lint(job: Job, seen: Seen) -> tuple[str, ...]:
    """() for the whole workspace."""
    if job.project.cargo.clippy_of is ClippyScope.WORKSPACE:
        return ()
    return tuple(package.name for package in publishable(seen.workspace, job.project))


def _workspace_in(job: Job, tree: Path, seen: Seen, plan: ReleasePlan) -> Workspace:
    """The workspace as a build tree has it: with the planned versions, if commands of the project's own changed files."""
    return read_workspaces(read_tree(tree), job.project.source.roots) if plan.has_results else seen.workspace


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
    workspace = _workspace_in(job, tree, seen, plan)
    return together(
        (rust, each.names, _check_with_rust(each, rust, end))
        for rust, names in packages.items()
        for each in _calls(job.cargo().with_target(_target(job, f"msrv-{rust}")), tree, workspace, names)
    )


def _check_with_rust(call: CargoCall, rust: str, end: float) -> Lint:
    """`end` is an instant of the monotonic clock, in seconds."""
    if (within := end - time.monotonic()) <= 0:
        return Lint(ran=False, why="there was no time left (`cargo.msrv_within` in the profile)")
    return cargo.check_with(call.cargo, call.directory, rust, call.specs, locked=call.locked, within=within)


@judges_the_tree
def semver(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """`cargo semver-checks` of the packages that the last release had, too."""
    ours, checkout = job.cargo().with_target(_target(job, "semver")), job.directory.checkout
    if not cargo.has_semver_checks(ours.in_tree(checkout), (checkout / seen.workspace.roots[0]).parent):
        why = "cargo-semver-checks is not installed; `cargo install --locked cargo-semver-checks` brings it"
        return Lint(ran=False, why=why)
    last, before = previous_release(seen.source.tags, plan, job.project), _last_release(job, seen, plan, ours)
    if last is None or before is None:
        return Lint(ran=False, why="there is no earlier release of all packages to compare with")
    past, tree = _workspace_of(job, before), build_tree(job, ours, plan)
    level = level_between(last.version, plan.tags[0].version)
    known = sorted(past.names & plan.versions.keys())
    return Lint.of_all(
        cargo.semver_problems(each.cargo, each.directory, (before / root).parent, names, level, before)
        for each in _calls(ours, tree, _workspace_in(job, tree, seen, plan), known)
        for root in past.roots
        if (names := [name for name in each.names if name in past.at(root).names])
    )


def _last_release(job: Job, seen: Seen, plan: ReleasePlan, called: cargo.Cargo) -> Path | None:
    """A clone of the last release's tree, ready to be built offline; None if there was none."""
    last = baseline(seen.source.tags, plan, job.project)
    if last is None:
        return None
    place = job.directory.build_trees / f"release-{last.version}"
    if not place.exists():
        clone(job, last.tag.commit, place)
        fetch_for(called, place, _roots_of(job, place))
    return place


def _target(job: Job, purpose: str) -> Path:
    """What a rehearsal built is not used for a release: it may have been of any branch."""
    style = job.project.cargo
    return job.store.build_directory(job.project.name, style.toolchain or "default", purpose, job.world.kind)
