"""A plain directory of files, read as cargo reads it: which workspaces it contains, and their members.

Knows cargo's rules for members: globs, `exclude`, packages that a member names by path, roots that point elsewhere. Does
not know the disk (`loadmaster.clients.files` reads it) or what a manifest says about its package (`manifest_package`).
All paths are relative to the tree, with forward slashes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark
from loadmaster.errors.workspace import (
    LinkOutOfTree,
    ManifestIncomplete,
    MemberBeside,
    MemberMissing,
    MemberOutOfTree,
    NotAWorkspace,
    RootElsewhere,
)
from loadmaster.planning.tree.manifest_package import (
    ManifestTable,
    dependency_tables,
    package_of,
    parse_manifest,
    resolve_inheritance,
    sources_of_binaries,
)
from loadmaster.planning.tree.workspace import Package, Workspace, refuse_namesakes, together
from loadmaster.planning.values.globs import matches_glob
from loadmaster.planning.values.value import Value

MANIFEST = "Cargo.toml"
LOCKFILE = "Cargo.lock"


class TreeFiles(Value):
    """The files that were read from a directory."""

    texts: Mapping[str, str]
    """The text of every file that a release may read or edit, by path. Line ends are kept."""
    paths: frozenset[str] = frozenset()
    """Paths of all files, read or not. They show which binaries a package has."""
    leads_out: frozenset[str] = frozenset()
    """Symbolic links to directories outside the tree. They were not followed."""
    links: Mapping[str, str] = Field(default_factory=dict)
    """The place in the tree that each text was read from by a symbolic link, by path."""

    def paths_named(self, name: str) -> tuple[str, ...]:
        """Paths of the texts that have this file name."""
        return tuple(sorted(path for path in self.texts if posixpath.basename(path) == name))

    def after(self, edits: Mapping[str, str]) -> TreeFiles:
        """The files with the texts of `edits`, by path. What is another name of the same file changes with it."""
        places = {self.links.get(path, path): text for path, text in edits.items()}
        linked = {path: places[place] for path, place in self.links.items() if place in places}
        there = {place: text for place, text in places.items() if place in self.texts}
        return self.model_copy(update={"texts": {**self.texts, **edits, **linked, **there}})

    def hold_code_of(self, packages: Iterable[Package]) -> bool:
        """Whether the tree has the packages' sources. A tree of manifests alone cannot answer questions about other files."""
        folders = tuple(f"{posixpath.dirname(package.manifest)}/".lstrip("/") for package in packages)
        return any(path.endswith(".rs") and path.startswith(folders) for path in self.paths)


def read_workspace(files: TreeFiles, root: str = MANIFEST) -> Workspace:
    """The workspace whose root manifest is `root`: the value that `cargo metadata --no-deps` gives there.

    Packages without any source file are accepted, because a tree may have only manifests; cargo refuses those.
    Raises `NotAWorkspace`, `MemberMissing`, `MemberOutOfTree`, `MemberBeside`, `TwoMembers`, `LinkOutOfTree`, `ByteOrderMark`,
    `NotToml` and `ManifestIncomplete`.
    """
    manifests = _Manifests(files)
    if root not in manifests:
        raise NotAWorkspace(root, "there is no such file.")
    members = _members(manifests, root)
    sources = sources_of_binaries(files.paths)
    packages = [package_of(path, manifests[path], root, manifests[root], sources) for path in members]
    refuse_namesakes(packages)
    return Workspace(packages=tuple(sorted(packages, key=lambda package: package.name)))


def read_workspaces(files: TreeFiles, roots: Iterable[str]) -> Workspace:
    """The workspaces with these root manifests, as one.

    Raises what `read_workspace` raises for each, `RootElsewhere` for a manifest that is a member of another, and `TwoMembers`.
    """
    return together(_read_root(files, root) for root in roots)


def _read_root(files: TreeFiles, root: str) -> Workspace:
    manifests = _Manifests(files)
    if root in manifests and (other := root_of(root, manifests)) not in (None, root):
        raise RootElsewhere(root, str(other))
    return read_workspace(files, root)


def workspace_roots(files: TreeFiles) -> tuple[str, ...]:
    """Root manifests of every workspace in the tree that has a `[workspace]` table or a lockfile, and of the tree itself.

    The outermost come first. A manifest that cannot be read (a test's fixture, for example) is not a root.
    """
    manifests = _Manifests(files)
    roots = {path for path in files.paths_named(MANIFEST) if _is_root(manifests, path)}
    roots |= {path for lock in files.paths_named(LOCKFILE) if (path := sibling_path(lock, MANIFEST)) in manifests}
    roots |= {MANIFEST} & files.texts.keys()
    return tuple(sorted(roots, key=lambda path: (path.count("/"), path)))


