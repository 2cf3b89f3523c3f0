"""Reads a credential: from a Secret block, from what was given to this process or its keeper, or from a rehearsal's directory.

A rehearsal has its own credentials and reads no others. Refuses to know how long a token lives and who shares it:
`loadmaster.credentials.tokens` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from loadmaster.credentials.given import given
from loadmaster.credentials.token import Token
from loadmaster.errors.credentials import IdentityMissing, SecretBlockMissing, TokenMissing
from loadmaster.planning.profile.registry_style import Credentials
from loadmaster.planning.profile.secret_variables import (
    CARGO_TOKEN_VARIABLE,
    FORGE_TOKEN_VARIABLE,
    IDENTITY_VARIABLES,
    NEW_TOKEN_VARIABLE,
    TOKEN_VARIABLE,
)
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.values.rates import Action
from loadmaster.run.world import World, credential_file

ReadBlock = Callable[[str], str]
"""The text of a Secret block by its name. Raises `SecretBlockMissing`, `SecretBlockUnread`."""


def no_blocks(name: str) -> str:
    """A `ReadBlock` for use without Prefect. Raises `SecretBlockMissing`."""
    raise SecretBlockMissing(name)


def api_token(world: World, credentials: Credentials, action: Action, read_block: ReadBlock) -> Token:
    """The API token for this action: new crates or updates. Raises `TokenMissing`, `TokenUnusable`, and what a block raises."""
    if world.has_own_credentials:
        own = "registry-new" if action is Action.NEW else "registry"
        return _read_token(world, own if credential_file(world.directory, own).exists() else "registry")
    return real_api_token(world.index, credentials, action, read_block)


def real_api_token(index: str, credentials: Credentials, action: Action, read_block: ReadBlock) -> Token:
    """As `api_token`, for a real registry."""
    if (block := credentials.block_for(action)) is not None:
        return Token(read_block(block), f"the Secret block `{block}`")
    return given_token(index, action)


def given_token(index: str, action: Action = Action.UPDATE) -> Token:
    """The API token that a person gave.

    Raises `TokenMissing`, `TokenUnusable`, `SecretInEnvironment`, `KeeperSilent`. A token for new crates alone updates none, and
    the error says that there is one.
    """
    own = (NEW_TOKEN_VARIABLE, TOKEN_VARIABLE) if action is Action.NEW else (TOKEN_VARIABLE,)
    names = (*own, CARGO_TOKEN_VARIABLE) if index.rstrip("/") == crates_io_index().rstrip("/") else own
    for name in names:
        if value := given(name):
            return Token(value, f"`{name}`")
    for_all_first = sorted(names, key=lambda name: name != TOKEN_VARIABLE)
    raise TokenMissing(for_all_first, NEW_TOKEN_VARIABLE if given(NEW_TOKEN_VARIABLE) else "")


def forge_token(world: World) -> Token:
    """Raises `TokenUnusable`."""
    return _read_token(world, "forge")


def given_forge_token() -> Token | None:
    """The token for a live forge that a person gave, if any. Raises `TokenUnusable`, `SecretInEnvironment`, `KeeperSilent`."""
    value = given(FORGE_TOKEN_VARIABLE)
    return Token(value, f"`{FORGE_TOKEN_VARIABLE}`") if value else None


class IdTokenSource(NamedTuple):
    """The address and the credential to ask for an ID token, as a GitHub Actions job does."""

    url: str
    token: Token


def identity(world: World) -> IdTokenSource:
    """The provider of ID tokens for this process: in a rehearsal its own issuer, else GitHub Actions. Raises `IdentityMissing`."""
    if world.has_own_credentials and world.identity is not None:
        return IdTokenSource(world.identity, _read_token(world, "identity"))
    if world.has_own_credentials:
        raise IdentityMissing(IDENTITY_VARIABLES)
    url, token = (given(name) for name in IDENTITY_VARIABLES)
    if not url or not token:
        raise IdentityMissing(IDENTITY_VARIABLES)
    return IdTokenSource(url, Token(token, f"`{IDENTITY_VARIABLES[1]}`"))


def _read_token(world: World, name: str) -> Token:
    file = credential_file(world.directory, name)
    return Token(file.read_text(encoding="utf-8").strip(), f"`{file.name}`")
