"""Crate files and publish bodies, made by hand: also those that cargo would never make."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Mapping

Entries = Iterable[tuple[str, str | bytes, bytes]]


def manifest_text(name: str = "ours", version: str = "1.0.0", fields: str = "", rest: str = "") -> str:
    """A manifest with what crates.io demands, unless `fields` says those itself."""
    demanded = "" if "description" in fields else 'description = "what it is"\n'
    demanded += "" if "license" in fields else 'license = "MIT"\n'
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n{demanded}{fields}\n{rest}'


def crate_file(name: str = "ours", version: str = "1.0.0", manifest: str | None = None) -> bytes:
    text = manifest_text(name, version) if manifest is None else manifest
    return packed({f"{name}-{version}/Cargo.toml": text, f"{name}-{version}/src/lib.rs": ""})


def packed(files: Mapping[str, str | bytes]) -> bytes:
    return packed_entries((path, content, tarfile.REGTYPE) for path, content in files.items())


def packed_entries(entries: Entries) -> bytes:
    """Path, content and tar type of each entry."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content, kind in entries:
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path)
            entry.type, entry.size = kind, len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def body(tarball: bytes, name: str = "ours", version: str = "1.0.0") -> bytes:
    return framed(json.dumps({"name": name, "vers": version}).encode(), tarball)


def framed(metadata: bytes, tarball: bytes) -> bytes:
    return len(metadata).to_bytes(4, "little") + metadata + len(tarball).to_bytes(4, "little") + tarball


def upload(name: str = "ours", version: str = "1.0.0", fields: str = "", rest: str = "") -> bytes:
    """A whole publish body for a crate with these manifest lines."""
    return body(crate_file(name, version, manifest_text(name, version, fields, rest)), name, version)
