"""Decides what a bump does to a tree: which members move, and what each file says afterwards.

Everything comes in as arguments, texts go out: all edits, or an error and none. Refuses to know Git, registries and whether
a version may be released; that is the plan's.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from datetime import date

from loadmaster.errors import FileRuleUnmatched, ManifestIncomplete, NotToml, WrongRequest
from loadmaster.planning.changelog import release_heading
from loadmaster.planning.file_rule import FileRule, with_requirements, with_version
from loadmaster.planning.lockfile import bump_lockfile
from loadmaster.planning.manifest import Policy, bump_manifests
from loadmaster.planning.manifest_package import parse_manifest
from loadmaster.planning.python_package import PYPROJECT, bump_python
from loadmaster.planning.toml_literals import at
from loadmaster.planning.tree import LOCKFILE, MANIFEST, TreeFiles, beside, read_workspace, workspace_roots
from loadmaster.planning.value import Value
from loadmaster.planning.version import parse, planned_version
from loadmaster.planning.workspace import Workspace


class BumpStyle(Value):
    """How a project bumps; the fields of its profile's `[release]` that say so."""

    policy: Policy = Policy.LOCKSTEP
    changelog: str | None = "CHANGELOG.md"
    files: tuple[FileRule, ...] = ()


class Asked(Value):
    """Which versions were asked for: one for all, or one each."""

    version: str | None = None
    """A version, or a level."""
    each: Mapping[str, str] = {}
    """The version, or level, of each named package."""


class Bump(Value):
    """What a bump does."""

    current: Mapping[str, str]
    """Version of every member before, by name."""
    planned: Mapping[str, str]
    """Version of every member that moves, by name."""
    edits: Mapping[str, str]
    """Text by path of every file that changes."""

    @property
    def stays(self) -> dict[str, str]:
        """Members that keep their version."""
        return {name: version for name, version in self.current.items() if self.planned.get(name, version) == version}


def bump_tree(files: TreeFiles, asked: Asked, style: BumpStyle, today: date) -> Bump:
    """The bump of the workspace at the tree's root.

    Raises `WrongRequest`, `MalformedVersion`, and what reading the tree and editing each kind of file raise.
    """
    workspace = read_workspace(files)
    current = {each.name: each.version for each in workspace.packages}
    planned = _planned(files, workspace, asked, style.policy)
    after = bump_manifests(_manifests(files, workspace), planned, style.policy)
    after |= _lockfiles(files, workspace, {**current, **planned})
    after |= _python(files, workspace, planned)
    after |= _changelogs(files, workspace, planned, style, today)
    after = _by_rules(files, after, current, planned, style)
    edits = {path: text for path, text in sorted(after.items()) if text != files.texts[path]}
    return Bump(current=current, planned=planned, edits=edits)


def _planned(files: TreeFiles, workspace: Workspace, asked: Asked, policy: Policy) -> dict[str, str]:
    """Planned version by member that moves. Raises `WrongRequest` and `MalformedVersion`."""
    if (asked.version is None) != (policy is Policy.INDEPENDENT) or (asked.version is None) == (not asked.each):
        wanted = "`NAME=VERSION` for each package that moves" if policy is Policy.INDEPENDENT else "one version for all"
        raise WrongRequest([f"the policy `{policy}` takes {wanted}"])
    if unknown := sorted(set(asked.each) - workspace.names):
        raise WrongRequest([f"the workspace has no package `{each}`" for each in unknown])
    if asked.version is None:
        current = {each.name: each.version for each in workspace.packages}
        return {name: planned_version(version, current[name], ()) for name, version in asked.each.items()}
    main = main_version(workspace, files.texts[MANIFEST])
    planned = planned_version(asked.version, main, ())
    return {each.name: planned for each in workspace.packages if each.version == main}


def main_version(workspace: Workspace, root: str) -> str:
    """The version of a lockstep workspace: that in its root manifest, or else the one that most packages have.

    Members of another version (tools at 0.0.0, say) do not keep step, and stay.
    """
    manifest, versions = parse_manifest(MANIFEST, root), Counter(each.version for each in workspace.packages)
    for keys in (("workspace", "package", "version"), ("package", "version")):
        if (told := at(manifest, keys)) in versions:
            return str(told)
    return max(versions, key=lambda each: (versions[each], parse(each)))


