"""Which lockfiles in a tree a release may have to change: each workspace's own, and every other that lists a member.

Knows where cargo looks for a lockfile. `lockfile` knows what is in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import ManifestIncomplete
from loadmaster.planning.tree.manifest_package import dependency_tables, parse_manifest
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, sibling_path
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.toml_text import load_toml


def own_lockfiles(workspace: Workspace) -> frozenset[str]:
    """Where cargo has the lockfiles of the workspaces: beside their root manifests."""
    return frozenset(sibling_path(root, LOCKFILE) for root in workspace.roots)


def member_lockfiles(paths: Iterable[str], texts: Mapping[str, str], workspace: Workspace) -> tuple[str, ...]:
    """The lockfiles of `paths` that list the workspace's members: its own, and those of other packages that need a member.

    A lockfile counts if it names a member that lies in a directory. It also counts if the manifest beside it depends on a
    member by path. `texts` are those of the lockfiles and of the manifests in their directories. The other lockfiles do not
    matter, whatever is in them: a test's fixture, for example, or one in a member's directory, which cargo never reads.
    """
    own = own_lockfiles(workspace)
    unread = {sibling_path(package.manifest, LOCKFILE) for package in workspace.packages} - own
    return tuple(
        path
        for path in paths
        if path in own
        or (path not in unread and (_names_a_member(texts[path], workspace) or _needs_a_member(path, texts, workspace)))
    )


def _names_a_member(text: str, workspace: Workspace) -> bool:
    """Whether a member is in it without a source, as cargo writes what lies in a directory. One from a registry is a namesake or
    an older release: a vendored crate's own lockfile may have such. A lockfile that is no TOML counts if it names one at all.
    """
    try:
        packages = load_toml(text).get("package", [])
    except ValueError:
        return any(f'"{name}"' in text for name in workspace.names)
    tables = packages if isinstance(packages, list) else []
    return any(
        isinstance(each, Mapping) and each.get("name") in workspace.names and "source" not in each for each in tables
    )


def _needs_a_member(lockfile: str, texts: Mapping[str, str], workspace: Workspace) -> bool:
    path = sibling_path(lockfile, MANIFEST)
    try:
        manifest = parse_manifest(path, texts.get(path, ""))
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return False
    return any(
        isinstance(fields, Mapping) and "path" in fields and fields.get("package", key) in workspace.names
        for _, _, table in dependency_tables(manifest)
        for key, fields in table.items()
    )
