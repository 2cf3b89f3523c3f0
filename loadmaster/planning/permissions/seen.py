"""What a registry's web API answered when it was asked about permissions. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value


class Exchange(Value):
    """One request, and what came back."""

    request: str
    """Its line: `GET https://…/api/v1/me`. A credential never is part of it."""
    status: int | None
    """None where no answer came."""
    text: str
    """The body, or why there is none."""

    def __str__(self) -> str:
        lines = self.text.strip().splitlines() or [""]
        return f"`{self.request}`: {self.status or 'no answer'}, `{lines[0][:300]}`"


class TokenSeen(Value):
    """What the registry says to one token."""

    unusable: str = ""
    """Why there is none to ask with; the answers below are None then."""
    way_out: str = ""
    is_minted: bool = False
    """Whether the registry has just made it, for trusted publishing; it needs no other question."""
    is_broken: bool = False
    """Whether there is one that cannot be sent."""
    is_unknown: bool = False
    """Whether it is not even known if there is one: where it is kept could not be read."""
    me: Exchange | None = None
    configs_of_user: Exchange | None = None
    """`GET …/github_configs?user_id=…`, which tells a legacy token from one with scopes."""


class CrateAnswers(Value):
    """What the registry says of one crate of the plan. None: not asked."""

    crate: Exchange
    owners: Exchange | None = None
    configs: Exchange | None = None
    """Its configurations of trusted publishing at GitHub."""
    probe: Exchange | None = None
    """An upload that ends after its metadata."""


class NameSeen(Value):
    """How the index spells the name of a crate that is depended on."""

    spelled: str | None
    """None if the index does not know it."""
    unread: str = ""
    """Why the index could not be read; `spelled` says nothing then."""


class PermissionsSeen(Value):
    api: str
    site: Exchange
    tokens: Mapping[Action, TokenSeen] = Field(default_factory=dict)
    """By what it is used for. One for trusted publishing is there only where uploads are probed with it."""
    crates: Mapping[str, CrateAnswers] = Field(default_factory=dict)
    """The crates that are still to be published, by name."""
    names: Mapping[str, NameSeen] = Field(default_factory=dict)
    """Crates outside of the release that its crates depend on."""
