"""Gates on the dependencies of published packages: those that cargo or crates.io would refuse in the middle of a release."""

from __future__ import annotations

from loadmaster.errors.base import clause
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
from loadmaster.planning.packaging import packaging_rounds, too_early
from loadmaster.planning.tree.manifest_lines import dependency_line
from loadmaster.planning.tree.workspace import Dependency, Package
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.requirement import matches


@of_dependencies(
    "path-without-version", "Assay's v3.2.0 to v3.2.2: `assay-sim` needed `assay-adapter-api` by path alone."
)
def path_without_version(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Does every path dependency also have a version, for the registry? Only a dev-dependency may have a path alone."""
    if dependency.path is None or not dependency.is_packaged or dependency.has_version:
        return None
    return DependencyFault(
        what=f"depends on `{dependency.name}` by path without a version",
        fix=f'add `version = "…"` to its entry for `{dependency.name}`.',
    )


@of_dependencies("git-dependency", "Assay's v2.1.4 depended on aya from Git alone; v2.1.5 followed after 11 minutes.")
def git_dependency(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Does every Git dependency also have a version, for the registry? cargo drops the Git source; without a version it refuses."""
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
    """Are all members that published packages need published, too? Optional, build- and versioned dev-dependencies count.

    For a dev-dependency it is enough that the registry has a version already, because users never resolve it.
    """
    member = _member(tree, dependency)
    if member is None or not dependency.is_packaged or member.name in tree.names or tree.takes(member):
        return None
    fix = f"publish `{dependency.name}`, or drop the dependency; `optional = true` does not help."
    if dependency.kind == "dev":
        if tree.registry is not None and tree.registry.has_fitting(dependency):
            return None
        if tree.registry is None:
            fix += " If crates.io has a version that fits, there is nothing to do: a release asks crates.io."
    return DependencyFault(what=f"depends on `{dependency.name}`, which is not published", fix=fix)


@of_dependencies(
    "stale-dependency",
    "From v3.2.2 to v3.38.0 Assay's published `assay-core` resolved an abandoned `assay-adapter-api` 3.2.3.",
)
def stale_dependency(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Does the release publish every member that it needs? Users get an old version of a member that is left out, or none.

    In lockstep a member is left out if the profile excludes it although it is publishable, or if its version differs.
    If packages have versions of their own, `dependency-on-registry` asks instead.
    """
    member = _member(tree, dependency)
    if member is None or not dependency.is_packaged or not tree.takes(member) or not tree.is_lockstep:
        return None
    if member.name not in tree.names:
        return DependencyFault(
            what=f"depends on `{member.name}`, which this release leaves out",
            fix=f"publish `{member.name}` with the others (`release.exclude` in the profile), or drop the dependency.",
        )
    if member.version != package.version:
        return DependencyFault(
            what=f"is at `{package.version}` and depends on `{member.name}`, which stays at `{member.version}`",
            fix=f"write `{package.version}` as the version of `{member.name}`, too, or set `release.policy` to `independent`.",
        )
    return None


@of_dependencies("requirements-satisfiable", "Assay's v0.3.3 asked for members at 0.2.0 that were at 0.3.3.")
def requirements_satisfiable(tree: Tree, package: Package, dependency: Dependency) -> DependencyFault | None:
    """Do the members' versions meet the requirements of the packages? Dev-dependencies with a version count, too."""
    member = _member(tree, dependency)
    if member is None or not dependency.has_version or matches(dependency.requirement, member.version):
        return None
    return DependencyFault(
        what=f"requires `{member.name}` as `{dependency.requirement}`, and its version is `{member.version}`",
        fix=f"write a requirement that `{member.version}` meets.",
    )


@of_files(
    "dependency-cycle",
    "If a dev-dependency with a version closes a cycle, the crates cannot be published in any order.",
)
def dependency_cycle(tree: Tree) -> Findings:
    """Is there an order in which the crates can be published, dependencies first?"""
    problems = []
    try:
        edges(tree.released, {package.name: package.version for package in tree.released})
    except DependencyCycle as cycle:
        places = {package.name: package.manifest for package in tree.released}
        first = next((name for name in sorted(places) if f"`{name}`" in cycle.what), "Cargo.toml")
        problems.append(Problem.in_file(places.get(first, first), None, what=clause(cycle.what), fix=cycle.fix))
    return Findings(checked=len(tree.released), problems=tuple(problems))


@of_files(
    "packaging-order",
    "actix-web's members need each other without a path; cargo packages such crates in alphabetical order.",
)
def packaging_order(tree: Tree) -> GateJudgement:
    """Does cargo find every sibling that a crate needs when the crates are packaged?

    If the registry does not have a sibling yet, cargo uses the one from the same call, but only if it packaged it before.
    Siblings that a manifest needs by path come first. What needs one without a path (`[patch.crates-io]` connects them) is
    packaged in a call after it. In a cycle it cannot be, and then the registry must have a version that fits.
    """
    versions = {package.name: package.version for package in tree.released}
    try:
        rounds = packaging_rounds(tree.workspace, versions)
    except DependencyCycle:
        return Findings(checked=len(tree.released))  # `dependency-cycle` says it
    early = [
        pair
        for each in rounds
        for pair in too_early([package for package in tree.released if package.name in each.crates])
    ]
    if not early:
        return Findings(checked=len(tree.released))
    if tree.registry is None:
        return CouldNotCheck(why=f"nobody asked the registry whether it has `{early[0].needed.name}`")
    problems = (_too_early(tree, *pair) for pair in early if not tree.registry.has_fitting(pair.needed))
    return Findings(checked=len(tree.released), problems=tuple(dict.fromkeys(problems)))


def _too_early(tree: Tree, package: Package, needed: Dependency) -> Problem:
    asked = f"`{needed.name}` as `{needed.requirement}`"
    return Problem.in_file(
        package.manifest,
        dependency_line(tree.files.texts[package.manifest], needed),
        what=f"`{package.name}` requires {asked} without its path, and `{needed.name}` needs it in turn: cargo packages one of "
        "them before the other is there",
        fix=f"give its entry for `{needed.name}` its `path`, too, or release `{needed.name}` alone first.",
    )


def _member(tree: Tree, dependency: Dependency) -> Package | None:
    """The member that the dependency names by path."""
    return None if dependency.path is None else tree.workspace.package(dependency.name)