def _manifests(files: TreeFiles, workspace: Workspace) -> dict[str, str]:
    """Every manifest that a bump may change: the members', every workspace root, and what else names a member."""
    own = {each.manifest for each in workspace.packages} | set(workspace_roots(files))
    others = {path for path in files.named(MANIFEST) if path not in own and _names_a_member(files, path, workspace)}
    return {path: files.texts[path] for path in sorted(own | others)}


def _names_a_member(files: TreeFiles, path: str, workspace: Workspace) -> bool:
    """Of a manifest that belongs to nobody; one that cannot be read (a test's fixture, say) names none."""
    if not any(name in files.texts[path] for name in workspace.names):
        return False
    try:
        parse_manifest(path, files.texts[path])
    except (NotToml, ManifestIncomplete):
        return False
    return True


def _lockfiles(files: TreeFiles, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """The lockfiles with the members' versions, theirs too that stay: one may have been stale.

    Those that name no member (a test's fixture, say) are left alone, whatever is in them.
    """
    return {
        path: bump_lockfile(path, files.texts[path], _in_lock(files, path, workspace, versions))
        for path in files.named(LOCKFILE)
        if path == LOCKFILE or any(f'"{name}"' in files.texts[path] for name in versions)
    }


def _in_lock(files: TreeFiles, lock: str, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    """Version by member, without those whose name a member of the lockfile's own workspace has, too."""
    root = beside(lock, MANIFEST)
    if root == MANIFEST or root not in files.texts:
        return dict(versions)
    places = {each.manifest for each in workspace.packages}
    others = read_workspace(files, root).packages
    own = {each.name for each in others if posixpath.normpath(beside(root, each.manifest)) not in places}
    return {name: version for name, version in versions.items() if name not in own}


def _python(files: TreeFiles, workspace: Workspace, planned: Mapping[str, str]) -> dict[str, str]:
    folders = {
        posixpath.dirname(each.manifest): planned[each.name] for each in workspace.packages if each.name in planned
    }
    return bump_python({path: files.texts[path] for path in files.named(PYPROJECT)}, folders)


def _changelogs(
    files: TreeFiles, workspace: Workspace, planned: Mapping[str, str], style: BumpStyle, today: date
) -> dict[str, str]:
    """The release's changelog; with versions of their own, that beside each package that moves."""
    if style.changelog is None:
        return {}
    if style.policy is Policy.INDEPENDENT:
        name = posixpath.basename(style.changelog)
        moving = [each for each in workspace.packages if each.name in planned]
        places = {beside(each.manifest, name): planned[each.name] for each in moving}
    else:
        places = dict.fromkeys([style.changelog], next(iter(planned.values())))
    return {
        path: release_heading(files.texts[path], version, today)
        for path, version in places.items()
        if path in files.texts
    }


def _by_rules(
    files: TreeFiles, after: dict[str, str], current: Mapping[str, str], planned: Mapping[str, str], style: BumpStyle
) -> dict[str, str]:
    """`after` with the profile's rules carried out upon it. Raises `WrongRequest` and `FileRuleUnmatched`."""
    for rule in style.files:
        text = after.get(rule.path, files.texts.get(rule.path))
        if text is None:
            raise FileRuleUnmatched(rule.path, rule.pattern or "```toml", ())
        if rule.pattern is None:
            after[rule.path] = with_requirements(text, current, planned)
        elif (version := _ruling(rule, planned)) is not None:
            after[rule.path] = with_version(rule, text, version)
    return after


def _ruling(rule: FileRule, planned: Mapping[str, str]) -> str | None:
    """The version for a rule's place; None if its package stays. Raises `WrongRequest`."""
    if rule.package is not None:
        return planned.get(rule.package)
    if len(set(planned.values())) > 1:
        raise WrongRequest([f"`release.files` of `{rule.path}` names no package, and several versions are asked for"])
    return next(iter(planned.values()), None)
