"""A profile's table `registry`: how the registry accepts uploads, and with which credential. The model only.

The documentation shows the docstring of every field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from loadmaster.planning.tree.workspace import CRATES_IO_NAMES, DEFAULT_REGISTRY
from loadmaster.planning.values.rates import CRATES_IO_RATES, Action, Rate
from loadmaster.planning.values.value import Value


class Credential(StrEnum):
    """The credential by which the registry counts uploads."""

    TOKEN = "token"
    """An account's API token. crates.io limits how many crates and versions it may publish in a given time."""
    TRUSTED_PUBLISHING = "trusted-publishing"
    """A token that belongs to no account. It is not limited, and cannot create crates."""


class Credentials(Value):
    """Where the credentials come from, and a second one for crates that are new. See [credentials](credentials.md)."""

    new: Credential | None = None
    """The credential that creates crates, `token` or `trusted-publishing`; the same as `credential` if left out."""
    token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Prefect Secret block with the API token; left out, the token is the one that was given to Loadmaster."""
    new_token_block: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    """Name of the Secret block with the API token that creates crates; `token_block` if left out."""
    token_expires: AwareDatetime | None = None
    """When the API token expires, as the registry's page of tokens shows it. No answer of the registry holds it; the
    preflight compares it with the predicted end of publishing."""
    new_token_expires: AwareDatetime | None = None
    """The same for the API token that creates crates, if that is another one."""

    def block_for(self, action: Action) -> str | None:
        return (self.new_token_block if action is Action.NEW else None) or self.token_block

    def with_block(self, block: str) -> Self:
        """The API token of every crate from this block instead. Nothing is known of its end."""
        blocks = {"token_block": block, "new_token_block": None, "token_expires": None, "new_token_expires": None}
        return self.model_copy(update=blocks)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The names of all Secret blocks, each once."""
        return tuple(dict.fromkeys(name for name in (self.token_block, self.new_token_block) if name is not None))


class TrustedPublishing(Value):
    """What trusted publishing must be configured to for every crate. The permission gates compare it."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """`OWNER/NAME` on GitHub. Case is ignored."""
    workflow: str = Field(pattern=r"^[^/\s]+\.ya?ml$")
    """File name of the workflow that publishes, such as `release.yml`. Case counts."""
    environment: str | None = None
    """The environment that the publishing job names, if it names one. Case is ignored."""
    owner_id: int | None = Field(default=None, ge=1)
    """GitHub's id of the repository's owner, which does not change if the owner is renamed. If left out, whether a
    configuration has the right one is an open question."""


class Wait(StrEnum):
    """When a crate may be uploaded after one that it needs."""

    ACCEPTED = "accepted"
    """As soon as the registry accepted the needed crate. crates.io only checks that its name exists."""
    VISIBLE = "visible"
    """When the index shows the needed crate. A registry that resolves dependencies at upload needs this."""


class ReadBack(StrEnum):
    """What is read back of every crate before the release is announced."""

    INDEX = "index"
    """Its line in the index, twice."""
    FILES = "files"
    """Its line in the index, twice, and its file, which is downloaded and hashed."""


class RegistryStyle(Value):
    """How the registry accepts uploads."""

    name: str = Field(default=DEFAULT_REGISTRY, pattern=r"^[\w.-]+$")
    """Its name in cargo's configuration, and in a manifest's `publish = […]`. A package whose manifest names only other
    registries is not published."""
    credential: Credential = Credential.TOKEN
    credentials: Credentials = Credentials()
    owners: tuple[Annotated[str, Field(pattern=r"^(github:[^:\s]+:[^:\s]+|[\w-]+)$")], ...] = ()
    """The owners that every crate must have: logins on the registry, and teams as `github:ORGANISATION:TEAM`. Not checked
    if empty."""
    trusted_publishing: TrustedPublishing | None = None
    """How trusted publishing must be configured for every crate. Not compared if left out."""
    wait: Wait = Wait.ACCEPTED
    new_burst: int = 5
    """How many crates the account may create at once. crates.io adds one every 10 minutes, and raises the burst on request."""
    update_burst: int = 30
    """How many versions the account may publish at once. crates.io adds one every minute."""
    connections: int = Field(default=8, ge=1, le=64)
    """How many uploads run at the same time."""
    visible_within: float = Field(default=900.0, gt=0)
    """How many seconds the index may lag behind. crates.io's caches keep a file for up to 600."""
    read_back: ReadBack = ReadBack.INDEX

    @property
    def rates(self) -> dict[Action, Rate]:
        """The limits that apply, by what is counted. Trusted publishing has none."""
        bursts = {Action.NEW: self.new_burst, Action.UPDATE: self.update_burst}
        return {
            action: rate.model_copy(update={"burst": bursts[action]})
            for action, rate in CRATES_IO_RATES.items()
            if self.credential_for(action) is Credential.TOKEN
        }

    @property
    def cargo_name(self) -> str | None:
        """The name that cargo must know it by; None for crates.io, which may be replaced by one of any name."""
        return None if self.name in CRATES_IO_NAMES else self.name

    def credential_for(self, action: Action) -> Credential:
        """The credential that publishes a crate, by whether the crate is new."""
        return (self.credentials.new if action is Action.NEW else None) or self.credential
