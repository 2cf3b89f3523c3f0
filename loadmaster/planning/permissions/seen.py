"""A registry's answers to questions about permissions. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value


class Exchange(Value):
    """One request and its answer."""

    request: str
    """The request line: `GET https://…/api/v1/me`. It never contains a credential."""
    status: int | None
    """None if no answer came."""
    text: str
    """The body, or why there is none."""

    def __str__(self) -> str:
        lines = self.text.strip().splitlines() or [""]
        return f"`{self.request}`: {self.status or 'no answer'}, `{lines[0][:300]}`"


class TokenSeen(Value):
    """The registry's answers to one token."""

    unusable: str = ""
    """Why there is no token to ask with; the answers below are then None."""
    way_out: str = ""
    is_minted: bool = False
    """Whether the registry has just made it for trusted publishing. It then needs no other question."""
    is_broken: bool = False
    """Whether there is a token that cannot be sent."""
    is_unknown: bool = False
    """Whether it is not known if there is a token, because its store could not be read."""
    me: Exchange | None = None
    configs_of_user: Exchange | None = None
    """`GET …/github_configs?user_id=…`, which distinguishes a legacy token from one with scopes."""


class CrateAnswers(Value):
    """The registry's answers about one crate of the plan. None: not asked."""

    crate: Exchange
    owners: Exchange | None = None
    configs: Exchange | None = None
    """Its configurations of trusted publishing at GitHub."""
    probe: Exchange | None = None
    """An upload that ends after its metadata."""


class NameSeen(Value):
    """The index's spelling of the name of a needed crate."""

    spelled: str | None
    """None if the index does not know it."""
    unread: str = ""
    """Why the index could not be read; `spelled` then says nothing."""


class PermissionsSeen(Value):
    api: str
    site: Exchange
    tokens: Mapping[Action, TokenSeen] = Field(default_factory=dict)
    """The tokens by their use. A token of trusted publishing is here only if uploads are probed with it."""
    crates: Mapping[str, CrateAnswers] = Field(default_factory=dict)
    """The crates that are not published yet, by name."""
    names: Mapping[str, NameSeen] = Field(default_factory=dict)
    """The crates outside of the release that its crates depend on, by name."""
