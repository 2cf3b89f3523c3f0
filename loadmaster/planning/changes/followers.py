"""Who must follow when packages get new versions: members whose requirement on one of them moves, and members that one needs.

The edits of a release decide what moves (`planning.edits.bump`); here it is read from the tree after them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.renumbering import renumberings
from loadmaster.planning.edits.bump import edit_manifests, moving_versions
from loadmaster.planning.profile.policy import Requirements
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.tree import TreeFiles, read_workspaces
from loadmaster.planning.tree.workspace import Dependency, Package, Workspace
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.value import Value


class Move(Value):
    """A requirement that moves with the package that it is for."""

    package: str
    """The one whose manifest has it."""
    needed: str
    before: str
    after: str
    breaks: bool
    """Whether users of the package may notice: the old requirement does not take the new version, and it is no build or
    dev-dependency, whose types nobody gets to see."""


def as_published(files: TreeFiles, workspace: Workspace, released: Mapping[str, str]) -> dict[str, Package]:
    """The members as they were published, by name: a person may have raised versions since, and requirements with them.

    `released` are the published versions. Raises what the edits raise.
    """
    members = {package.name: package for package in read_workspaces(files, workspace.roots).packages}
    for turn in renumberings(files, workspace, released):
        back = read_workspaces(files.after(turn.edits), workspace.roots)
        members |= {package.name: package for package in back.packages if package.name in turn.packages}
    return members


def moves(
    before: Mapping[str, Package],
    files: TreeFiles,
    workspace: Workspace,
    versions: Mapping[str, str],
    moving: Requirements,
) -> tuple[Move, ...]:
    """Every packaged requirement that changes if these members get these versions. `before` is what `as_published` gives.

    Raises what the edits raise.
    """
    planned = moving_versions(files, workspace, versions)
    after = read_workspaces(files.after(edit_manifests(files, workspace, planned, moving)), workspace.roots)
    return tuple(move for package in after.packages for move in _moves(before[package.name], package, versions))


def _moves(package: Package, after: Package, versions: Mapping[str, str]) -> Iterator[Move]:
    for old, new in zip(_packaged(package), _packaged(after), strict=True):
        if old.requirement != new.requirement and old.name in versions:
            yield Move(
                package=package.name,
                needed=old.name,
                before=old.requirement,
                after=new.requirement,
                breaks=old.kind == "normal" and not matches(old.requirement, versions[old.name]),
            )


def _packaged(package: Package) -> tuple[Dependency, ...]:
    """In an order that edits of requirements do not change."""
    listed = (dependency for dependency in package.dependencies if dependency.is_packaged)
    return tuple(sorted(listed, key=lambda each: (each.name, each.kind, each.target or "", each.rename or "")))


def needed_by(
    workspace: Workspace, versions: Mapping[str, str], publishable: Collection[str], registry: RegistrySeen
) -> dict[str, str]:
    """The publishable members that no version on the registry stands in for, each with one that needs it as the tree has it."""
    return {
        dependency.name: package.name
        for package in workspace.packages
        if package.name in versions
        for dependency in package.dependencies
        if dependency.name in publishable and dependency.name not in versions
        if _needs_tree(dependency, workspace, registry)
    }


def _needs_tree(dependency: Dependency, workspace: Workspace, registry: RegistrySeen) -> bool:
    member = workspace.package(dependency.name)
    return (
        member is not None
        and dependency.path is not None
        and dependency.is_packaged
        and matches(dependency.requirement, member.version)
        and not registry.has_fitting(dependency)
    )


def weight_of(move: Move, *, has_library: bool) -> Change:
    """What a move means to users of the package that makes it."""
    return Change.BREAKING if move.breaks and has_library else Change.FIX
