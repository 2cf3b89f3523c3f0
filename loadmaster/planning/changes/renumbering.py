"""The tree with the versions that its packages were published with, so that its crates can be compared with the published ones.

A person may have raised versions already, and requirements with them. Here they go back, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.edits.bump import edit_manifests, moving_versions, sharing_versions
from loadmaster.planning.profile.policy import Requirements
from loadmaster.planning.tree.tree import TreeFiles
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.value import Value


class Renumbering(Value):
    packages: tuple[str, ...]
    """The packages that have the version that they were published with."""
    edits: Mapping[str, str]
    """The new text of every manifest that changes, by path."""


def renumberings(files: TreeFiles, workspace: Workspace, published: Mapping[str, str]) -> tuple[Renumbering, ...]:
    """One tree that has all of `published` (version by name); several if packages inherit one version and had two.

    Raises what the edits of manifests raise.
    """
    groups = sharing_versions(files, workspace)
    had = {group: sorted({published[name] for name in group if name in published}) for group in groups}
    turns = {name: had[group].index(published[name]) for group in groups for name in group if name in published}
    rounds = range(max(turns.values(), default=0) + 1)
    return tuple(
        Renumbering(
            packages=tuple(sorted(name for name in published if turns.get(name, 0) == turn)),
            edits=_edits(files, workspace, {**published, **_versions_in(turn, had)}),
        )
        for turn in rounds
    )


def _versions_in(turn: int, had: Mapping[frozenset[str], list[str]]) -> dict[str, str]:
    """For every member of a group the version that the group has at this turn."""
    return {
        name: versions[min(turn, len(versions) - 1)] for group, versions in had.items() if versions for name in group
    }


def _edits(files: TreeFiles, workspace: Workspace, versions: Mapping[str, str]) -> dict[str, str]:
    moved = moving_versions(files, workspace, versions)
    texts = edit_manifests(files, workspace, moved, Requirements.NECESSARY)
    return {path: text for path, text in texts.items() if text != files.texts[path]}
