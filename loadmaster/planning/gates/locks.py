"""Gates on lockfiles: every `Cargo.lock` in the tree must agree with the manifests, and a bump changes only members in it.

Knows the meaning of a lockfile's entries. Resolves nothing: only cargo knows whether it would choose the same versions.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.gates.evidence import ReleaseEvidence, Tree
from loadmaster.planning.gates.judging import GateJudgement, Skip, each_of, of_files, of_repository
from loadmaster.planning.tree.lockfile import LockedPackage, locked_line, packages
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, read_workspace, sibling_path
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.requirement import matches

FIX = "run `cargo update --workspace` in its directory and commit the result."


class _Lock(NamedTuple):
    path: str
    packages: tuple[LockedPackage, ...]
    own: tuple[Package, ...]
    """Members of the workspace that the lockfile belongs to."""
    local: Mapping[str, str]
    """Versions by name of the packages in the tree, which have no source in a lockfile."""
    named: Mapping[str, tuple[str, ...]]
    """The versions in it, by name."""

    def entry(self, name: str) -> LockedPackage | None:
        return next((package for package in self.packages if package.name == name and package.source is None), None)

    def versions(self, entry: str) -> tuple[str, ...]:
        """Versions of the packages that an entry of `dependencies` may mean: `NAME`, `NAME VERSION`, `NAME VERSION (SOURCE)`."""
        name, _, rest = entry.partition(" ")
        wanted = rest.partition(" ")[0]
        return tuple(version for version in self.named.get(name, ()) if wanted in ("", version))


@of_files(
    "lockfiles-current", "40 of Assay's stable tags have a stale `Cargo.lock`; its `fuzz/Cargo.lock` was stale in 44."
)
def lockfiles_current(tree: Tree) -> GateJudgement:
    """Does every `Cargo.lock` that lists members have their versions, and the dependencies of their manifests?

    A release's lockfiles are checked before the bump and after it: a bump changes versions and corrects nothing else.
    """
    locks = [path for path in tree.files.paths_named(LOCKFILE) if sibling_path(path, MANIFEST) in tree.files.texts]
    owners = {path: _own(tree, sibling_path(path, MANIFEST)) for path in locks}
    ours = member_lockfiles(locks, tree.files.texts, tree.workspace)
    judged = [path for path in ours if not isinstance(owners[path], LoadmasterError)]
    unread = tuple(_unread(path, own) for path, own in owners.items() if isinstance(own, LoadmasterError))
    if not judged:
        return Skip(why=f"the tree has no {LOCKFILE} of a workspace that can be read")
    trees = (tree.before, tree) if tree.before else (tree,)
    findings = each_of(
        judged, lambda path: next((problems for tree in trees if (problems := tuple(_problems(tree, path)))), ())
    )
    return findings.model_copy(update={"warnings": unread})


def _unread(path: str, error: LoadmasterError) -> Problem:
    """A lockfile without a readable manifest, of a test's fixture for example: there is nothing to compare it with."""
    what = f"was not checked, because its manifest cannot be read: {clause(error.what)}"
    return Problem.in_file(path, None, what=what, fix=error.fix)


def _problems(tree: Tree, path: str) -> Iterator[Problem]:
    try:
        lock = _parse(tree, path)
    except LoadmasterError as error:
        yield Problem.in_file(path, None, what=clause(error.what), fix=error.fix)
        return
    text = tree.files.texts[path]
    for name, what in (*_versions(lock), *_missing_members(lock), *_dangling(lock), *_dependencies(lock)):
        yield Problem.in_file(path, locked_line(path, text, name), what=what, fix=FIX)
    for name, what, fix in _requirements(lock):
        yield Problem.in_file(path, locked_line(path, text, name), what=what, fix=fix)


def _parse(tree: Tree, path: str) -> _Lock:
    """Raises the errors of reading the lockfile, and of reading the workspace that it belongs to."""
    own = _own(tree, sibling_path(path, MANIFEST))
    if isinstance(own, LoadmasterError):
        raise own
    main = {package.name: package.version for package in tree.workspace.packages}
    local = main | {package.name: package.version for package in own}
    locked = packages(path, tree.files.texts[path], local)
    named: dict[str, tuple[str, ...]] = {}
    for package in locked:
        named[package.name] = (*named.get(package.name, ()), package.version)
    return _Lock(path=path, packages=locked, own=own, local=local, named=named)


