"""A Cargo workspace at one commit, as `cargo metadata --no-deps` shows it: the members and what they depend on.

Several workspaces of one repository that are released together are one value, too: each package knows the root of its own.
Knows cargo's JSON, and no files. Paths begin at the top of the repository, with forward slashes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from loadmaster.errors.workspace import TwoMembers
from loadmaster.planning.values.value import Value

CRATES_IO = "crates.io"
DEFAULT_REGISTRY = "crates-io"
"""The name of crates.io in cargo's configuration, and in `publish = […]`."""
CRATES_IO_NAMES = (DEFAULT_REGISTRY, CRATES_IO)

DependencyKind = Literal["normal", "build", "dev"]


class Dependency(Value):
    """One entry of a dependency table. The same crate may have several entries (kinds, targets, renames)."""

    name: str
    """The crate's own name, not the local alias."""
    requirement: str
    """Cargo's spelling; `*` if the manifest gives no version."""
    kind: DependencyKind = "normal"
    optional: bool = False
    target: str | None = None
    rename: str | None = None
    path: str | None = None
    """The crate's directory in the tree; None if it comes from a registry or from Git."""
    git: str | None = None

    @property
    def has_version(self) -> bool:
        return self.requirement != "*"

    @property
    def is_packaged(self) -> bool:
        """Whether the published package keeps it: cargo drops a dev-dependency that has only a path."""
        return self.kind != "dev" or self.has_version


class Package(Value):
    """A member of the workspace."""

    name: str
    version: str
    manifest: str
    root: str = "Cargo.toml"
    """The root manifest of its workspace: its own, if it is in none."""
    publish: tuple[str, ...] | None = None
    """The registries that may get it; None means any, () means none (`publish = false`)."""
    description: str | None = None
    license: str | None = None
    license_file: str | None = None
    rust_version: str | None = None
    """The oldest Rust version that must be able to build it."""
    binaries: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    @property
    def is_publishable(self) -> bool:
        """Whether its manifest allows publishing it, to whatever registry. A profile may still exclude it."""
        return self.publish != ()

    def may_go_to(self, registry: str) -> bool:
        """Whether its manifest allows publishing it to the registry of that name (`registry.name` in a profile)."""
        names = CRATES_IO_NAMES if registry in CRATES_IO_NAMES else (registry,)
        return self.publish is None or any(name in names for name in self.publish)


class Workspace(Value):
    """All members, by name. They are of several workspaces if these are released together."""

    packages: tuple[Package, ...]

    def package(self, name: str) -> Package | None:
        return next((package for package in self.packages if package.name == name), None)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(package.name for package in self.packages)

    @property
    def versions(self) -> Mapping[str, str]:
        return {package.name: package.version for package in self.packages}

    @property
    def roots(self) -> tuple[str, ...]:
        """The root manifests of the workspaces."""
        return tuple(sorted({package.root for package in self.packages}))

    def at(self, root: str) -> Workspace:
        """The one workspace that has this root manifest."""
        return Workspace(packages=tuple(package for package in self.packages if package.root == root))


def read_metadata(metadata: Mapping[str, Any], root: str = "Cargo.toml") -> Workspace:
    """The workspace in the JSON document of `cargo metadata --format-version 1`, which was asked in the directory of `root`."""
    top = str(metadata["workspace_root"]).removesuffix(posixpath.dirname(root))
    members = set(metadata["workspace_members"])
    packages = [_package(entry, top, root) for entry in metadata["packages"] if entry["id"] in members]
    return Workspace(packages=tuple(sorted(packages, key=lambda package: package.name)))


def together(workspaces: Iterable[Workspace]) -> Workspace:
    """The workspaces as one. Raises `TwoMembers`: a version, a tag and an edit belong to a name."""
    packages = [package for workspace in workspaces for package in workspace.packages]
    refuse_namesakes(packages)
    return Workspace(packages=tuple(sorted(packages, key=lambda package: package.name)))


def refuse_namesakes(packages: Iterable[Package]) -> None:
    """Raises `TwoMembers`."""
    seen: dict[str, Package] = {}
    for package in packages:
        other = seen.setdefault(package.name, package)
        if other is not package:
            raise TwoMembers(package.name, [other.manifest, package.manifest], several=other.root != package.root)


def _package(entry: Mapping[str, Any], top: str, root: str) -> Package:
    return Package(
        name=entry["name"],
        version=entry["version"],
        manifest=_within(entry["manifest_path"], top),
        root=root,
        publish=None if entry["publish"] is None else tuple(entry["publish"]),
        description=entry["description"],
        license=entry["license"],
        license_file=entry["license_file"],
        rust_version=entry.get("rust_version"),
        binaries=tuple(target["name"] for target in entry["targets"] if "bin" in target["kind"]),
        dependencies=tuple(_dependency(dependency, top) for dependency in entry["dependencies"]),
    )


def _dependency(entry: Mapping[str, Any], top: str) -> Dependency:
    source = entry["source"] or ""
    return Dependency(
        name=entry["name"],
        requirement=entry["req"],
        kind=entry["kind"] or "normal",
        optional=entry["optional"],
        target=entry["target"],
        rename=entry["rename"],
        path=_within(entry["path"], top) if entry.get("path") else None,
        git=source.removeprefix("git+") if source.startswith("git+") else None,
    )


def _within(path: str, top: str) -> str:
    """`path` from the repository's top; unchanged if it is elsewhere."""
    inner = PurePosixPath(path)
    return str(inner.relative_to(top)) if inner.is_relative_to(top) else path
