"""Where effects land: the addresses of a registry, a forge and a git remote.

A world is a value and may be a task's parameter. A credential is neither: `loadmaster.credentials` reads it where it is
needed; for a rehearsal, from the world's directory.
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
    """Whether cargo uses this registry instead of crates.io. It does in a rehearsal, whose registry has an upstream."""
    forge: str | None
    """Base address of the forge's REST API; None for a release without a forge."""
    repository: str
    """`OWNER/NAME` on the forge."""
    remote: str
    """The address that git pushes to."""
    directory: Path
    """Holds the world's state and its credentials."""
    identity: str | None = None
    """The address that issues ID tokens, as for GitHub Actions' jobs, to the credential `identity`. None: from the environment."""
    python_index: str | None = None
    """Base address of the rehearsal's package index for Python: `/simple/` is below it. None in a live world."""
    as_of: AwareDatetime | None = None
    """The registry's upstream is seen as of this instant."""
    registry_remembers: bool = True
    """Whether the registry has what was published before this run, up to now."""

    @property
    def has_own_credentials(self) -> bool:
        """Whether its credentials come only from its directory: a rehearsal has none of a person's."""
        return self.kind == "rehearsal"

    @property
    def runs_workflows(self) -> bool:
        """Whether its forge really runs workflows: a rehearsal's only reports that it did."""
        return self.kind == "live"

    @property
    def forge_remembers(self) -> bool:
        """Whether its forge has the releases from before this run: a rehearsal's begins without any."""
        return self.kind == "live"

    @property
    def may_skip_smoke(self) -> bool:
        """Whether a release continues if nobody can make its smoke test, whatever the profile says."""
        return self.kind == "rehearsal"


def credential_file(directory: Path, name: str) -> Path:
    return directory / f"{name}.token"
