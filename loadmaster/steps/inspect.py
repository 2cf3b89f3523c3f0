"""Inspects the code of the run's clone with cargo's companions, where it is worth it beside the tree of the last release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from loadmaster.clients import cargo, git
from loadmaster.clients.files import read_tree
from loadmaster.planning.plan import ReleasePlan, publishable
from loadmaster.planning.previous_release import baseline, level_between, previous_release
from loadmaster.planning.profile.project import ClippyScope
from loadmaster.planning.registry.seen import Lint, Seen
from loadmaster.planning.tree.tree import read_workspace
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.run.job import Job


def clippy(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """Every finding, or with `cargo.deny_warnings = false` those that the last release did not have.

    Builds of external crates are shared by the project's runs.
    """
    style, checkout = job.project.cargo, job.directory.checkout
    called = job.cargo().with_target(_target(job, "clippy"))
    packages = _linted(job, seen)
    specified = _specified(checkout, seen.workspace, packages)
    found = cargo.clippy(called, checkout, specified, locked=_locked(checkout), deny_warnings=style.deny_warnings)
    if style.deny_warnings or not found.ran or (not found.passed and not found.findings):
        return found
    before = _last_release(job, seen, plan)
    if before is None:
        return found
    # Cargo tells one tree's members from another's by their times only, so that each has a directory of its own.
    apart = called.with_target(_target(job, f"clippy-{git.head(before)[:12]}"))
    known = Counter(_warnings_before(apart, before, packages))
    new = Counter(cargo.diagnostics(called, checkout, specified, locked=_locked(checkout))) - known
    return Lint(ran=True, passed=not new, findings=tuple(sorted(new.elements())))


def _warnings_before(called: cargo.Cargo, before: Path, packages: tuple[str, ...]) -> tuple[str, ...]:
    known = _specified(before, read_workspace(read_tree(before)), packages)
    return () if packages and not known else cargo.diagnostics(called, before, known, locked=_locked(before))


def _linted(job: Job, seen: Seen) -> tuple[str, ...]:
    """() for the whole workspace."""
    if job.project.cargo.clippy_of is ClippyScope.WORKSPACE:
        return ()
    return tuple(each.name for each in publishable(seen.workspace, job.project))


def _specified(tree: Path, workspace: Workspace, names: Iterable[str]) -> tuple[str, ...]:
    """Those that are members, by their places: a namesake that comes from the registry may have the same version."""
    found = (each for name in names if (each := workspace.package(name)) is not None)
    places = ((each, (tree / each.manifest).parent.resolve().as_uri()) for each in found)
    return tuple(f"{place}#{each.name}@{each.version}" for each, place in places)


def msrv(job: Job, seen: Seen) -> Lint:
    """`cargo check` of the published packages, with the newest of the versions that they declare."""
    declared = {each.name: each.rust_version for each in publishable(seen.workspace, job.project) if each.rust_version}
    if not declared:
        return Lint(ran=False, why="no package declares a `rust-version`")
    oldest = max(declared.values(), key=lambda each: [int(part) for part in each.split(".")])
    called = job.cargo().with_target(_target(job, "msrv"))
    checkout = job.directory.checkout
    return cargo.check_with(
        called, checkout, oldest, _specified(checkout, seen.workspace, sorted(declared)), locked=_locked(checkout)
    )


def semver(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """`cargo semver-checks` of the packages that the last release had, too."""
    called, checkout = job.cargo().with_target(_target(job, "semver")), job.directory.checkout
    if not cargo.has_semver_checks(called, checkout):
        why = "cargo-semver-checks is not installed; `cargo install --locked cargo-semver-checks` brings it"
        return Lint(ran=False, why=why)
    last, before = previous_release(seen.source.tags, plan, job.project), _last_release(job, seen, plan)
    if last is None or before is None:
        return Lint(ran=False, why="there is no earlier release of all packages to compare with")
    known = read_workspace(read_tree(before)).names
    packages = sorted(known & plan.versions.keys())
    level = level_between(last.version, plan.tags[0].version)
    return cargo.semver_problems(called, checkout, before, packages, level)


def _last_release(job: Job, seen: Seen, plan: ReleasePlan) -> Path | None:
    """A clone of the last release's tree; None if there was none."""
    last = baseline(seen.source.tags, plan, job.project)
    if last is None:
        return None
    place = job.directory.path / f"release-{last.version}"
    if not place.exists():
        git.clone_at(job.world.remote, last.tag.commit, place, job.project.source.branch, extra=job.git_environment())
    return place


def _target(job: Job, purpose: str) -> Path:
    return job.store.build_directory(job.project.name, job.project.cargo.toolchain or "default", purpose)


def _locked(tree: Path) -> bool:
    return (tree / "Cargo.lock").is_file()
