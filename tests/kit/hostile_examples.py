"""Sound examples of what the readers read, and how often each is tried. `HOSTILE=full` tries twenty times as often."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime

from hypothesis import HealthCheck, settings

from tests.kit.packed import packed

FULL = os.environ.get("HOSTILE") == "full"
OFTEN = settings(
    deadline=None,
    max_examples=600 if FULL else 30,
    derandomize=not FULL,
    suppress_health_check=list(HealthCheck),
    database=None,
)
MOST_SECONDS = 5.0
TODAY, NOW = date(2026, 11, 29), datetime(2026, 11, 29, tzinfo=UTC)

LINE = json.dumps(
    {
        "name": "core",
        "vers": "1.0.0",
        "deps": [{"name": "a", "req": "^1", "features": [], "optional": False, "kind": "normal", "package": "b"}],
        "cksum": "0" * 64,
        "features": {"f": ["a/x"]},
        "yanked": True,
        "pubtime": "2026-11-01T00:00:00Z",
    }
).encode()
MANIFEST = b"""[package]
name = "core"
version = "1.0.0"
edition = "2021"
publish = ["x"]
license = "MIT"
[dependencies]
a = { version = "1", path = "../a", optional = true }
[target.'cfg(unix)'.build-dependencies]
b = "2"
[workspace]
members = ["crates/*"]
[workspace.package]
version = "1.0.0"
[[bin]]
name = "tool"
[features]
f = ["a"]
"""
LOCK = b"""version = 4

[[package]]
name = "core"
version = "1.0.0"
dependencies = [
 "a 1.0.0 (registry+https://x)",
]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://x"
checksum = "00"
"""
CHANGELOG = b"""# Changelog

## [Unreleased]

- new

## [0.9.0] - 2026-01-02

- old

[Unreleased]: https://forge.example/ada/hangar/compare/v0.9.0...HEAD
[0.9.0]: https://forge.example/ada/hangar/compare/v0.8.0...v0.9.0
"""
WORKFLOW = b"""name: x
on:
  workflow_dispatch: &a
    inputs: {nonce: {required: true, default: 1}}
  push: *a
jobs: {a: {runs-on: x, steps: [{run: "echo"}]}}
"""
CRATE = packed(
    {
        "Cargo.toml": MANIFEST.split(b"[workspace]")[0],
        "Cargo.lock": LOCK,
        ".cargo_vcs_info.json": b'{"git":{"sha1":"0"}}',
    }
)
ASSET = {
    "id": 1,
    "name": "a",
    "size": 1,
    "state": "uploaded",
    "digest": "sha256:00",
    "url": "https://api.forge.example/a",
}
ASSET |= {"browser_download_url": "https://forge.example/a"}
RELEASE = {
    "id": 1,
    "tag_name": "v1",
    "name": "v1",
    "body": "",
    "draft": True,
    "prerelease": False,
    "html_url": "https://x",
}
RELEASE |= {"upload_url": "https://uploads.forge.example/a{?name}", "assets": [ASSET]}
RUN = {"id": 1, "name": "x", "path": "x", "head_branch": "v1", "head_sha": "0", "event": "push", "status": "completed"}
RUN |= {"conclusion": "success", "html_url": "https://x", "display_title": "x"}
SCENARIO = b"""[[users]]
login = "ann"
id = 1
[[tokens]]
user = "ann"
token = "ciopsecret"
"""
SCRIPT = b"""clock_speed = 2.0
[[fault]]
on = "publish"
status = 503
"""
PROJECT = b"""forge = "ada/hangar"
[source]
repository = "hangar"
[release]
tag = "v{version}"
"""
