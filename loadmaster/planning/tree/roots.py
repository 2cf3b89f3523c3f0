"""Which workspaces a repository holds: found by its manifests, where nobody has named one.

Knows where cargo looks for a root. Does not know which of them is to be released.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import ManifestIncomplete
from loadmaster.planning.tree.manifest_package import ManifestTable, parse_manifest
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles, root_of


def outermost_roots(files: TreeFiles) -> tuple[str, ...]:
    """The root manifests of workspaces, and of packages in none, that do not lie below another one: tools and tests do.

    A manifest that cannot be read (a template, for example) is none.
    """
    manifests = {path: manifest for path in files.paths_named(MANIFEST) if (manifest := _read(path, files)) is not None}
    roots = {root_of(path, manifests) or path for path in manifests} & manifests.keys()
    return tuple(sorted(root for root in roots if not _is_below_another(root, roots)))


def root_around(files: TreeFiles, manifest: str) -> str:
    """The root manifest of the workspace that a manifest belongs to; itself if it belongs to none, or cannot be read."""
    manifests = {path: found for path in files.paths_named(MANIFEST) if (found := _read(path, files)) is not None}
    return (root_of(manifest, manifests) if manifest in manifests else None) or manifest


def roots_at_hand(files: TreeFiles, roots: Sequence[str]) -> tuple[str, ...]:
    """Those of a profile's `roots` that a tree of the past has; the outermost ones if the workspace was elsewhere then."""
    return tuple(root for root in roots if root in files.texts) or outermost_roots(files) or tuple(roots)


def _read(path: str, files: TreeFiles) -> ManifestTable | None:
    try:
        manifest = parse_manifest(path, files.texts[path])
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return None
    return manifest if "package" in manifest or "workspace" in manifest else None


def _is_below_another(root: str, roots: Iterable[str]) -> bool:
    folder = posixpath.dirname(root)
    return any(other != root and f"{folder}/".startswith(_as_prefix(other)) for other in roots)


def _as_prefix(root: str) -> str:
    folder = posixpath.dirname(root)
    return f"{folder}/" if folder else ""
