"""What goes into the ledger and comes out of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from loadmaster.planning.crates_io.manifest import PackagedManifest
from loadmaster.planning.values.value import Value


class Upload(Value):
    """One `PUT` that the registry answered (or was scripted not to), in order of `sequence`."""

    sequence: int
    crate: str
    """Empty when the body could not be read that far."""
    version: str
    status: int
    """0 for one that the script kept from taking effect without saying so."""
    detail: str
    at: datetime


class Owner(Value):
    kind: Literal["user", "team"]
    id: int
    login: str


class CrateRow(Value):
    id: int
    name: str
    trustpub_only: bool


class Published(Value):
    """One version that was uploaded here."""

    line: str
    manifest: PackagedManifest
    size: int
    published_by: Owner | None
    """None: by a trusted publisher."""
    trustpub_data: dict[str, Any] | None
    """What crates.io keeps of the run that published it."""
    published_at: datetime
    yank_message: str | None


class Tarball(Value):
    """A crate file that came in."""

    path: Path
    size: int
    sha256: str


class Submission(Value):
    """A version that passed every rule which needs no memory."""

    manifest: PackagedManifest
    tarball: Tarball
    login: str | None
    """None: a trusted publisher, whose token is for this crate."""
    upstream_name: str | None
    """How upstream spells the crate, if it has it."""
    upstream_versions: frozenset[str]
    """Without build metadata."""
    upstream_crates: frozenset[str]
    """Those of the dependencies that upstream has, in its spelling."""
    trustpub_data: dict[str, Any] | None = None
