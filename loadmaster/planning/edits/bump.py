"""Decides what a bump does to a tree: which members move, and what each file says afterwards.

Everything comes in as arguments, texts go out: all edits, or an error and none. Refuses to know Git, registries and whether
a version may be released; that is the plan's.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import (
    ManifestIncomplete,
    NoSuchPackage,
    NotAWorkspace,
    VersionsByName,
    VersionsDisagree,
)
from loadmaster.planning.edits.changelogs import changelogs, written
from loadmaster.planning.edits.manifest import bump_manifests, with_heirs
from loadmaster.planning.edits.python_package import PYPROJECT, bump_python
from loadmaster.planning.edits.released import named_versions
from loadmaster.planning.edits.toml_literals import at
from loadmaster.planning.profile.file_rule import FileRule, apply_rule
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.lockfile import bump_lockfile
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.manifest_package import parse_manifest
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, TreeFiles, read_workspace, sibling_path, workspace_roots
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import planned_version


class Bump(Value):
    """What a bump does."""

    current: Mapping[str, str]
    """Version of every member before, by name."""
    planned: Mapping[str, str]
    """Version of every member that moves, by name."""
    edits: Mapping[str, str]
    """Text by path of every file that changes."""
    unasked: tuple[str, ...] = ()
    """Files of the profile's rules that a tree of manifests alone does not have; in any other tree they must be there."""

    @property
    def stays(self) -> dict[str, str]:
        """Members that keep their version."""
        return {name: version for name, version in self.current.items() if self.planned.get(name, version) == version}


def bump_tree(files: TreeFiles, asked: str, style: ReleaseStyle, today: date) -> Bump:
    """The bump of the workspace at the tree's root to `asked`, which matches `version.ASKED`.

    Raises `VersionsByName`, `VersionsDisagree`, `NoSuchPackage`, `MalformedVersion`, and what reading the tree and editing
    each kind of file raise.
    """
    workspace = read_workspace(files)
    current = {package.name: package.version for package in workspace.packages}
    manifests = _manifests(files, workspace)
    others = manifests.keys() - {package.manifest for package in workspace.packages}
    planned = with_heirs(manifests, _planned(workspace, files.texts[MANIFEST], asked, style.policy), others)
    after = bump_manifests(manifests, planned, style.moving_requirements, others)
    after |= _lockfiles(files, workspace, {**current, **planned})
    after |= python_edits(files.texts, workspace, planned)
    moving = changelogs(files.texts.keys(), workspace, planned, style)
    after |= {each.path: each.text for each in written(files.texts, moving, {}, today)}
    unasked = _unasked(files, workspace, style.files)
    rules = [rule for rule in style.files if rule.path not in unasked]
    after |= rule_edits({**files.texts, **after}, current, planned, rules)
    edits = {path: text for path, text in sorted(after.items()) if text != files.texts[path]}
    return Bump(current=current, planned=planned, edits=edits, unasked=unasked)


def _unasked(files: TreeFiles, workspace: Workspace, rules: Sequence[FileRule]) -> tuple[str, ...]:
    if files.hold_code_of(workspace.packages):
        return ()
    return tuple(sorted({rule.path for rule in rules} - files.texts.keys()))


def _planned(workspace: Workspace, root: str, asked: str, policy: Policy) -> dict[str, str]:
    """Planned version by member that moves: those that keep step, also those that are there already; or the named ones, or
    else all that can be published."""
    named, packages = named_versions(asked), workspace.packages
    if policy is not Policy.INDEPENDENT:
        if named:
            raise VersionsByName(asked)
        main = main_version(workspace, root)
        planned = planned_version(asked, main, ())
        return {package.name: planned for package in packages if package.version in (main, planned)}
    if unknown := sorted(set(named) - workspace.names):
        raise NoSuchPackage(unknown, sorted(workspace.names))
    moving = [package for package in packages if (package.name in named if named else package.is_publishable)]
    return {package.name: planned_version(named.get(package.name, asked), package.version, ()) for package in moving}


def main_version(workspace: Workspace, root: str) -> str:
    """The version of a lockstep workspace: that in its root manifest, if a public package has it, or else that of most of these.

    Members of another version (tools at 0.0.0, say) do not keep step, and stay. Raises `VersionsDisagree` where public
    packages carry both of two versions in the root manifest, or where none has more than half of them.
    """
    packages = [package for package in workspace.packages if package.is_publishable] or list(workspace.packages)
    if not packages:
        raise NotAWorkspace(MANIFEST, "it has no packages.")
    manifest = parse_manifest(MANIFEST, root)
    told = [at(manifest, keys) for keys in (("workspace", "package", "version"), ("package", "version"))]
    carried = {package.version for package in packages if package.version in told}
    version, count = Counter(package.version for package in packages).most_common(1)[0]
    if len(carried) > 1 or (not carried and 2 * count <= len(packages)):
        raise VersionsDisagree({package.name: package.version for package in packages})
    return carried.pop() if carried else version


def _manifests(files: TreeFiles, workspace: Workspace) -> dict[str, str]:
    """Every manifest that a bump may change: the members', every workspace root, and what else names a member."""
    own = {package.manifest for package in workspace.packages} | set(workspace_roots(files))
    others = {
        path for path in files.paths_named(MANIFEST) if path not in own and _names_a_member(files, path, workspace)
    }
    return {path: files.texts[path] for path in sorted(own | others)}


def _names_a_member(files: TreeFiles, path: str, workspace: Workspace) -> bool:
    """Of a manifest that belongs to nobody; one that cannot be read (a test's fixture, say) names none."""
    if not any(name in files.texts[path] for name in workspace.names):
        return False
    try:
        parse_manifest(path, files.texts[path])
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return False
    return True


def _lockfiles(files: TreeFiles, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """The lockfiles with the members' versions, theirs too that stay: one may have been stale."""
    return {
        path: bump_lockfile(path, files.texts[path], _in_lock(files, path, workspace, versions))
        for path in member_lockfiles(files.paths_named(LOCKFILE), files.texts, workspace)
    }


def _in_lock(files: TreeFiles, lock: str, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """Version by member, without those whose name a member of the lockfile's own workspace has, too."""
    root = sibling_path(lock, MANIFEST)
    if root == MANIFEST or root not in files.texts:
        return dict(versions)
    places = {package.manifest for package in workspace.packages}
    others = read_workspace(files, root).packages
    own = {path.name for path in others if posixpath.normpath(sibling_path(root, path.manifest)) not in places}
    return {name: version for name, version in versions.items() if name not in own}


def python_edits(texts: Mapping[str, str], workspace: Workspace, planned: Mapping[str, str]) -> dict[str, str]:
    """Those `pyproject.toml`s of `texts`, by path, that follow a member. Raises what `bump_python` raises."""
    folders = {
        posixpath.dirname(package.manifest): planned[package.name]
        for package in workspace.packages
        if package.name in planned
    }
    return bump_python({path: text for path, text in texts.items() if posixpath.basename(path) == PYPROJECT}, folders)


def rule_edits(
    texts: Mapping[str, str], current: Mapping[str, str], planned: Mapping[str, str], rules: Sequence[FileRule]
) -> dict[str, str]:
    """The files of the rules that hold, by path, each carried out upon what the one before left. Raises what `by_rule` raises."""
    after: dict[str, str] = {}
    for rule in (rule for rule in rules if rule.holds_for(planned)):
        after[rule.path] = apply_rule(rule, after.get(rule.path, texts.get(rule.path)), current, planned)
    return after
