"""A place that rustup installs toolchains from, and a home of its own to install them into: real rustup, and no network.

The toolchains are made of scripts that call the programs of the one at hand.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_MINIMAL = ("rustc", "cargo", "rust-std")
_CLIPPY = "clippy-preview"


@dataclass(frozen=True)
class Rustup:
    """Where toolchains come from (`dist`), and where they are installed (`home`)."""

    root: Path
    at_hand: Path
    """The programs of the toolchain at hand."""
    version: str
    """Its version."""
    target: str

    @classmethod
    def at(cls, root: Path) -> Rustup:
        told = dict(line.split(": ", 1) for line in _said("rustc", "-vV").splitlines() if ": " in line)
        return cls(root, Path(_said("rustup", "which", "rustc")).parent, told["release"], told["host"])

    @property
    def environment(self) -> dict[str, str]:
        return {"RUSTUP_HOME": str(self.root / "home"), "RUSTUP_DIST_SERVER": f"file://{self.root}"}

    def offer(self, channel: str, version: str, day: str, scripts: Mapping[str, str] | None = None) -> None:
        """A release of a channel. `scripts` are its programs; those that are not named call the one at hand."""
        dist, target = self.root / "dist", self.target
        dist.mkdir(parents=True, exist_ok=True)
        programs = {"rustc": ["rustc"], "cargo": ["cargo"], "rust-std": [], _CLIPPY: ["cargo-clippy", "clippy-driver"]}
        packages = [
            _package(
                dist,
                component,
                f"{version}-{day}",
                target,
                {f"bin/{name}": self._script(name, scripts or {}) for name in names},
            )
            for component, names in programs.items()
        ]
        parts = [("components", component) for component in _MINIMAL] + [("extensions", _CLIPPY)]
        listed = "".join(
            f'[[pkg.rust.target.{target}.{kind}]]\npkg = "{component}"\ntarget = "{target}"\n'
            for kind, component in parts
        )
        text = (
            f'manifest-version = "2"\ndate = "{day}"\n{"".join(packages)}[pkg.rust]\nversion = "{version}"\n'
            f"[pkg.rust.target.{target}]\navailable = true\n{listed}"
            f'[renames.clippy]\nto = "{_CLIPPY}"\n[profiles]\nminimal = {list(_MINIMAL)}\ndefault = {[*_MINIMAL, _CLIPPY]}\n'
        )
        file = dist / f"channel-rust-{channel}.toml"
        file.write_text(text)
        file.with_name(f"{file.name}.sha256").write_text(f"{hashlib.sha256(text.encode()).hexdigest()}  {file.name}\n")

    def _script(self, program: str, scripts: Mapping[str, str]) -> str:
        calls_it = f'exec "{self.at_hand / program}" "$@"'
        return f"#!/bin/sh\n{scripts.get(program, calls_it)}\n"


def rustup_alone(programs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for programs; the search path has it, and of cargo's own directory only rustup's programs."""
    programs.mkdir(parents=True)
    for name in ("cargo", "rustc", "rustup"):
        (programs / name).symlink_to(shutil.which(name) or name)
    others = [place for place in os.environ["PATH"].split(os.pathsep) if not _has_cargo(Path(place))]
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), *others]))
    return programs


def _has_cargo(place: Path) -> bool:
    """Whether cargo, or one of its companions, lies there."""
    return any((place / name).exists() for name in ("cargo", "cargo-semver-checks"))


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _package(dist: Path, component: str, version: str, target: str, files: Mapping[str, str]) -> str:
    """Writes the archive of a component, and returns its table in the manifest."""
    top = f"{component}-{version}-{target}"
    entries = {
        "rust-installer-version": "3\n",
        "components": f"{component}\n",
        f"{component}/manifest.in": "".join(f"file:{path}\n" for path in files),
        **{f"{component}/{path}": text for path, text in files.items()},
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in entries.items():
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size, entry.mode = len(text.encode()), 0o755
            archive.addfile(entry, io.BytesIO(text.encode()))
    file = dist / f"{top}.tar.gz"
    file.write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    return (
        f'[pkg.{component}]\nversion = "{version}"\n[pkg.{component}.target.{target}]\navailable = true\n'
        f'url = "file://{file}"\nhash = "{digest}"\n'
    )
