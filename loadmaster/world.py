"""Where effects land: the addresses of a registry, a forge and a git remote, and the way to their credentials.

A world is a value and may be a task's parameter. A credential is not: it is read from the world's directory at the
moment it goes into a header.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from loadmaster.errors import TokenMissing
from loadmaster.planning.value import Value


class World(Value):
    kind: Literal["live", "rehearsal"]
    index: str
    """The registry's sparse index address, `sparse+http://…/`."""
    replaces_crates_io: bool
    """Whether the registry stands in for crates.io when cargo resolves: a rehearsal's does, it has an upstream."""
    forge: str | None
    """Base address of the forge's REST API; None for a release without a forge."""
    repository: str
    """`OWNER/NAME` on the forge."""
    remote: str
    """What git pushes to."""
    directory: Path
    """Holds the world's state and its credentials."""
    identity: str | None = None
    """Where an ID token is asked for, as GitHub Actions' jobs do, with the credential `identity`; None: as the environment says."""
    as_of: AwareDatetime | None = None
    """The registry's upstream is seen as of this instant."""

    def registry_token(self) -> str:
        """Raises `TokenMissing`."""
        return token_from_environment() if self.kind == "live" else self._credential("registry")

    def forge_token(self) -> str:
        return self._credential("forge")

    def _credential(self, name: str) -> str:
        return credential_file(self.directory, name).read_text(encoding="ascii").strip()


TOKEN_VARIABLES = ("LOADMASTER_REGISTRY_TOKEN", "CARGO_REGISTRY_TOKEN")


def token_from_environment() -> str:
    """The registry's token. Raises `TokenMissing`."""
    token = next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), None)
    if token is None:
        raise TokenMissing(TOKEN_VARIABLES)
    return token


def credential_file(directory: Path, name: str) -> Path:
    return directory / f"{name}.token"
