"""Where effects land: the addresses of a registry, a forge and a git remote.

A world is a value and may be a task's parameter. A credential is neither: `loadmaster.credentials` reads it where it is
needed, for a rehearsal from the world's directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from loadmaster.planning.values.value import Value


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

    @property
    def has_own_credentials(self) -> bool:
        """Whether its directory holds them, and no others are read: a rehearsal has nothing of a person's."""
        return self.kind == "rehearsal"

    @property
    def runs_workflows(self) -> bool:
        """Whether its forge carries workflows out: a rehearsal's only says that it did."""
        return self.kind == "live"

    @property
    def may_skip_smoke(self) -> bool:
        """Whether a release goes on where nobody can make its smoke test, whatever the profile says."""
        return self.kind == "rehearsal"


def credential_file(directory: Path, name: str) -> Path:
    return directory / f"{name}.token"