def _own(tree: Tree, root: str) -> tuple[Package, ...] | LoadmasterError:
    """The members of a root manifest's workspace, or the error if it cannot be read."""
    if root in tree.workspace.roots:
        return tree.workspace.at(root).packages
    try:
        return read_workspace(tree.files, root).packages
    except LoadmasterError as error:
        return error


def _versions(lock: _Lock) -> Iterator[tuple[str, str]]:
    """The package that is wrong, and how; so do those below."""
    for package in lock.packages:
        wanted = lock.local.get(package.name)
        if package.source is None and wanted is not None and package.version != wanted:
            yield package.name, f"has `{package.name}` at `{package.version}`, its manifest says `{wanted}`"


def _missing_members(lock: _Lock) -> Iterator[tuple[str, str]]:
    for package in lock.own:
        if lock.entry(package.name) is None:
            yield package.name, f"does not have the member `{package.name}`"


def _dangling(lock: _Lock) -> Iterator[tuple[str, str]]:
    """Entries that name packages which the lockfile does not have. A merge leaves such entries."""
    for package in lock.packages:
        for entry in package.dependencies:
            if not lock.versions(entry):
                yield package.name, f"lets `{package.name}` depend on `{entry}`, which it does not have"


def _dependencies(lock: _Lock) -> Iterator[tuple[str, str]]:
    for package in lock.own:
        entry = lock.entry(package.name)
        if entry is not None:
            yield from _member_dependencies(lock, package, entry.dependencies)


def _member_dependencies(lock: _Lock, package: Package, locked: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    needed = {dependency.name for dependency in package.dependencies} - {package.name}
    there = {entry.partition(" ")[0] for entry in locked} - {package.name}
    for name in sorted(needed - there):
        yield package.name, f"lacks `{name}`, which the manifest of `{package.name}` names"
    for name in sorted(there - needed):
        yield package.name, f"has `{name}` under `{package.name}`, whose manifest does not name it"


def _requirements(lock: _Lock) -> Iterator[tuple[str, str, str]]:
    """The package whose version does not fit, how, and what to do."""
    for package in lock.own:
        entry = lock.entry(package.name)
        locked = entry.dependencies if entry is not None else ()
        for need in package.dependencies:
            versions = [
                version for named in locked if named.partition(" ")[0] == need.name for version in lock.versions(named)
            ]
            if versions and need.has_version and not any(matches(need.requirement, version) for version in versions):
                what = f"has `{need.name}` at `{versions[0]}`, and `{package.name}` requires `{need.requirement}`"
                yield need.name, what, _fix_of_requirement(lock, need.name, versions[0])


def _fix_of_requirement(lock: _Lock, name: str, version: str) -> str:
    """A lockfile with the very version of a directory's package is right; the requirement is not."""
    return FIX if lock.local.get(name) != version else f"write a requirement that `{version}` meets."


@of_repository(
    "lockfile-changes", "Nine of Assay's releases changed unrelated lines in their lockfiles; v3.33.0 had 22 of them."
)
def lockfile_changes(release: ReleaseEvidence) -> GateJudgement:
    """Does the bump change only the versions of members in a lockfile?"""
    source = release.seen.source
    edits = {edit.path: edit.text for edit in release.plan.edits if posixpath.basename(edit.path) == LOCKFILE}
    if not edits:
        return Skip(why="the release changes no lockfile")
    names = release.seen.workspace.names
    return each_of(edits, lambda path: _foreign(path, source.files.texts.get(path, ""), edits[path], names))


def _foreign(path: str, before: str, after: str, names: frozenset[str]) -> Iterator[Problem]:
    fix = "take it out of `release.files` in the profile: a release writes its members' versions by itself."
    old, new = before.splitlines(), after.splitlines()
    if len(old) != len(new):
        yield Problem.in_file(path, None, what=f"had {len(old)} lines and would have {len(new)}", fix=fix)
        return
    package = ""
    for number, (line, wanted) in enumerate(zip(old, new, strict=True), start=1):
        if line.startswith("name = "):
            package = line.removeprefix("name = ").strip('"')
        ours = line.startswith("version = ") and package in names
        named = line.strip(' ",').partition(" ")[0] in names
        if line != wanted and not (ours or named):
            what = f"line {number} would become `{wanted}`, which is not a member's version"
            yield Problem.in_file(path, number, what=what, fix=fix)
