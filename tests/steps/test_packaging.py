"""The same bytes with the index and without, by real cargo: where the rule says so, and not where it says no."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from loadmaster.clients import cargo
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.clients.serving import serving
from loadmaster.planning.packaging import needs_index
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.planning.tree.workspace import read_metadata
from loadmaster.rehearsal.registry import NO_LIMITS, Registry, new_token
from tests.kit.packing import crate_file, manifest_text
from tests.kit.sandboxed_cargo import sandboxed_cargo

pytestmark = pytest.mark.cargo

TOKEN = new_token()
WINDOWS_ONLY = "[target.'cfg(windows)'.dependencies]\nwindows-only = \"1\"\n"
FILES: Mapping[str, str] = {
    "Cargo.toml": '[workspace]\nmembers = ["units", "hangar"]\nresolver = "2"\n',
    "units/Cargo.toml": manifest_text(
        "units", "0.4.0", 'rust-version = "1.70"', '[dependencies]\nserde = "1"\nrand = ">=0.1, <0.3"\n'
    ),
    "units/src/lib.rs": "",
    "hangar/Cargo.toml": manifest_text(
        "hangar",
        "0.4.0",
        rest='[dependencies]\nunits = { path = "../units", version = "0.4.0" }\nlog = { version = "1", optional = true }\n'
        + '[dev-dependencies]\nserde = "1"\n'
        + WINDOWS_ONLY,
    ),
    "hangar/src/lib.rs": "",
}
BOTH = {"units": "0.4.0", "hangar": "0.4.0"}


class Published:
    """A registry that others publish to, and a workspace that is about to be."""

    def __init__(self, address: str, root: Path) -> None:
        self.index, self.root, self.checkout = f"sparse+{address}/index/", root, root / "checkout"

    def put(self, name: str, version: str, rest: str = "") -> None:
        content = crate_file(name, version, manifest_text(name, version, rest=rest))
        head = upload_head(upload_metadata(content, name=name), len(content))
        RegistryClient(self.index).upload(name, head + content, TOKEN)

    def cargo(self, name: str) -> cargo.Cargo:
        return sandboxed_cargo(self.root / name, self.root / f"{name}.log", index=self.index)

    def package(self, *, offline: bool) -> dict[str, str]:
        """SHA-256 by crate, packaged with a `CARGO_HOME` and a target directory of their own."""
        name = "offline" if offline else "online"
        called, target = self.cargo(name), self.root / f"{name}-target"
        if offline:
            cargo.fetch(called, self.checkout, locked=True)
        files = cargo.package(called, self.checkout, target, BOTH, locked=True, verify=True, offline=offline)
        return {name: sha256(path.read_bytes()).hexdigest() for name, path in files.items()}

    def why(self) -> str | None:
        workspace = read_metadata(cargo.members(self.cargo("look"), self.checkout, "demo"))
        lockfile = (self.checkout / "Cargo.lock").read_text()
        out = {name: RegistryClient(self.index).versions(name) for name in workspace.names}
        return needs_index(workspace, BOTH, lockfile, RegistrySeen(crates=out))


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    registry = Registry(tmp_path / "registry", limits=NO_LIMITS)
    registry.add_account("ada")
    registry.add_token("ada", TOKEN)
    with serving(registry.app()) as address:
        yield _with_lockfile(Published(address, tmp_path))


def _with_lockfile(published: Published) -> Published:
    """The workspace's lockfile is older than the newest of everything that it names."""
    published.put("itoa", "1.0.0")
    for name in ("log", "windows-only"):
        published.put(name, "1.0.0")
    published.put("serde", "1.0.0", '[dependencies]\nitoa = "1"\n')
    published.put("rand", "0.1.0")
    for name, text in FILES.items():
        (published.checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (published.checkout / name).write_text(text)
    called = published.cargo("lock")
    subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=published.checkout, env=dict(called.env), check=True)
    for name, version in (("itoa", "1.0.1"), ("log", "1.2.0"), ("windows-only", "1.1.0"), ("serde", "1.9.0")):
        published.put(name, version)
    published.put("rand", "0.2.0")
    return published


def test_the_bytes_are_the_same_without_the_index(published: Published) -> None:
    published.put("units", "0.3.9")
    assert published.why() is None
    assert published.package(offline=True) == published.package(offline=False)
    log = (published.root / "offline.log").read_text()
    assert "Verifying hangar" in log
    assert log.count("Updating `rehearsal` index") == 1


def test_a_newer_sibling_on_the_registry_would_be_missed_without_the_index(published: Published) -> None:
    published.put("units", "0.4.1")
    online, offline = published.package(offline=False), published.package(offline=True)
    assert online["hangar"] != offline["hangar"]
    assert published.why() == "`units ^0.4.0` fits `0.4.1` on the registry, too"
