"""Where effects land: the addresses of a registry, a forge and a git remote, and the way to their credentials.

A world is a value and may be a task's parameter. A credential is not: it is read from the world's directory at the
moment it goes into a header.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from loadmaster.planning.value import Value


class World(Value):
    kind: Literal["live", "rehearsal"]
    index: str
    """The registry's sparse index address, `sparse+http://…/`."""
    forge: str
    """Base address of the forge's REST API."""
    repository: str
    """`OWNER/NAME` on the forge."""
    remote: str
    """What git pushes to."""
    directory: Path
    """Holds the world's state and its credentials."""
    as_of: AwareDatetime | None = None
    """The registry's upstream is seen as of this instant."""

    def registry_token(self) -> str:
        return self._credential("registry")

    def forge_token(self) -> str:
        return self._credential("forge")

    def _credential(self, name: str) -> str:
        return credential_file(self.directory, name).read_text(encoding="ascii").strip()


def credential_file(directory: Path, name: str) -> Path:
    return directory / f"{name}.token"
