"""A registry's answers to questions about permissions. Facts only, no judgement."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from loadmaster.planning.values.rates import Action
from loadmaster.planning.values.value import Value


class Exchange(Value):
    """One request and its answer."""

    request: str
    """The request line, `GET https://…/api/v1/me`, with what it is about if the address does not say it. It never contains a
    credential."""
    status: int | None
    """None if no answer came."""
    text: str
    """The body, or why there is none."""
    credential: str = ""
    """The token that was sent, by where it came from: "the token in `LOADMASTER_REGISTRY_TOKEN`"; "" if none was sent."""


class TokenSeen(Value):
    """One token, and the registry's answers to it."""

    source: str = ""
    """Where it came from, for people: a variable, a Secret block, a file of a rehearsal; "" if there is no token."""
    unusable: str = ""
    """Why there is no token to ask with; the answers below are then None."""
    way_out: str = ""
    is_minted: bool = False
    """Whether the registry has just made it for trusted publishing. It then needs no other question."""
    is_short_lived: bool = False
    """Whether it is a token of trusted publishing that lies where an API token belongs. The registry answers it nothing but
    uploads."""
    is_broken: bool = False
    """Whether there is a token that cannot be sent."""
    is_unknown: bool = False
    """Whether it is not known if there is a token, because its store could not be read."""
    me: Exchange | None = None
    configs_of_user: Exchange | None = None
    """`GET …/github_configs?user_id=…`, which shows whether the token may read configurations, and whether it has scopes."""
    expires: AwareDatetime | None = None
    """When it expires, as the profile says. No answer of the registry holds it."""

    @property
    def named(self) -> str:
        return "the token made for this workflow run" if self.is_minted else f"the token in {self.source}"


class CrateAnswers(Value):
    """The registry's answers about one crate of the plan. None: not asked."""

    crate: Exchange
    owners: Exchange | None = None
    configs: Exchange | None = None
    """Its configurations of trusted publishing at GitHub. Only a user who owns the crate may read them."""
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
    at: AwareDatetime
    """When it was asked, on the world's clock."""
    site: Exchange
    tokens: Mapping[Action, TokenSeen] = Field(default_factory=dict)
    """The tokens that publish, by what they publish. A token of trusted publishing is here only if uploads are probed with it,
    or if nobody gives one."""
    readers: tuple[TokenSeen, ...] = ()
    """The API tokens with which configurations were to be read, in that order. Only the last can have read them."""
    crates: Mapping[str, CrateAnswers] = Field(default_factory=dict)
    """The crates that are not published yet, by name."""
    names: Mapping[str, NameSeen] = Field(default_factory=dict)
    """The crates outside of the release that its crates depend on, by name."""
    requests: int = 0
    """How often the web API was asked."""
