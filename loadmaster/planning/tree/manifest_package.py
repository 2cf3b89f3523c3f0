"""One manifest as the `Package` that `cargo metadata --no-deps` shows, with the fields that it inherits from its workspace.

Knows the spelling of manifests and cargo's defaults. Does not know which manifests are members (`tree` does), and
resolves nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from loadmaster.errors.request import MalformedVersion
from loadmaster.errors.workspace import ManifestIncomplete
from loadmaster.planning.tree.manifest_shape import shape_problem
from loadmaster.planning.tree.workspace import Dependency, DependencyKind, Package
from loadmaster.planning.values.toml_text import parse_toml
from loadmaster.planning.values.version import parse
from loadmaster.planning.values.wire_spelling import cfg_as_cargo_writes_it, requirement_as_cargo_writes_it

ManifestTable = Mapping[str, Any]

_TABLES: tuple[tuple[DependencyKind, str], ...] = (
    ("normal", "dependencies"),
    ("dev", "dev-dependencies"),
    ("build", "build-dependencies"),
)
# cargo reads the tables of a target in another order than those of the package.
_TARGET_TABLES = (_TABLES[0], _TABLES[2], _TABLES[1])
_NO_VERSION = "0.0.0"
_BINARY = re.compile(r"(?:^|/)src/(?:main\.rs|bin/(?:(?P<file>[^/]+)\.rs|(?P<folder>[^/]+)/main\.rs))$")


def parse_manifest(path: str, text: str) -> ManifestTable:
    """Raises `ByteOrderMark`, `NotToml` with line and column, and `ManifestIncomplete`."""
    manifest = parse_toml(path, text)
    problem = shape_problem(manifest)
    if problem is not None:
        raise ManifestIncomplete(path, problem)
    return manifest


def dependency_tables(manifest: ManifestTable) -> Iterator[tuple[DependencyKind, str | None, Mapping[str, Any]]]:
    """Kind, target and table of every dependency table of the package, in cargo's order."""
    for kind, name in _TABLES:
        yield kind, None, _either(manifest, name)
    for target, tables in sorted(manifest.get("target", {}).items()):
        for kind, name in _TARGET_TABLES:
            yield kind, target, _either(tables, name)


def features_of(manifest: ManifestTable) -> tuple[str, ...]:
    """Every feature of the package: those that it lists, and optional dependencies that none of these names by `dep:`."""
    listed: Mapping[str, Any] = manifest.get("features", {})
    named = {value.removeprefix("dep:") for values in listed.values() for value in values if value.startswith("dep:")}
    optional = {
        key
        for _, _, table in dependency_tables(manifest)
        for key, entry in table.items()
        if isinstance(entry, Mapping) and entry.get("optional") is True
    }
    return tuple(sorted(listed.keys() | (optional - named)))


def resolve_inheritance(path: str, key: str, entry: Any, root: str, root_manifest: ManifestTable) -> tuple[str, Any]:
    """The manifest that specifies the dependency `key`, and its entry there: the member's own, or the inherited one.

    A field that only the member may have (`optional`) is added to the workspace's entry. Raises `ManifestIncomplete`.
    """
    if not (isinstance(entry, Mapping) and entry.get("workspace") is True):
        return path, entry
    shared = root_manifest.get("workspace", {}).get("dependencies", {}).get(key)
    if shared is None:
        raise ManifestIncomplete(
            path, f"`{key}` is inherited from `[workspace.dependencies]` of `{root}`, and is missing there"
        )
    fields = dict(shared) if isinstance(shared, Mapping) else {"version": shared}
    return root, {**fields, **{name: entry[name] for name in ("optional",) if name in entry}}


class _Member(NamedTuple):
    """A manifest and its workspace's root."""

    path: str
    root: str
    package: Mapping[str, Any]
    shared: Mapping[str, Any]
    """`[workspace.package]`."""

    def field(self, key: str) -> Any:
        """The field, inherited if it says so. Raises `ManifestIncomplete` if the workspace does not have it."""
        value = self.package.get(key)
        if not (isinstance(value, Mapping) and value.get("workspace") is True):
            return value
        if key not in self.shared:
            raise ManifestIncomplete(
                self.path, f"`{key}` is inherited from `[workspace.package]` of `{self.root}`, and is missing there"
            )
        return self.shared[key]

    def text(self, key: str) -> str | None:
        value = self.field(key)
        if value is not None and not isinstance(value, str):
            raise ManifestIncomplete(self.path, f"`package.{key}` is not a string")
        return value


