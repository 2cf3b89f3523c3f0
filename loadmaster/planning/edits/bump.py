"""Decides what a bump does to a tree: which members get a new version, and what each file contains afterwards.

`edit_tree` is the one function that makes the edits: `loadmaster bump` and a release call it with what the same reader read.
Everything comes as an argument. The result is all edits, or an error and none. It does not know Git or registries, and the
plan decides whether a version may be released.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark, FileOfTwoNames
from loadmaster.errors.workspace import (
    ManifestIncomplete,
    NoSuchPackage,
    NotAWorkspace,
    VersionsByName,
    VersionsDisagree,
)
from loadmaster.planning.edits.changelogs import (
    WrittenChangelog,
    changelog_globs,
    changelog_places,
    changelogs,
    write_changelogs,
)
from loadmaster.planning.edits.manifest import add_heirs, bump_manifests, version_heirs
from loadmaster.planning.edits.python_package import PYPROJECT, bump_python
from loadmaster.planning.edits.released import named_versions
from loadmaster.planning.edits.toml_literals import value_at
from loadmaster.planning.profile.file_rule import FileRule, apply_rule
from loadmaster.planning.profile.policy import Policy, Requirements
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.lockfile import bump_lockfile
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.manifest_package import parse_manifest
from loadmaster.planning.tree.tree import (
    LOCKFILE,
    MANIFEST,
    TreeFiles,
    read_workspace,
    read_workspaces,
    sibling_path,
    workspace_roots,
)
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import planned_version


class Bump(Value):
    """What a bump changes."""

    current: Mapping[str, str]
    """The version of every member before the bump, by name."""
    planned: Mapping[str, str]
    """The version of every member that gets a new one, by name."""
    edits: Mapping[str, str]
    """The new text of every file that changes, by path."""
    unasked: tuple[str, ...] = ()
    """Files of the profile's rules that are missing from a tree of manifests alone. Any other tree must have them."""

    @property
    def stays(self) -> dict[str, str]:
        """Members that keep their version."""
        return {name: version for name, version in self.current.items() if self.planned.get(name, version) == version}


class TreeEdits(Value):
    """What the edits of a tree are."""

    texts: Mapping[str, str]
    """The new text of every file that changes, by path."""
    changelogs: tuple[WrittenChangelog, ...]
    """Every changelog that has a section for the release afterwards, also one that had it before."""


def globs_to_edit(style: ReleaseStyle) -> tuple[str, ...]:
    """Globs of the files that a bump edits, in addition to those of every release."""
    return (*changelog_globs(style), *(rule.path for rule in style.files))


def files_to_edit(files: TreeFiles, workspace: Workspace, style: ReleaseStyle) -> TreeFiles:
    """The part of `files` that `edit_tree` looks at: all that a release keeps of a tree, for its edits."""
    names = {MANIFEST, PYPROJECT}
    paths = {path for path in files.texts if posixpath.basename(path) in names}
    paths |= {*_concerned(files, workspace), *changelog_places(workspace, style), *(rule.path for rule in style.files)}
    return TreeFiles(
        texts={path: text for path, text in files.texts.items() if path in paths},
        leads_out=files.leads_out,
        links={path: place for path, place in files.links.items() if path in paths},
    )


def moving_versions(files: TreeFiles, workspace: Workspace, planned: Mapping[str, str]) -> dict[str, str]:
    """`planned`, and the versions of the private members that move with it (`add_heirs`)."""
    manifests = _manifests(files, workspace)
    return add_heirs(manifests, planned, manifests.keys() - {package.manifest for package in workspace.packages})


