"""What is published of a workspace: its crates as cargo packages them, on a registry that is served for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from loadmaster.clients import cargo
from tests.kit.packing import body
from tests.kit.registry_world import Served
from tests.kit.running import index_of
from tests.kit.sandboxed_cargo import sandboxed_cargo


def publish_tree(world: Served, directory: Path, scratch: Path, names: Iterable[str], version: str) -> None:
    """Packages a clone of the repository's last commit, by cargo without Loadmaster, and uploads the crates in this order."""
    clone, target = scratch / "clone", scratch / "target"
    subprocess.run(("git", "clone", "--quiet", str(directory), str(clone)), check=True)
    arguments = ("cargo", "package", "--workspace", "--no-verify", "--quiet", "--target-dir", str(target), "--offline")
    # Its own home: offline, cargo takes what this machine's home has of crates.io, where there are crates of these names.
    subprocess.run(arguments, cwd=clone, check=True, env={**os.environ, "CARGO_HOME": str(scratch / "cargo")})
    for name in names:
        crate = (target / "package" / f"{name}-{version}.crate").read_bytes()
        answer = world.put(body(crate, name, version))
        assert answer.status_code == 200, answer.text


def publish_in_turns(world: Served, directory: Path, scratch: Path, folders: Mapping[str, str], version: str) -> None:
    """Packages each crate where its workspace is (`folders` by name), and uploads it before the next."""
    for name, folder in folders.items():
        called = sandboxed_cargo(scratch / name, scratch / "log", index=index_of(world)).in_tree(directory)
        crate = cargo.package(called, directory / folder, scratch / "target", {name: version}, locked=True)[name]
        answer = world.put(body(crate.read_bytes(), name, version))
        assert answer.status_code == 200, answer.text
