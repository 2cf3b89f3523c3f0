"""The line that a crate's index will have, beside the one that the rehearsal registry makes by crates.io's rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from loadmaster.planning.crates_io.manifest import parse_packaged_manifest
from loadmaster.planning.crates_io.tarball import unpack
from loadmaster.planning.registry.crate_file import UNPACKED_LIMIT
from loadmaster.planning.registry.index_entry import line_of_crate
from loadmaster.planning.registry.index_line import parse_line
from loadmaster.rehearsal.registry.index import index_line
from tests.kit.packing import crate_file, manifest_text

REST = """
[dependencies]
serde = { version = "1.0.3", features = ["derive"], optional = true, default-features = false }
[dependencies.renamed]
version = ">=0.3, <0.5"
package = "rand"
[target."cfg(windows)".build-dependencies]
winapi = "0.3"
[dev-dependencies]
log = "0.4"
[features]
default = ["std"]
std = []
json = ["dep:serde", "renamed?/std"]
"""


def test_cargo_reads_from_it_what_it_will_read_from_the_registry() -> None:
    crate = crate_file("wing", "1.2.0", manifest_text("wing", "1.2.0", 'links = "z"\nrust-version = "1.70"', REST))
    contents = unpack(crate, "wing-1.2.0", UNPACKED_LIMIT)
    manifest = parse_packaged_manifest(contents.manifest, contents.paths)
    line = line_of_crate(crate)
    theirs = index_line(manifest, parse_line(line).checksum, datetime(2026, 1, 31, tzinfo=UTC)).encode()
    ours, published = json.loads(line), json.loads(theirs)
    assert {**ours["features"], **ours["features2"]} == {**published["features"], **published["features2"]}
    assert _by_name(ours["deps"]) == _by_name(published["deps"])
    for field in ("name", "vers", "cksum", "yanked", "links", "rust_version", "v"):
        assert ours[field] == published[field], field


def _by_name(dependencies: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in dependencies}