def package_of(
    path: str, manifest: ManifestTable, root: str, root_manifest: ManifestTable, sources: Collection[str]
) -> Package:
    """The package of the manifest at `path`, a member of the workspace at `root`. `sources` is what `sources_of_binaries` gives.

    Raises `ManifestIncomplete`.
    """
    member = _member(path, manifest, root, root_manifest)
    name = member.text("name")
    if name is None:
        raise ManifestIncomplete(path, "its `[package]` has no `name`")
    return Package(
        name=name,
        version=_version(member),
        manifest=path,
        root=root,
        publish=_publish(member),
        description=member.text("description"),
        license=member.text("license"),
        license_file=_license_file(member),
        rust_version=member.text("rust-version"),
        binaries=_binaries(name, path, manifest, member.text("edition"), sources),
        dependencies=tuple(_dependencies(path, manifest, root, root_manifest)),
    )


def registries_of(
    path: str, manifest: ManifestTable, root: str, root_manifest: ManifestTable
) -> tuple[str, ...] | None:
    """`Package.publish` of the manifest at `path`: the registries that may get the package; None means any, () means none.

    Raises `ManifestIncomplete`.
    """
    return _publish(_member(path, manifest, root, root_manifest))


def _member(path: str, manifest: ManifestTable, root: str, root_manifest: ManifestTable) -> _Member:
    shared = root_manifest.get("workspace", {}).get("package", {})
    return _Member(path=path, root=root, package=manifest["package"], shared=shared)


def _version(member: _Member) -> str:
    version = member.text("version") or _NO_VERSION
    try:
        return str(parse(version))
    except MalformedVersion as error:
        raise ManifestIncomplete(member.path, f"its version is not SemVer: `{version}`") from error


def _publish(member: _Member) -> tuple[str, ...] | None:
    publish = member.field("publish")
    if publish is None:
        # To cargo a package without a version has `publish = false`.
        return None if "version" in member.package else ()
    if isinstance(publish, bool):
        return None if publish else ()
    return tuple(publish)


def _license_file(member: _Member) -> str | None:
    path = member.text("license-file")
    if path is None or isinstance(member.package["license-file"], str):
        return path
    # An inherited path starts at the workspace's root; cargo gives it from the member's directory.
    place = posixpath.join(posixpath.dirname(member.root), path)
    return posixpath.relpath(place, posixpath.dirname(member.path) or ".")


def sources_of_binaries(paths: Iterable[str]) -> frozenset[str]:
    """Those of `paths` that are a binary's main file to cargo if they are in a package: `src/main.rs`, `src/bin/…`."""
    return frozenset(path for path in paths if _BINARY.search(path))


def _binaries(
    name: str, path: str, manifest: ManifestTable, edition: str | None, sources: Collection[str]
) -> tuple[str, ...]:
    """Names of the binaries that the manifest lists, and of those that cargo discovers in `src`."""
    folder, listed = posixpath.dirname(path), manifest.get("bin", [])
    names = {binary["name"] for binary in listed if "name" in binary}
    # In edition 2015 a `[[bin]]` switches cargo's discovery off.
    by_default = edition not in (None, "2015") or not listed
    if not manifest["package"].get("autobins", by_default):
        return tuple(sorted(names))
    claimed = {posixpath.normpath(posixpath.join(folder, binary["path"])) for binary in listed if "path" in binary}
    matches = [_BINARY.search(source) for source in sources if source not in claimed]
    here = [match for match in matches if match is not None and match.string[: match.start()] == folder]
    return tuple(sorted(names | {match["file"] or match["folder"] or name for match in here}))


def _dependencies(path: str, manifest: ManifestTable, root: str, root_manifest: ManifestTable) -> Iterator[Dependency]:
    for kind, target, table in dependency_tables(manifest):
        for key, entry in sorted(table.items()):
            place, fields = resolve_inheritance(path, key, entry, root, root_manifest)
            fields = fields if isinstance(fields, Mapping) else {"version": fields}
            local = fields.get("path")
            yield Dependency(
                name=fields.get("package", key),
                requirement=_requirement(path, key, fields.get("version", "*")),
                kind=kind,
                optional=fields.get("optional", False),
                target=None if target is None else cfg_as_cargo_writes_it(target),
                rename=key if "package" in fields else None,
                path=None if local is None else posixpath.normpath(posixpath.join(posixpath.dirname(place), local)),
                git=_git(fields),
            )


def _requirement(path: str, key: str, text: Any) -> str:
    try:
        return requirement_as_cargo_writes_it(text)
    except (ValueError, AttributeError) as error:
        raise ManifestIncomplete(path, f"the version of `{key}` is not a requirement: `{text}`") from error


def _git(fields: Mapping[str, Any]) -> str | None:
    if "git" not in fields:
        return None
    reference = next((f"?{key}={fields[key]}" for key in ("branch", "tag", "rev") if key in fields), "")
    return f"{fields['git']}{reference}"


def _either(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table by its name, or by its old spelling with an underscore, which cargo still reads."""
    entries: Mapping[str, Any] = table.get(name, table.get(name.replace("-", "_"), {}))
    return entries
