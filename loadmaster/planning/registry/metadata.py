"""The metadata of an upload, computed from the packaged `.crate` alone: what cargo 1.95 sends, byte for byte.

Knows the wire format of the registry's web API, and how cargo fills it from the *normalized* manifest (cargo's
`prepare_transmit`). Does not know workspaces, paths or the network. The fields have cargo's order, and a field that cargo
leaves out is left out here, too.
"""

from __future__ import annotations

import json
import posixpath
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.values.toml_text import load_toml
from loadmaster.planning.values.wire_spelling import cfg_as_cargo_writes_it, requirement_as_cargo_writes_it

CRATES_IO_INDEX = "https://github.com/rust-lang/crates.io-index"
"""crates.io as a source. Manifests, lockfiles and uploads still name it by the address of its first index, a git repository."""

_MANIFEST = "Cargo.toml"
_TABLES = (("normal", "dependencies"), ("dev", "dev-dependencies"), ("build", "build-dependencies"))
# Not a mistake: cargo reads the tables of a target in another order than those of the package.
_TARGET_TABLES = (_TABLES[0], _TABLES[2], _TABLES[1])


def upload_metadata(crate: bytes, *, published_to: str = CRATES_IO_INDEX, name: str = "The packaged `.crate`") -> bytes:
    """The JSON that cargo sends with `crate` when it publishes it to the registry `published_to`.

    `published_to` is the registry's index as manifests spell it (`registry-index`: `sparse+http://…/`; crates.io only
    as `CRATES_IO_INDEX`). It matters because a dependency names its registry only if that is another one. An error calls
    the file `name`. Raises `CrateFileBroken`.
    """
    try:
        manifest = load_toml(_text(crate, _MANIFEST, name))
        metadata = _metadata(manifest, published_to)
        path = metadata["readme_file"]
        metadata["readme"] = None if path is None else _text(crate, str(path), name)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CrateFileBroken(name, f"its `{_MANIFEST}` is not one that cargo packaged ({error!r})") from error
    return json.dumps(metadata, separators=(",", ":"), ensure_ascii=False).encode()


def upload_head(metadata: bytes, size: int) -> bytes:
    """The bytes of an upload before the `.crate`, which has `size` bytes.

    The metadata and the `.crate` each follow their length (32 bits, little endian).
    """
    return b"".join((struct.pack("<I", len(metadata)), metadata, struct.pack("<I", size)))


def _text(crate: bytes, path: str, name: str) -> str:
    path = posixpath.normpath(path)
    kept = read_crate(crate, name, keep=(path,)).kept
    if path not in kept:
        raise CrateFileBroken(name, f"it holds no `{path}`")
    try:
        return kept[path].decode()
    except UnicodeDecodeError as error:
        raise CrateFileBroken(name, f"its `{path}` is not UTF-8 ({error})") from error


def _metadata(manifest: Mapping[str, Any], published_to: str) -> dict[str, object]:
    package = manifest["package"]
    return {
        "name": package["name"],
        "vers": package["version"],
        "deps": list(_dependencies(manifest, published_to)),
        "features": dict(sorted(manifest.get("features", {}).items())),
        "authors": package.get("authors", []),
        "description": package.get("description"),
        "documentation": package.get("documentation"),
        "homepage": package.get("homepage"),
        "readme": None,
        "readme_file": package.get("readme") or None,  # cargo writes `readme = false` where there is none
        "keywords": package.get("keywords", []),
        "categories": package.get("categories", []),
        "license": package.get("license"),
        "license_file": package.get("license-file"),
        "repository": package.get("repository"),
        "badges": {key: dict(sorted(badge.items())) for key, badge in sorted(manifest.get("badges", {}).items())},
        "links": package.get("links"),
        "rust_version": package.get("rust-version"),
    }


def _dependencies(manifest: Mapping[str, Any], published_to: str) -> Iterator[dict[str, object]]:
    for kind, table in _TABLES:
        for key, entry in sorted(manifest.get(table, {}).items()):
            yield _dependency(key, entry, kind, None, published_to)
    for platform, tables in sorted(manifest.get("target", {}).items()):
        for kind, table in _TARGET_TABLES:
            for key, entry in sorted(tables.get(table, {}).items()):
                yield _dependency(key, entry, kind, cfg_as_cargo_writes_it(platform), published_to)


def _dependency(key: str, entry: Any, kind: str, target: str | None, published_to: str) -> dict[str, object]:
    fields = entry if isinstance(entry, dict) else {"version": entry}
    dependency: dict[str, object] = {
        "optional": fields.get("optional", False),
        # Of the spellings with an underscore this is the one that cargo leaves in the packaged manifest.
        "default_features": fields.get("default-features", fields.get("default_features", True)),
        "name": fields.get("package", key),
        "features": fields.get("features", []),
        "version_req": requirement_as_cargo_writes_it(fields.get("version", "*")),
        "target": target,
        "kind": kind,
    }
    registry = fields.get("registry-index", CRATES_IO_INDEX)
    if registry != published_to:
        dependency["registry"] = registry
    if "package" in fields:
        dependency["explicit_name_in_toml"] = key
    return dependency
