"""The index line of a version, as crates.io writes it, and the merge of upstream's lines with ours. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from loadmaster.planning.crates_io.manifest import PackagedDependency, PackagedManifest
from loadmaster.planning.crates_io.requirement import normalize, strip_build
from loadmaster.planning.registry.as_of import PUBTIME

_KIND_ORDER = {"normal": 0, "build": 1, "dev": 2}

Features = dict[str, tuple[str, ...]]


def index_line(manifest: PackagedManifest, checksum: str, published: datetime) -> str:
    """One compact JSON object, keys in crates.io's order, no newline. `published` must be in UTC."""
    features, features2 = split_features(manifest.features)
    line: dict[str, Any] = {
        "name": manifest.name,
        "vers": manifest.version,
        "deps": [_entry(dependency) for dependency in sorted(manifest.dependencies, key=_sort_key)],
        "cksum": checksum,
        "features": features,
    }
    if features2:
        line["features2"] = features2
    line["yanked"] = False
    if manifest.links is not None:
        line["links"] = manifest.links
    if manifest.rust_version is not None:
        line["rust_version"] = manifest.rust_version
    line["pubtime"] = published.strftime(PUBTIME)
    if features2:
        line["v"] = 2
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def split_features(features: Mapping[str, tuple[str, ...]]) -> tuple[Features, Features]:
    """The features that old cargos can read, and those that they cannot: `dep:`, `name?/`, and all features that need these."""
    old = dict(sorted(features.items()))
    new: Features = {}
    while moved := [name for name, values in old.items() if any(_is_new_syntax(v) or v in new for v in values)]:
        new |= {name: old.pop(name) for name in moved}
    return old, dict(sorted(new.items()))


def merged(upstream: Iterable[bytes], ours: Iterable[str]) -> list[bytes]:
    """Upstream's lines, then ours; ours replace upstream's of the same version, whatever its build metadata."""
    local = [line.encode() for line in ours]
    taken = {_plain_version(line) for line in local}
    return [line for line in upstream if not taken or _plain_version(line) not in taken] + local


def with_checksum(index_file: bytes, kind: Literal["wrong", "missing"]) -> bytes:
    """The index file with the checksum of its newest version changed or left out."""
    *before, newest = index_file.splitlines(keepends=True)
    line = json.loads(newest)
    checksum = line.pop("cksum")
    if kind == "wrong":
        line["cksum"] = hashlib.sha256(checksum.encode()).hexdigest()
    return b"".join(before) + json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _plain_version(line: bytes) -> str:
    return strip_build(json.loads(line)["vers"])


def _is_new_syntax(value: str) -> bool:
    return value.startswith("dep:") or "?/" in value


def _entry(dependency: PackagedDependency) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": dependency.key,
        "req": normalize(dependency.requirement),
        "features": dependency.features,
        "optional": dependency.optional,
        "default_features": dependency.default_features,
        "target": dependency.target,
        "kind": dependency.kind,
    }
    return entry | ({"package": dependency.crate} if dependency.renamed else {})


def _sort_key(dependency: PackagedDependency) -> tuple[object, ...]:
    # None sorts before any text, as in Rust's `Option`.
    return (
        dependency.key,
        _KIND_ORDER[dependency.kind],
        normalize(dependency.requirement),
        dependency.optional,
        dependency.default_features,
        dependency.target is not None,
        dependency.target or "",
        dependency.renamed,
        dependency.crate,
        dependency.features,
    )
