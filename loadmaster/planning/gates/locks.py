"""Gates on lockfiles: every `Cargo.lock` in the tree must tell what the manifests tell, and a bump moves nothing else.

Knows the meaning of a lockfile's entries. Resolves nothing: whether cargo would choose the same versions, only cargo knows.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.gates.evidence import ReleaseEvidence, Tree
from loadmaster.planning.gates.judging import GateJudgement, Skip, each_of, of_files, of_repository
from loadmaster.planning.tree.lockfile import LockedPackage, packages
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, read_workspace, sibling_path
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.gate import Problem
from loadmaster.planning.values.requirement import matches

FIX = "run `cargo update --workspace` beside it and commit the result."


class _Lock(NamedTuple):
    path: str
    packages: tuple[LockedPackage, ...]
    own: tuple[Package, ...]
    """Members of the workspace that the lockfile belongs to."""
    local: Mapping[str, str]
    """Version by name of what lies in the tree and may stand in it without a source."""
    named: Mapping[str, tuple[str, ...]]
    """Versions that stand in it, by name."""

    def entry(self, name: str) -> LockedPackage | None:
        return next((package for package in self.packages if package.name == name and package.source is None), None)

    def versions(self, entry: str) -> tuple[str, ...]:
        """Of the packages that an entry of `dependencies` may mean: `NAME`, `NAME VERSION`, `NAME VERSION (SOURCE)`."""
        name, _, rest = entry.partition(" ")
        version = rest.partition(" ")[0]
        return tuple(each for each in self.named.get(name, ()) if version in ("", each))


@of_files(
    "lockfiles-current", "40 of Assay's stable tags have a stale `Cargo.lock`; its `fuzz/Cargo.lock` was stale in 44."
)
def lockfiles_current(tree: Tree) -> GateJudgement:
    """Does every `Cargo.lock` that tells of members hold them in their versions, with the dependencies of their manifests?

    Those of a release are judged before the bump and after it: a bump moves versions, and mends nothing.
    """
    locks = [path for path in tree.files.paths_named(LOCKFILE) if sibling_path(path, MANIFEST) in tree.files.texts]
    owners = {path: _own(tree, sibling_path(path, MANIFEST)) for path in locks}
    ours = member_lockfiles(locks, tree.files.texts, tree.workspace)
    judged = [path for path in ours if not isinstance(owners[path], LoadmasterError)]
    passed_over = tuple(_passed_over(path, own) for path, own in owners.items() if isinstance(own, LoadmasterError))
    if not judged:
        return Skip(why=f"no {LOCKFILE} of a workspace that can be read is in the tree")
    trees = (tree.before, tree) if tree.before else (tree,)
    found = each_of(judged, lambda path: next((told for each in trees if (told := tuple(_problems(each, path)))), ()))
    return found.model_copy(update={"warnings": passed_over})


def _passed_over(path: str, error: LoadmasterError) -> Problem:
    """Of a test's fixture, say: there is nothing that the lockfile could be compared with."""
    return Problem(where=path, what=f"was not judged, because its manifest cannot be read: {error.what}", fix=error.fix)


def _problems(tree: Tree, path: str) -> Iterator[Problem]:
    try:
        lock = _read(tree, path)
    except LoadmasterError as error:
        yield Problem(where=path, what=error.what, fix=error.fix)
        return
    for told in (*_versions(lock), *_missing_members(lock), *_dangling(lock), *_dependencies(lock)):
        yield Problem(where=path, what=told, fix=FIX)


def _read(tree: Tree, path: str) -> _Lock:
    """Raises what reading the lockfile, and the workspace that it belongs to, raise."""
    own = _own(tree, sibling_path(path, MANIFEST))
    if isinstance(own, LoadmasterError):
        raise own
    main = {package.name: package.version for package in tree.workspace.packages}
    local = main | {each.name: each.version for each in own}
    found = packages(path, tree.files.texts[path], local)
    named: dict[str, tuple[str, ...]] = {}
    for each in found:
        named[each.name] = (*named.get(each.name, ()), each.version)
    return _Lock(path=path, packages=found, own=own, local=local, named=named)


def _own(tree: Tree, root: str) -> tuple[Package, ...] | LoadmasterError:
    """Members of the workspace of a root manifest, or why it cannot be read."""
    if root == MANIFEST:
        return tree.workspace.packages
    try:
        return read_workspace(tree.files, root).packages
    except LoadmasterError as error:
        return error


def _versions(lock: _Lock) -> Iterator[str]:
    for package in lock.packages:
        wanted = lock.local.get(package.name)
        if package.source is None and wanted is not None and package.version != wanted:
            yield f"has `{package.name}` at `{package.version}`, its manifest says `{wanted}`"


def _missing_members(lock: _Lock) -> Iterator[str]:
    for each in lock.own:
        if lock.entry(each.name) is None:
            yield f"does not have the member `{each.name}`"


def _dangling(lock: _Lock) -> Iterator[str]:
    """A merge leaves such entries: they name packages that the lockfile does not have."""
    for package in lock.packages:
        for entry in package.dependencies:
            if not lock.versions(entry):
                yield f"lets `{package.name}` depend on `{entry}`, which it does not have"


def _dependencies(lock: _Lock) -> Iterator[str]:
    for package in lock.own:
        entry = lock.entry(package.name)
        if entry is not None:
            yield from _of_member(lock, package, entry.dependencies)


def _of_member(lock: _Lock, package: Package, locked: tuple[str, ...]) -> Iterator[str]:
    needed = {dependency.name for dependency in package.dependencies} - {package.name}
    there = {each.partition(" ")[0] for each in locked} - {package.name}
    for name in sorted(needed - there):
        yield f"lacks `{name}`, which the manifest of `{package.name}` names"
    for name in sorted(there - needed):
        yield f"has `{name}` under `{package.name}`, whose manifest does not name it"
    for each in package.dependencies:
        found = [
            version for entry in locked if entry.partition(" ")[0] == each.name for version in lock.versions(entry)
        ]
        if found and each.has_version and not any(matches(each.requirement, version) for version in found):
            yield f"has `{each.name}` at `{found[0]}`, and `{package.name}` requires `{each.requirement}`"


@of_repository(
    "lockfile-changes", "Nine of Assay's releases carried foreign lines in their lockfiles; v3.33.0 had 22 of them."
)
def lockfile_changes(release: ReleaseEvidence) -> GateJudgement:
    """Does the bump change nothing in a lockfile but the versions of members?"""
    source = release.seen.source
    edits = {edit.path: edit.text for edit in release.plan.edits if posixpath.basename(edit.path) == LOCKFILE}
    if not edits:
        return Skip(why="the release changes no lockfile")
    names = release.seen.workspace.names
    return each_of(edits, lambda path: _foreign(path, source.lockfiles.get(path, ""), edits[path], names))


def _foreign(path: str, before: str, after: str, names: frozenset[str]) -> Iterator[Problem]:
    fix = "leave the lockfile to `loadmaster bump`, which moves members only."
    old, new = before.splitlines(), after.splitlines()
    if len(old) != len(new):
        yield Problem(where=path, what=f"had {len(old)} lines and would have {len(new)}", fix=fix)
        return
    package = ""
    for number, (line, wanted) in enumerate(zip(old, new, strict=True), start=1):
        if line.startswith("name = "):
            package = line.removeprefix("name = ").strip('"')
        ours = line.startswith("version = ") and package in names
        named = line.strip(' ",').partition(" ")[0] in names
        if line != wanted and not (ours or named):
            yield Problem(
                where=path, what=f"line {number} would become `{wanted}`, and is no member's version", fix=fix
            )