def edit_tree(
    files: TreeFiles,
    workspace: Workspace,
    planned: Mapping[str, str],
    style: ReleaseStyle,
    today: date,
    proposals: Mapping[str, str] = MappingProxyType({}),
) -> TreeEdits:
    """Every edit that gives the members in `planned` their versions. `planned` is what `moving_versions` gives.

    `proposals` are entries, by path of the changelog, for a section that has none. Raises `FileOfTwoNames`, and the errors
    of editing each kind of file.
    """
    current = {package.name: package.version for package in workspace.packages}
    after = edit_manifests(files, workspace, planned, style.moving_requirements)
    after |= _lockfiles(files, workspace, {**current, **planned})
    after |= _python_edits(files.texts, workspace, planned)
    moving = changelogs(files.texts, workspace, planned, style)
    written = write_changelogs(files.texts, moving, proposals, today)
    after |= {changelog.path: changelog.text for changelog in written}
    after |= rule_edits({**files.texts, **after}, current, planned, style.files)
    edits = {path: text for path, text in sorted(after.items()) if text != files.texts[path]}
    _require_one_text(files, after)
    return TreeEdits(texts=edits, changelogs=written)


def edit_manifests(
    files: TreeFiles, workspace: Workspace, planned: Mapping[str, str], moving: Requirements
) -> dict[str, str]:
    """The text of every manifest that may change, by path, with the members in `planned` at their versions.

    `planned` is what `moving_versions` gives. Raises what `bump_manifests` raises.
    """
    manifests = _manifests(files, workspace)
    others = manifests.keys() - {package.manifest for package in workspace.packages}
    return bump_manifests(manifests, planned, moving, others)


def sharing_versions(files: TreeFiles, workspace: Workspace) -> tuple[frozenset[str], ...]:
    """The members that inherit one `[workspace.package] version`, by name: one literal is the version of all of them."""
    manifests = _manifests(files, workspace)
    heirs = version_heirs(manifests, manifests.keys() - {package.manifest for package in workspace.packages})
    return tuple(frozenset(name for name in heirs if heirs[name] == root) for root in sorted(set(heirs.values())))


def _require_one_text(files: TreeFiles, after: Mapping[str, str]) -> None:
    """Raises `FileOfTwoNames` if two paths are one file by a link, and get different texts."""
    names: dict[str, str] = {}
    for path, text in sorted(after.items()):
        other = names.setdefault(files.links.get(path, path), path)
        if after[other] != text:
            raise FileOfTwoNames(path, other)


def bump_tree(
    files: TreeFiles, asked: str, style: ReleaseStyle, today: date, roots: Sequence[str] = (MANIFEST,)
) -> Bump:
    """The bump of the workspaces with these root manifests to `asked`, which matches `version.ASKED`.

    Raises `VersionsByName`, `VersionsDisagree`, `NoSuchPackage`, `MalformedVersion`, and the errors of reading the tree and
    of editing each kind of file.
    """
    workspace = read_workspaces(files, roots)
    current = {package.name: package.version for package in workspace.packages}
    texts = {root: files.texts[root] for root in roots}
    planned = moving_versions(files, workspace, _plan_versions(workspace, texts, asked, style.policy))
    unasked = _missing_rule_files(files, workspace, style.files)
    rules = tuple(rule for rule in style.files if rule.path not in unasked)
    edits = edit_tree(files, workspace, planned, style.model_copy(update={"files": rules}), today)
    return Bump(current=current, planned=planned, edits=edits.texts, unasked=unasked)


def _missing_rule_files(files: TreeFiles, workspace: Workspace, rules: Sequence[FileRule]) -> tuple[str, ...]:
    if files.hold_code_of(workspace.packages):
        return ()
    return tuple(sorted({rule.path for rule in rules} - files.texts.keys()))


def _plan_versions(workspace: Workspace, roots: Mapping[str, str], asked: str, policy: Policy) -> dict[str, str]:
    """The planned version of each member that gets one. `roots` has the texts of the root manifests.

    In lockstep these are the members at the main version, and those that have the planned version already. Otherwise they
    are the named members, or all publishable ones if none is named.
    """
    named, packages = named_versions(asked), workspace.packages
    if policy is not Policy.INDEPENDENT:
        if named:
            raise VersionsByName(asked)
        main = main_version(workspace, roots)
        planned = planned_version(asked, main, ())
        return {package.name: planned for package in packages if package.version in (main, planned)}
    if unknown := sorted(set(named) - workspace.names):
        raise NoSuchPackage(unknown, sorted(workspace.names))
    moving = [package for package in packages if (package.name in named if named else package.is_publishable)]
    return {package.name: planned_version(named.get(package.name, asked), package.version, ()) for package in moving}


