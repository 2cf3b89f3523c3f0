"""Which lockfiles in a tree a release has to do with: the workspace's own, and every other that tells of its members.

Knows where cargo looks for a lockfile. What stands in one, `lockfile` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import ManifestIncomplete
from loadmaster.planning.tree.manifest_package import dependency_tables, parse_manifest
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, beside
from loadmaster.planning.tree.workspace import Workspace


def concerned(paths: Iterable[str], texts: Mapping[str, str], workspace: Workspace) -> tuple[str, ...]:
    """Those of `paths` that are the workspace's own, that name a member, or that ought to: beside it a member is needed by path.

    `texts` are those of the lockfiles, and of the manifests beside them. The others are left alone, whatever is in them: a
    test's fixture, say, or one beside a member, which cargo never reads.
    """
    unread = {beside(package.manifest, LOCKFILE) for package in workspace.packages} - {LOCKFILE}
    return tuple(
        path
        for path in paths
        if path == LOCKFILE
        or (path not in unread and (_names_a_member(texts[path], workspace) or _needs_a_member(path, texts, workspace)))
    )


def _names_a_member(text: str, workspace: Workspace) -> bool:
    return any(f'"{name}"' in text for name in workspace.names)


def _needs_a_member(lockfile: str, texts: Mapping[str, str], workspace: Workspace) -> bool:
    path = beside(lockfile, MANIFEST)
    try:
        manifest = parse_manifest(path, texts.get(path, ""))
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return False
    return any(
        isinstance(fields, Mapping) and "path" in fields and fields.get("package", key) in workspace.names
        for _, _, table in dependency_tables(manifest)
        for key, fields in table.items()
    )
