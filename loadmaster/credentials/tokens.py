"""The tokens that one release holds in this process: read or minted at the first use, shared, renewed, and revoked.

They are looked up by their world, so that a task's parameters name the world and hold no token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from loadmaster.clients.registry import trusted_publishing
from loadmaster.clients.registry.registry import RegistryClient, http_client
from loadmaster.credentials.given import require_not_in_environment
from loadmaster.credentials.sources import ReadBlock, api_token, identity, no_blocks
from loadmaster.credentials.token import Token
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.credentials import TokenNotRevoked
from loadmaster.planning.crates_io.tokens import TRUSTED_LIFE
from loadmaster.planning.profile.registry_style import Credential, RegistryStyle
from loadmaster.planning.values.rates import Action
from loadmaster.run.clock import Clock
from loadmaster.run.job import Job
from loadmaster.run.world import World

RENEW_BEFORE = timedelta(minutes=5)
"""This long before its end, a token is not used for new uploads."""


class Minted(NamedTuple):
    api: str
    token: Token
    until: datetime


class HeldTokens:
    """Safe to use from many threads: one reads or mints, the others wait and get the same token."""

    def __init__(self, world: World, style: RegistryStyle, clock: Clock, read_block: ReadBlock = no_blocks) -> None:
        self._world, self._style, self._clock, self._read_block = world, style, clock, read_block
        self._lock = threading.Lock()
        self._read: dict[Action, Token] = {}
        self._minted: list[Minted] = []

    def token(self, action: Action) -> Token:
        """The token to publish a crate with: for a new crate or for an update.

        Raises `TokenMissing`, `TokenUnusable`, `SecretBlockMissing`, `SecretBlockUnread`, `KeeperSilent`; for trusted
        publishing `IdentityMissing`, `IdentityUnavailable`, `IdentityRefused`, `ExchangeRefused`, `RegistryUnreachable`.
        """
        with self._lock:
            if self._style.credential_for(action) is Credential.TRUSTED_PUBLISHING:
                return self._living()
            return self._api_token(action)

    def api_token(self, action: Action) -> Token:
        """The API token, even if crates are published with another: only it may see configurations of trusted publishing.

        Raises `TokenMissing`, `TokenUnusable`, `SecretBlockMissing`, `SecretBlockUnread`, `KeeperSilent`.
        """
        with self._lock:
            return self._api_token(action)

    def _api_token(self, action: Action) -> Token:
        if action not in self._read:
            self._read[action] = api_token(self._world, self._style.credentials, action, self._read_block)
        return self._read[action]

    def _living(self) -> Token:
        """The newest minted token, or a new one shortly before its end. If minting fails, the newest is used until its end."""
        now = self._clock.now()
        newest = self._minted[-1] if self._minted else None
        if newest is not None and now < newest.until - RENEW_BEFORE:
            return newest.token
        try:
            self._minted.append(self._mint(now + TRUSTED_LIFE))
        except LoadmasterError:
            if newest is None or now >= newest.until:
                raise
        return self._minted[-1].token

    def _mint(self, until: datetime) -> Minted:
        registry = RegistryClient(self._world.index)
        api, client = registry.api, registry.http
        url, request_token = identity(self._world)
        audience = trusted_publishing.audience_of(api)
        id_token = trusted_publishing.identity_token(url, request_token.reveal(), audience, client)
        jwt = Token(id_token, "the provider of ID tokens")
        return Minted(api, Token(trusted_publishing.exchange(api, jwt.reveal(), client), "trusted publishing"), until)

    def revoke(self) -> tuple[TokenNotRevoked, ...]:
        """Revokes every minted token, the renewed ones too. API tokens are only forgotten.

        Returns the failures instead of raising them: they must not hide why the release ended.
        """
        with self._lock:
            minted, self._minted = self._minted, []
            self._read.clear()
        return tuple(error for one in minted if (error := _revoke(one)) is not None)


def _revoke(minted: Minted) -> TokenNotRevoked | None:
    try:
        trusted_publishing.revoke(minted.api, minted.token.reveal(), http_client())
    except TokenNotRevoked as error:
        return error
    return None


_HELD: dict[World, HeldTokens] = {}
_HELD_LOCK = threading.Lock()


@contextmanager
def hold_tokens(
    job: Job, read_block: ReadBlock = no_blocks, tell: Callable[[TokenNotRevoked], None] = lambda _: None
) -> Iterator[HeldTokens]:
    """Holds the tokens of the job's world. At the end, revokes the minted ones.

    `tell` gets the error of each that could not be revoked. It is not raised, because it must not hide why the release ended,
    and the token expires by itself. Raises `SecretInEnvironment`: whatever the job runs could read it there.
    """
    require_not_in_environment()
    tokens = HeldTokens(job.world, job.project.registry, job.clock, read_block)
    with _HELD_LOCK:
        _HELD[job.world] = tokens
    try:
        yield tokens
    finally:
        with _HELD_LOCK:
            del _HELD[job.world]
        for failure in tokens.revoke():
            tell(failure)


def tokens_of(job: Job) -> HeldTokens:
    """The tokens that `hold_tokens` holds for the job's world, for any thread of the process."""
    with _HELD_LOCK:
        return _HELD[job.world]