def main_version(workspace: Workspace, roots: Mapping[str, str]) -> str:
    """The version of a lockstep workspace: the one in a root manifest if a public package has it, else the most frequent.

    `roots` has the texts of the root manifests by path. Members of another version (tools at 0.0.0, for example) keep it.
    Raises `VersionsDisagree` if root manifests have several versions that public packages have, or if no version belongs to
    more than half of the public packages.
    """
    packages = [package for package in workspace.packages if package.is_publishable] or list(workspace.packages)
    if not packages:
        raise NotAWorkspace(", ".join(roots), "it has no packages.")
    manifests = [parse_manifest(path, text) for path, text in roots.items()]
    in_root = [
        value_at(manifest, keys)
        for manifest in manifests
        for keys in (("workspace", "package", "version"), ("package", "version"))
    ]
    carried = {package.version for package in packages if package.version in in_root}
    version, count = Counter(package.version for package in packages).most_common(1)[0]
    if len(carried) > 1 or (not carried and 2 * count <= len(packages)):
        raise VersionsDisagree({package.name: package.version for package in packages})
    return carried.pop() if carried else version


def _manifests(files: TreeFiles, workspace: Workspace) -> dict[str, str]:
    """Every manifest that a bump may change: the members', every workspace root, and every other that names a member."""
    own = {package.manifest for package in workspace.packages} | set(workspace_roots(files))
    others = {
        path for path in files.paths_named(MANIFEST) if path not in own and _names_a_member(files, path, workspace)
    }
    return {path: files.texts[path] for path in sorted(own | others)}


def _names_a_member(files: TreeFiles, path: str, workspace: Workspace) -> bool:
    """Whether a manifest outside of the workspace names a member. One that cannot be read (a test's fixture) does not."""
    if not any(name in files.texts[path] for name in workspace.names):
        return False
    try:
        parse_manifest(path, files.texts[path])
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return False
    return True


def _lockfiles(files: TreeFiles, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """The lockfiles with the versions of all members. A member that keeps its version may have been stale in one."""
    return {
        path: bump_lockfile(path, files.texts[path], _lock_versions(files, path, workspace, versions))
        for path in _concerned(files, workspace)
    }


def _concerned(files: TreeFiles, workspace: Workspace) -> tuple[str, ...]:
    """The lockfiles that list the workspace's members."""
    return member_lockfiles(files.paths_named(LOCKFILE), files.texts, workspace)


def _lock_versions(files: TreeFiles, lock: str, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """The versions by member, without members whose name another package of the lockfile's own workspace has."""
    root = sibling_path(lock, MANIFEST)
    if root in workspace.roots or root not in files.texts:
        return dict(versions)
    places = {package.manifest for package in workspace.packages}
    own = {other.name for other in read_workspace(files, root).packages if other.manifest not in places}
    return {name: version for name, version in versions.items() if name not in own}


def _python_edits(texts: Mapping[str, str], workspace: Workspace, planned: Mapping[str, str]) -> dict[str, str]:
    """The `pyproject.toml`s of `texts` that change with a member, by path. Raises what `bump_python` raises."""
    folders = {
        posixpath.dirname(package.manifest): planned[package.name]
        for package in workspace.packages
        if package.name in planned
    }
    return bump_python({path: text for path, text in texts.items() if posixpath.basename(path) == PYPROJECT}, folders)


def rule_edits(
    texts: Mapping[str, str], current: Mapping[str, str], planned: Mapping[str, str], rules: Sequence[FileRule]
) -> dict[str, str]:
    """The files of the rules that hold, by path. Each rule works on the text that the one before it left.

    Raises what `apply_rule` raises.
    """
    after: dict[str, str] = {}
    for rule in rules:
        if rule.holds_for(planned):
            after[rule.path] = apply_rule(rule, after.get(rule.path, texts.get(rule.path)), current, planned)
    return after
