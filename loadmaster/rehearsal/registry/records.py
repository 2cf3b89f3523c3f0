"""The records of the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from loadmaster.planning.crates_io.manifest import PackagedManifest
from loadmaster.planning.values.value import Value


class Upload(Value):
    """One `PUT` that the registry answered, or left unanswered by the script, in order of `sequence`."""

    sequence: int
    crate: str
    """Empty if the body could not be read that far."""
    version: str
    status: int
    """0 if the script prevented its effect without an answer."""
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
    """The data that crates.io keeps about the run that published it."""
    published_at: datetime
    yank_message: str | None


class Tarball(Value):
    """A received crate file."""

    path: Path
    size: int
    sha256: str


class Submission(Value):
    """A version that passed every rule that needs no records."""

    manifest: PackagedManifest
    tarball: Tarball
    login: str | None
    """None: a trusted publisher, whose token is for this crate."""
    upstream_name: str | None
    """Upstream's spelling of the crate, if it has it."""
    upstream_versions: frozenset[str]
    """Without build metadata."""
    upstream_crates: frozenset[str]
    """The dependencies that upstream has, in its spelling."""
    trustpub_data: dict[str, Any] | None = None
