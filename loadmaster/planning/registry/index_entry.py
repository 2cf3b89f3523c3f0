"""The index line of a crate that is not uploaded yet: what its registry's index will say of it, for cargo to resolve with.

Knows the fields that cargo reads. A registry may order and fill them otherwise; nothing of the line but its version and
checksum gets into a package.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from loadmaster.planning.registry.metadata import CRATES_IO_INDEX, upload_metadata
from loadmaster.planning.values.json_text import read_json


def line_of_crate(crate: bytes, *, published_to: str = CRATES_IO_INDEX, name: str = "The packaged `.crate`") -> bytes:
    """One line of a sparse index, without an end of line; for arguments as of `upload_metadata`. Raises `CrateFileBroken`."""
    metadata = read_json(upload_metadata(crate, published_to=published_to, name=name))
    line: dict[str, Any] = {
        "name": metadata["name"],
        "vers": metadata["vers"],
        "deps": [_dependency(entry) for entry in metadata["deps"]],
        "cksum": hashlib.sha256(crate).hexdigest(),
        "features": {},
        "features2": metadata["features"],  # cargo reads both alike, and takes the newer syntax in this one alone
        "yanked": False,
        "links": metadata["links"],
        "rust_version": metadata["rust_version"],
        "v": 2,
    }
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()


def _dependency(entry: Mapping[str, Any]) -> dict[str, Any]:
    """cargo calls a dependency by the name in the manifest, and names the crate beside it if that is another."""
    alias = entry.get("explicit_name_in_toml")
    kept = {key: entry[key] for key in ("features", "optional", "default_features", "target", "kind")}
    line = kept | {"name": alias or entry["name"], "req": entry["version_req"]}
    line |= {"package": entry["name"]} if alias else {}
    return line | ({"registry": entry["registry"]} if "registry" in entry else {})