def root_of(path: str, manifests: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The root manifest that cargo uses: where `package.workspace` points, else the nearest `[workspace]` at or above `path`.

    A workspace that excludes the manifest does not count. None for a package without a workspace.
    """
    pointer = manifests[path].get("package", {}).get("workspace")
    folder = posixpath.dirname(path)
    if isinstance(pointer, str):
        return _join(folder, pointer, MANIFEST)
    while True:
        candidate = _join(folder, MANIFEST)
        root = manifests.get(candidate, {})
        if "workspace" in root and (candidate == path or not _is_excluded(path, candidate, root)):
            return candidate
        if folder in ("", "/"):
            return None
        folder = posixpath.dirname(folder)


def sibling_path(path: str, name: str) -> str:
    """The path of `name` in the directory of `path`."""
    return posixpath.join(posixpath.dirname(path), name)


class _Manifests(Mapping[str, ManifestTable]):
    """The manifests of a tree by path. Each is parsed on first use, so that one that nobody needs may be broken."""

    def __init__(self, files: TreeFiles) -> None:
        self.files = files
        self._parsed: dict[str, ManifestTable] = {}

    def __getitem__(self, path: str) -> ManifestTable:
        if path not in self._parsed:
            self._parsed[path] = parse_manifest(path, self.files.texts[path])
        return self._parsed[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files.paths_named(MANIFEST))

    def __len__(self) -> int:
        return len(self.files.paths_named(MANIFEST))

    def __contains__(self, path: object) -> bool:
        return path in self.files.texts


def _members(manifests: _Manifests, root: str) -> tuple[str, ...]:
    """Manifests of the members: those that the root lists, the root's own package, and the packages that these need by path."""
    if "workspace" not in manifests[root]:
        if "package" not in manifests[root]:
            raise ManifestIncomplete(root, "it has neither `[package]` nor `[workspace]`")
        return (root,)
    members: dict[str, None] = {}
    waiting = [(path, False) for path in reversed([*_listed_members(manifests, root), root])]
    while waiting:
        path, by_path = waiting.pop()
        if path in members or not _belongs(manifests, path, root, by_path):
            continue
        if path != root and "workspace" in manifests[path]:
            raise NotAWorkspace(root, f"its member `{path}` is the root of a workspace, too.")
        if "package" in manifests[path]:
            members[path] = None
        elif path != root:
            raise ManifestIncomplete(path, "it has neither `[package]` nor `[workspace]`")
        waiting += [(needed, True) for needed in _path_dependencies(manifests, path, root)]
    return tuple(members)


def _belongs(manifests: _Manifests, path: str, root: str, by_path: bool) -> bool:
    """Whether cargo makes the package a member. `by_path` if only a dependency names it."""
    if by_path and not _is_below(path, posixpath.dirname(root)):
        return path in manifests and root_of(path, manifests) == root
    if path != root and _is_excluded(path, root, manifests[root]):
        return False
    if path not in manifests:
        _refuse_link(manifests.files, root, path)
        raise MemberMissing(root, posixpath.dirname(path))
    if not _is_below(path, posixpath.dirname(root)) and root_of(path, manifests) != root:
        raise MemberBeside(
            root, path, posixpath.relpath(posixpath.dirname(root) or ".", posixpath.dirname(path) or ".")
        )
    return True


def _listed_members(manifests: _Manifests, root: str) -> Iterator[str]:
    """Manifests of the entries of `members`, in every directory that a glob matches."""
    files, folder = manifests.files, posixpath.dirname(root)
    entries = manifests[root].get("workspace", {}).get("members", [])
    folders = sorted(_folders([*files.paths, *files.texts]) | files.leads_out) if entries else []
    for entry in entries:
        pattern = _join(folder, entry)
        if f"{pattern}/".startswith("../"):
            raise MemberOutOfTree(root, entry)
        matching = [folder for folder in folders if matches_glob(folder, pattern)] or [pattern]
        if matching == [pattern] and _join(pattern, MANIFEST) not in manifests:
            _refuse_link(files, root, _join(pattern, MANIFEST))
            raise MemberMissing(root, entry)
        yield from (_join(folder, MANIFEST) for folder in matching)


def _folders(paths: Sequence[str]) -> set[str]:
    """Every directory above the files."""
    folders: set[str] = set()
    for path in paths:
        folder = posixpath.dirname(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    return folders


def _path_dependencies(manifests: _Manifests, path: str, root: str) -> Iterator[str]:
    """Manifests of the packages that this one depends on by path, in any table."""
    for _, _, table in dependency_tables(manifests[path]):
        for name, entry in table.items():
            place, fields = resolve_inheritance(path, name, entry, root, manifests[root])
            if isinstance(fields, Mapping) and isinstance(fields.get("path"), str):
                yield _join(posixpath.dirname(place), fields["path"], MANIFEST)


def _is_excluded(path: str, root: str, manifest: Mapping[str, Any]) -> bool:
    table, folder = manifest.get("workspace", {}), posixpath.dirname(root)

    # As in cargo: neither list is read as globs here, and an explicit member wins.
    def lists(key: str) -> bool:
        return any(_is_below(path, _join(folder, entry)) for entry in table.get(key, []))

    return lists("exclude") and not lists("members")


def _is_below(path: str, folder: str) -> bool:
    return (folder in ("", ".") and not path.startswith("../")) or path.startswith(f"{folder}/")


def _refuse_link(files: TreeFiles, root: str, path: str) -> None:
    for link in sorted(files.leads_out):
        if _is_below(path, link):
            raise LinkOutOfTree(link, root)


def _is_root(manifests: _Manifests, path: str) -> bool:
    try:
        return "workspace" in manifests[path]
    except (ByteOrderMark, NotToml, ManifestIncomplete):
        return False


def _join(*parts: str) -> str:
    path = posixpath.normpath(posixpath.join(*parts))
    return "" if path == "." else path
