"""Kills at every side effect of a release: the effects, the workspace, and what a world holds at the end.

`make chaos` takes the demo workspace, with all its crates; else it is one of two crates.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from loadmaster.clients import git
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.faults.fault import Door
from loadmaster.run.store import RunDirectory
from tests.kit import evidence, hangar
from tests.kit.checkout import ROOT

FULL = os.environ.get("CHAOS") == "full"
SMALL = ("hangar-units", "hangar-cli")
CRATES = tuple(sorted(evidence.CRATES)) if FULL else SMALL
STARTED = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Effect(NamedTuple):
    """Where a side effect is made, of which crate, and how many of the kind come before it."""

    door: Door
    crate: str | None = None
    after: int = 0

    @property
    def name(self) -> str:
        return " ".join(str(part) for part in (self.door, self.crate, self.after or None) if part is not None)

    @property
    def killed(self) -> Fault:
        return Fault(on=self.door, crate=self.crate, after=self.after, kill=True)

    @property
    def unanswered(self) -> Fault:
        return Fault(on=self.door, crate=self.crate, after=self.after, lose_answer=True)


def effects(crates: tuple[str, ...]) -> tuple[Effect, ...]:
    """Every side effect of a release of these crates, in its order. The draft is made by CI, which uploads its archives to it."""
    return (
        Effect("push-commit"),
        Effect("push-tag"),
        *(Effect("publish", crate) for crate in crates),
        Effect("asset"),
        Effect("asset", after=1),
        Effect("release"),
    )


def workspace(place: Path) -> Path:
    """The repository that is released."""
    if not FULL:
        return hangar.repository(place / "small")
    git.import_directory(ROOT / "examples" / "hangar", place / "demo.git", "main", STARTED)
    return place / "demo.git"


class Ending(NamedTuple):
    """What the world holds at the end, without instants."""

    refs: Mapping[str, str]
    crates: Mapping[str, str]
    sums: bytes
    receipt: bytes
    releases: list[tuple[str, bool, str]]


def ending(directory: RunDirectory) -> Ending:
    world = directory.world
    with closing(sqlite3.connect(world / "forge" / "forge.sqlite")) as forge:
        named = forge.execute("select name, id from assets").fetchall()
        releases = forge.execute("select tag_name, draft, body from releases").fetchall()
    with closing(sqlite3.connect(world / "registry" / "registry.sqlite")) as registry:
        crates = dict(registry.execute("select canonical || '@' || plain_version, checksum from versions").fetchall())
    assets = {name: (world / "forge" / "assets" / str(number)).read_bytes() for name, number in named}
    refs = dict(git.observe_refs(str(world / "remote.git")))
    return Ending(
        refs=refs, crates=crates, sums=assets["SHA256SUMS"], receipt=assets["receipt.json"], releases=releases
    )


def hashed_files(directory: RunDirectory) -> set[str]:
    """SHA-256 of every crate's file that the registry keeps, hashed now."""
    files = (path for path in (directory.world / "registry" / "crates").rglob("*") if path.is_file())
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
