"""What is published of a workspace: its crates as cargo packages them, on a registry that is served for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.kit.packing import body
from tests.kit.registry_world import Served


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
