"""Gates on manifests: what crates.io or cargo would refuse in the middle of a release, told before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loadmaster.planning.gate import GateAnswer, Problem
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.workspace import Dependency, Package


def path_without_version(evidence: Evidence) -> GateAnswer:
    """A path dependency needs a version to become a dependency on the registry. By path alone only dev may be."""

    def judge(package: Package, dependency: Dependency) -> Problem | None:
        if dependency.path is None or dependency.has_version or dependency.kind == "dev":
            return None
        return Problem(
            where=package.manifest,
            what=f"`{package.name}` depends on `{dependency.name}` by path without a version",
            fix=f'add `version = "…"` to its entry for `{dependency.name}`.',
        )

    return _over_dependencies(evidence, "path-without-version", judge)


def git_dependency(evidence: Evidence) -> GateAnswer:
    """A published crate cannot depend on Git; cargo drops the Git source, and without a version refuses."""

    def judge(package: Package, dependency: Dependency) -> Problem | None:
        stripped = dependency.kind == "dev" and not dependency.has_version
        if dependency.git is None or stripped:
            return None
        return Problem(
            where=package.manifest,
            what=f"`{package.name}` depends on `{dependency.name}` from Git (`{dependency.git}`)",
            fix=f"depend on a published version of `{dependency.name}`, or do not publish `{package.name}`.",
        )

    return _over_dependencies(evidence, "git-dependency", judge)


def depends_on_unpublished(evidence: Evidence) -> GateAnswer:
    """Nothing published may need a member that is not (optional, build and versioned dev-dependencies count too)."""
    names = evidence.seen.workspace.names
    published = {each.name for each in evidence.published}

    def judge(package: Package, dependency: Dependency) -> Problem | None:
        dropped = dependency.kind == "dev" and not dependency.has_version
        if dependency.path is None or dependency.name not in names or dependency.name in published or dropped:
            return None
        return Problem(
            where=package.manifest,
            what=f"`{package.name}` depends on `{dependency.name}`, which this release does not publish",
            fix=f"publish `{dependency.name}`, or drop the dependency; `optional = true` is no way out.",
        )

    return _over_dependencies(evidence, "depends-on-unpublished", judge)


def name_spelling(evidence: Evidence) -> GateAnswer:
    """A crate keeps the spelling that it was first published in: to the registry `Foo_bar` and `foo-bar` are one name."""
    problems = (
        Problem(
            where=package.manifest,
            what=f"`{package.name}` is on the registry as `{evidence.seen.registry.spelled[package.name]}`",
            fix=f"name the package `{evidence.seen.registry.spelled[package.name]}`, or choose another name.",
        )
        for package in evidence.published
        if package.name in evidence.seen.registry.spelled
    )
    return GateAnswer.of("name-spelling", len(evidence.published), problems)


def metadata_complete(evidence: Evidence) -> GateAnswer:
    """crates.io refuses a crate without a description or a licence."""
    problems = (each for package in evidence.published for each in _missing_metadata(package))
    return GateAnswer.of("metadata-complete", len(evidence.published), problems)


def _missing_metadata(package: Package) -> Iterator[Problem]:
    if not package.description:
        yield _missing(package, "description", 'add `description = "…"` to `[package]`.')
    if not package.license and not package.license_file:
        yield _missing(package, "licence", 'add `license = "…"` (an SPDX expression) or `license-file` to `[package]`.')


def _missing(package: Package, what: str, fix: str) -> Problem:
    return Problem(where=package.manifest, what=f"`{package.name}` has no {what}", fix=fix)


def _over_dependencies(
    evidence: Evidence, gate: str, judge: Callable[[Package, Dependency], Problem | None]
) -> GateAnswer:
    """Asks `judge` of every dependency of every published package. A package without dependencies counts as looked at."""
    verdicts: Iterable[Problem | None] = (
        judge(package, dependency) for package in evidence.published for dependency in package.dependencies
    )
    checked = len(evidence.published) + sum(len(each.dependencies) for each in evidence.published)
    return GateAnswer.of(gate, checked, dict.fromkeys(each for each in verdicts if each is not None))
