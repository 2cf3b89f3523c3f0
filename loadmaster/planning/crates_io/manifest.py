"""The parts of a crate file's `Cargo.toml` that a registry looks at. Pure over text.

It knows the manifest's shape. It does not know which values are acceptable; `rules` judges those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from loadmaster.planning.crates_io.manifest_types import WrongType, first_wrong_type, wrong_package
from loadmaster.planning.crates_io.toml_excerpt import read_toml, unparsable, with_excerpt
from loadmaster.planning.values.value import Value

PackagedKind = Literal["normal", "dev", "build"]

_INHERITABLE = (
    *("version", "edition", "rust-version", "authors", "description", "homepage", "documentation", "readme"),
    *("keywords", "categories", "license", "license-file", "repository"),
)
_DEPENDENCY_TABLES = (
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
)


class PackagedDependency(Value):
    key: str
    """The dependency's name in the manifest."""
    crate: str
    """The crate's name on the registry."""
    renamed: bool
    """Whether the manifest names the crate with `package`, even if this is the same as the key."""
    requirement: str
    optional: bool
    default_features: bool
    features: tuple[str, ...]
    target: str | None
    kind: PackagedKind
    registry: str | None


class PackagedManifest(Value):
    name: str
    version: str
    description: str | None
    license: str | None
    license_file: str | None
    homepage: str | None
    documentation: str | None
    repository: str | None
    rust_version: str | None
    edition: str | None
    links: str | None
    keywords: tuple[str, ...]
    categories: tuple[str, ...]
    features: dict[str, tuple[str, ...]]
    dependencies: tuple[PackagedDependency, ...]
    """Sorted by key: normal, dev, build, then the same for each target."""


class _Toml(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=lambda field: field.replace("_", "-"))


class _Detail(_Toml):
    version: str = "*"
    package: str | None = None
    optional: bool = False
    default_features: bool = Field(True, validation_alias=AliasChoices("default-features", "default_features"))
    features: tuple[str, ...] = ()
    registry: str | None = None


_Table = dict[str, str | _Detail]


class _Dependencies(_Toml):
    dependencies: _Table = {}
    dev: _Table = Field({}, validation_alias=AliasChoices("dev-dependencies", "dev_dependencies"))
    build: _Table = Field({}, validation_alias=AliasChoices("build-dependencies", "build_dependencies"))

    def list_all(self, target: str | None) -> Iterable[PackagedDependency]:
        tables: tuple[tuple[PackagedKind, _Table], ...] = (
            ("normal", self.dependencies),
            ("dev", self.dev),
            ("build", self.build),
        )
        return [_dependency(key, table[key], kind, target) for kind, table in tables for key in sorted(table)]


class _Package(_Toml):
    name: str
    version: str
    description: str | None = None
    license: str | None = None
    license_file: str | None = None
    homepage: str | None = None
    documentation: str | None = None
    repository: str | None = None
    rust_version: str | None = None
    edition: str | None = None
    links: str | None = None
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class _Document(_Dependencies):
    package: _Package
    features: dict[str, tuple[str, ...]] = {}
    target: dict[str, _Dependencies] = {}


def parse_packaged_manifest(text: str, paths: Iterable[str]) -> PackagedManifest:
    """The manifest in `text`. `paths` are the crate's files: a `[lib]` needs one of them. Raises `Refusal`."""
    raw = read_toml(text)
    if (wrong := first_wrong_type(raw)) is not None:
        raise unparsable(with_excerpt(text, wrong))
    raw = _with_package(raw)
    _check_shape(raw)
    document = _Document.model_validate(raw)
    _check_library(raw, document.package, frozenset(paths))
    dependencies = [*document.list_all(None)]
    for target in sorted(document.target):
        dependencies += document.target[target].list_all(target)
    return PackagedManifest(**dict(document.package), features=document.features, dependencies=tuple(dependencies))


def _with_package(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with its package where older ones do not call it so: `[project]`, or the document's top."""
    if "package" in raw:
        return dict(raw)
    package = raw.get("project", raw)
    if (wrong := wrong_package(package)) is not None:
        raise unparsable(_without_excerpt(wrong))
    return {**raw, "package": dict(package)}


def _without_excerpt(wrong: WrongType) -> str:
    place = f"in `{'.'.join(map(str, wrong.keys))}`\n" if wrong.keys else ""
    return f"{wrong.message}\n{place}"


def _check_shape(raw: Mapping[str, Any]) -> None:
    package = raw["package"]
    if raw.get("patch"):
        raise unparsable("crates cannot be published with `[patch]` tables")
    if "version" not in package:
        raise unparsable("missing field `version`")
    tables = [raw[table] for table in _DEPENDENCY_TABLES if table in raw]
    inheritable = [package.get(field) for field in _INHERITABLE] + [
        value for table in tables for value in table.values()
    ]
    if any(isinstance(value, dict) and value.get("workspace") is True for value in inheritable):
        raise unparsable("value from workspace hasn't been set")


def _check_library(raw: Mapping[str, Any], package: _Package, paths: frozenset[str]) -> None:
    library = raw.get("lib")
    if not isinstance(library, dict) or "path" in library or "src/lib.rs" in paths:
        return
    legacy = package.edition in (None, "2015") and f"src/{library.get('name', package.name)}.rs" in paths
    if not legacy:
        raise unparsable("can't find library, rename file to `src/lib.rs` or specify lib.path")


def _dependency(key: str, value: str | _Detail, kind: PackagedKind, target: str | None) -> PackagedDependency:
    detail = _Detail(version=value) if isinstance(value, str) else value
    return PackagedDependency(
        key=key,
        crate=detail.package or key,
        renamed=detail.package is not None,
        requirement=detail.version,
        optional=detail.optional,
        default_features=detail.default_features,
        features=detail.features,
        target=target,
        kind=kind,
        registry=detail.registry,
    )
