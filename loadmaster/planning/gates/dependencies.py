"""Gates on what published packages depend on: what cargo or crates.io would refuse in the middle of a release."""

from __future__ import annotations

from collections.abc import Collection

from loadmaster.errors.workspace import DependencyCycle
from loadmaster.planning.gates.evidence import Tree
from loadmaster.planning.gates.judging import (
    CouldNotCheck,
    DependencyFault,
    Findings,
    GateJudgement,
    of_dependencies,
    of_files,
)
from loadmaster.planning.order import edges
from loadmaster.planning.tree.workspace import Dependency, Package
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.requirement import matches


@of_dependencies(
    "path-without-version", "Assay's v3.2.0 to v3.2.2: `assay-sim` needed `assay-adapter-api` by path alone."
)
def path_without_version(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Does every path dependency have a version to be found by on the registry? By path alone only dev may be."""
    if dependency.path is None or not dependency.is_packaged or dependency.has_version:
        return None
    return DependencyFault(
        what=f"depends on `{dependency.name}` by path without a version",
        fix=f'add `version = "…"` to its entry for `{dependency.name}`.',
    )


@of_dependencies("git-dependency", "Assay's v2.1.4 had aya from Git alone; v2.1.5 followed after 11 minutes.")
def git_dependency(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Is every dependency on a registry, too? cargo leaves the Git source out of the package, and without a version refuses."""
    if dependency.git is None or not dependency.is_packaged or dependency.has_version:
        return None
    return DependencyFault(
        what=f"depends on `{dependency.name}` from Git (`{dependency.git}`) without a version",
        fix=f"depend on a published version of `{dependency.name}`, or do not publish `{package.name}`.",
    )


@of_dependencies(
    "depends-on-unpublished",
    "Assay's v3.11.0 to v3.11.2 and v4.0.0 stopped half-way, at a member with `publish = false`.",
)
def depends_on_unpublished(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Is all published that published packages need? Optional, build- and versioned dev-dependencies count, too.

    For a dev-dependency, which no user ever resolves, a version suffices that is on the registry already.
    """
    member = _member(tree, dependency)
    if member is None or not dependency.is_packaged or member.name in tree.names or member.is_publishable:
        return None
    fix = f"publish `{dependency.name}`, or drop the dependency; `optional = true` is no way out."
    if dependency.kind == "dev":
        if tree.registry is not None and tree.registry.has_fitting(dependency):
            return None
        if tree.registry is None:
            fix += " If crates.io has a fitting version of it, nothing has to be done: a release asks."
    return DependencyFault(what=f"depends on `{dependency.name}`, which is not published", fix=fix)


@of_dependencies(
    "stale-dependency",
    "From v3.2.2 to v3.38.0 Assay's published `assay-core` resolved an abandoned `assay-adapter-api` 3.2.3.",
)
def stale_dependency(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Does the release publish every member that it needs? One that stays behind is resolved as it was long ago, or not at all.

    In lockstep a member stays behind if the profile excludes it though it could be published, or if its version is another.
    Where packages have versions of their own, `dependency-on-registry` asks instead.
    """
    member = _member(tree, dependency)
    if member is None or not dependency.is_packaged or not member.is_publishable or not tree.in_lockstep:
        return None
    if member.name not in tree.names:
        return DependencyFault(
            what=f"depends on `{member.name}`, which this release leaves behind",
            fix=f"publish `{member.name}` with the others (`release.exclude` in the profile), or drop the dependency.",
        )
    if member.version != package.version:
        return DependencyFault(
            what=f"is at `{package.version}` and depends on `{member.name}`, which stays at `{member.version}`",
            fix="give both the release's version (`loadmaster bump`), or set `release.policy` to `independent`.",
        )
    return None


@of_dependencies("requirements-satisfiable", "Assay's v0.3.3 asked for members at 0.2.0 that were at 0.3.3.")
def requirements_satisfiable(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Do the members' versions meet what the packages require of them, dev-dependencies with a version included?"""
    member = _member(tree, dependency)
    if member is None or not dependency.has_version or matches(dependency.requirement, member.version):
        return None
    return DependencyFault(
        what=f"requires `{member.name}` as `{dependency.requirement}`, and it is at `{member.version}`",
        fix=f"write a requirement that `{member.version}` meets; `loadmaster bump` does it for all of them.",
    )


@of_files("dependency-cycle", "A dev-dependency with a version that leads back cannot be published in any order.")
def dependency_cycle(tree: Tree) -> Findings:
    """Is there an order in which the crates can be published, dependencies first?"""
    problems = []
    try:
        edges(tree.released, {package.name: package.version for package in tree.released})
    except DependencyCycle as cycle:
        places = {package.name: package.manifest for package in tree.released}
        first = next((name for name in sorted(places) if f"`{name}`" in cycle.what), "Cargo.toml")
        problems.append(Problem(where=places.get(first, first), what=cycle.what.rstrip("."), fix=cycle.fix))
    return Findings(checked=len(tree.released), problems=tuple(problems))


@of_files(
    "packaging-order", "actix-web's members name each other without a path; cargo packages such crates by the alphabet."
)
def packaging_order(tree: Tree) -> GateJudgement:
    """Does cargo find every sibling that a crate needs, packaging all of them in its own order?

    It takes a sibling that is not on the registry yet from the same call, if that was packaged before. First comes what a
    manifest names by path; one that names it without (`[patch.crates-io]` ties them together) may come too early.
    """
    order, registry = packaged_by_cargo(tree.released), tree.registry
    early = [
        (package, dependency)
        for position, package in enumerate(order)
        for later in order[position + 1 :]
        for dependency in package.dependencies
        if dependency.name == later.name and dependency.path is None and dependency.git is None
        if matches(dependency.requirement, later.version)
    ]
    if not early:
        return Findings(checked=len(order))
    if registry is None:
        return CouldNotCheck(why=f"whether `{early[0][1].name}` is out, the registry knows, which was not asked")
    problems = (
        _too_early(package, dependency) for package, dependency in early if not registry.has_fitting(dependency)
    )
    return Findings(checked=len(order), problems=tuple(dict.fromkeys(problems)))


def _too_early(package: Package, needed: Dependency) -> Problem:
    asked = f"`{needed.name}` as `{needed.requirement}`"
    return Problem(
        where=package.manifest,
        what=f"`{package.name}` requires {asked} without its path: cargo packages it before that version is there",
        fix=f"release `{needed.name}` alone first, or give its entry its `path`, too.",
    )


def packaged_by_cargo(packages: Collection[Package]) -> tuple[Package, ...]:
    """In cargo's order: by name, but what one needs by path before it. A circle is entered where the names lead first."""
    by_name, found = {package.name: package for package in packages}, dict[str, Package]()
    waiting = [(name, False) for name in sorted(by_name, reverse=True)]
    seen = set[str]()
    while waiting:
        name, is_ready = waiting.pop()
        if is_ready:
            found[name] = by_name[name]
        elif name not in seen:
            seen.add(name)
            needs = {
                dependency.name
                for dependency in by_name[name].dependencies
                if dependency.path is not None and dependency.is_packaged
            }
            waiting += [(name, True), *((need, False) for need in sorted(needs & by_name.keys(), reverse=True))]
    return tuple(found.values())


def _member(tree: Tree, dependency: Dependency) -> Package | None:
    """The member that the dependency names by path."""
    return None if dependency.path is None else tree.workspace.package(dependency.name)
