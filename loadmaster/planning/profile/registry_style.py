"""A profile's table `registry`: how the registry takes uploads, and which credential pays for them. The model only.

Every field's text below is what a person sees in the documentation.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Rate
from loadmaster.planning.values.value import Value

TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN"
NEW_TOKEN_VARIABLE = "LOADMASTER_REGISTRY_TOKEN_NEW"
"""A second token, for crates that are new."""
CARGO_TOKEN_VARIABLE = "CARGO_REGISTRY_TOKEN"
"""cargo's own, for crates.io: it is sent to no other registry."""
IDENTITY_VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""Where, and with what, a job of GitHub Actions asks for an ID token."""
SECRET_VARIABLES = frozenset({TOKEN_VARIABLE, NEW_TOKEN_VARIABLE, CARGO_TOKEN_VARIABLE, IDENTITY_VARIABLES[1]})
"""What only the process that uploads may have."""


class Credential(StrEnum):
    """What the registry counts uploads by."""

    TOKEN = "token"
    """An account's API token: crates.io limits how many crates and versions it publishes in a time."""
    TRUSTED_PUBLISHING = "trusted-publishing"
    """A token that belongs to no account: not limited, and cannot create crates."""


class Credentials(Value):
    """Where the credentials come from, and a second one for crates that are new. See [credentials](credentials.md)."""

    new: Credential | None = None
    """What creates crates, `token` or `trusted-publishing`; the same as `credential` if left out."""
    token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Prefect Secret block with the API token; the environment's if left out."""
    new_token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Secret block with the API token that creates crates; `token_block` if left out."""

    def block_for(self, action: Action) -> str | None:
        return (self.new_token_block if action is Action.NEW else None) or self.token_block


class TrustedPublishing(Value):
    """What every crate's configuration of trusted publishing must say; the permission gates compare it."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """`OWNER/NAME` on GitHub, case ignored."""
    workflow: str = Field(pattern=r"^[^/\s]+\.ya?ml$")
    """File name of the workflow that publishes, such as `release.yml`; case counts."""
    environment: str | None = None
    """The environment that the publishing job names, if it names one; case ignored."""
    owner_id: int | None = Field(default=None, ge=1)
    """GitHub's id of the repository's owner, which no renaming changes; not compared if left out."""


class Wait(StrEnum):
    """When a crate may follow one that it needs."""

    ACCEPTED = "accepted"
    """As soon as the registry took it; crates.io asks only for the name."""
    VISIBLE = "visible"
    """When the index shows it, for a registry that resolves dependencies at upload."""


class RegistryStyle(Value):
    """How the registry takes uploads."""

    credential: Credential = Credential.TOKEN
    credentials: Credentials = Credentials()
    owners: tuple[Annotated[str, Field(pattern=r"^(github:[^:\s]+:[^:\s]+|[\w-]+)$")], ...] = ()
    """Who must own every crate: logins on the registry, and teams as `github:ORGANISATION:TEAM`. Not asked if empty."""
    trusted_publishing: TrustedPublishing | None = None
    """How trusted publishing must be set up for every crate. Not compared if left out."""
    wait: Wait = Wait.ACCEPTED
    new_burst: int = 5
    """Crates that the account may create at once; crates.io adds one every 10 minutes, and raises the burst on request."""
    update_burst: int = 30
    """Versions that the account may publish at once; crates.io adds one every minute."""
    connections: int = Field(default=8, ge=1, le=64)
    """Uploads at the same time."""
    visible_within: float = Field(default=900.0, gt=0)
    """Seconds that the index may lag behind; crates.io's caches keep a file for up to 600."""

    @property
    def rates(self) -> dict[Action, Rate]:
        """The limits that apply, by what is counted; none for what goes out by trusted publishing."""
        bursts = {Action.NEW: self.new_burst, Action.UPDATE: self.update_burst}
        return {
            action: rate.model_copy(update={"burst": bursts[action]})
            for action, rate in CRATES_IO_RATES.items()
            if self.credential_for(action) is Credential.TOKEN
        }

    def credential_for(self, action: Action) -> Credential:
        """What a crate is published with, by whether it is new."""
        return (self.credentials.new if action is Action.NEW else None) or self.credential
