"""What every part of the forge works with: the repository, the file, the clock, the scenario, and the lock around changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.rehearsal.forge.memory.shelves import ForgeFile
from loadmaster.rehearsal.forge_scenario import ForgeScenario

ACTOR = "rehearsal"
"""The login of the person to whom the world's own credential belongs."""
SOMEBODY = "somebody"
"""The login of whoever does what a scenario says of other people."""


@dataclass(frozen=True, kw_only=True)
class Premises:
    directory: Path
    """Of the forge's own files."""
    remote: Path
    """The bare repository."""
    repository: str
    """`OWNER/NAME`"""
    file: ForgeFile
    scenario: ForgeScenario
    clock: Callable[[], datetime]
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Whoever changes anything holds it."""

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def name(self) -> str:
        return self.repository.partition("/")[2]

    def now(self) -> float:
        """Seconds since 1970, by the world's clock."""
        return self.clock().timestamp()


def stamp(seconds: float) -> str:
    """An instant in the forge's format."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else stamp(seconds)
