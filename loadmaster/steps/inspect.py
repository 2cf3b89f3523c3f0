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
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CargoFailed, CargoOffline
from loadmaster.planning.changes.api import judge_apis
from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.previous_release import baseline, previous_releases
from loadmaster.planning.profile.project import ClippyScope
from loadmaster.planning.registry.seen import Lint, Seen
from loadmaster.planning.rust_versions import by_rust_version, together
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles, read_workspaces
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.run.job import Job
from loadmaster.steps.api import build_directory, compare_apis, release_tree, workspace_of
from loadmaster.steps.build_trees import build_tree, has_lockfile

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
    style, ours = job.project.cargo, job.cargo().with_target(build_directory(job, "clippy"))
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
    theirs = ours.with_target(build_directory(job, f"clippy-{git.head(before)[:12]}"))
    known = tuple(_warnings(theirs, before, workspace_of(job, before), packages))
    new = tuple(sorted(_new_ones(tuple(_warnings(ours, tree, workspace, packages)), known)))
    return Lint(ran=True, passed=not new, findings=new)


def _new_ones(ours: tuple[cargo.Diagnostic, ...], known: tuple[cargo.Diagnostic, ...]) -> Iterator[str]:
    """The findings that are not among the known ones. Where only some of equal words are new, nobody knows on which lines."""
    counts = Counter(each.words for each in ours)
    for words, count in (counts - Counter(each.words for each in known)).items():
        all_are_new = count == counts[words]
        yield from [each.located for each in ours if each.words == words] if all_are_new else [words] * count


def _warnings(
    called: cargo.Cargo, tree: Path, workspace: Workspace, packages: tuple[str, ...]
) -> Iterator[cargo.Diagnostic]:
    for each in _calls(called, tree, workspace, packages):
        yield from cargo.diagnostics(each.cargo, each.directory, each.specs, locked=each.locked)


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
        for each in _calls(job.cargo().with_target(build_directory(job, f"msrv-{rust}")), tree, workspace, names)
    )


def _check_with_rust(call: CargoCall, rust: str, end: float) -> Lint:
    """`end` is an instant of the monotonic clock, in seconds."""
    if (within := end - time.monotonic()) <= 0:
        return Lint(ran=False, why="there was no time left (`cargo.msrv_within` in the profile)")
    return cargo.check_with(call.cargo, call.directory, rust, call.specs, locked=call.locked, within=within)


def semver(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """`cargo semver-checks` of every package of the plan that has an earlier release, each beside its own."""
    earlier = previous_releases(seen.source.tags, plan, job.project)
    members = {commit: _members_at(job, commit) for commit in {release.tag.commit for release in earlier.values()}}
    wanted = {name: release.tag.commit for name, release in earlier.items() if name in members[release.tag.commit]}
    apis = compare_apis(job, seen.workspace, wanted, plan)
    return judge_apis({name: (earlier[name].version, plan.versions[name], api) for name, api in apis.items()})


def _members_at(job: Job, commit: str) -> frozenset[str]:
    """The members' names in an earlier tree; () if it cannot be read any more."""
    try:
        files = TreeFiles(texts=git.texts_at(job.directory.checkout, commit, MANIFEST))
        return read_workspaces(files, roots_at_hand(files, job.project.source.roots)).names
    except LoadmasterError:
        return frozenset()


def _last_release(job: Job, seen: Seen, plan: ReleasePlan, called: cargo.Cargo) -> Path | None:
    """A clone of the last release's tree, ready to be built offline; None if there was none."""
    last = baseline(seen.source.tags, plan, job.project)
    return None if last is None else release_tree(job, called, last.tag.commit)
