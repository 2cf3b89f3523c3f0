"""Reads a credential from a Secret block, the environment, or the directory of a rehearsal's world.

A rehearsal has its own credentials and reads no others. Refuses to know how long a token lives and who shares it:
`loadmaster.credentials.tokens` does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from loadmaster.credentials.token import Token
from loadmaster.errors.credentials import IdentityMissing, SecretBlockMissing, TokenMissing
from loadmaster.planning.profile.registry_style import (
    CARGO_TOKEN_VARIABLE,
    IDENTITY_VARIABLES,
    NEW_TOKEN_VARIABLE,
    TOKEN_VARIABLE,
    Credentials,
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
    return token_from_environment(index, action)


def token_from_environment(index: str, action: Action = Action.UPDATE) -> Token:
    """Raises `TokenMissing`, `TokenUnusable`. A token for new crates alone updates none, and the error says that it is set."""
    own = (NEW_TOKEN_VARIABLE, TOKEN_VARIABLE) if action is Action.NEW else (TOKEN_VARIABLE,)
    names = (*own, CARGO_TOKEN_VARIABLE) if index.rstrip("/") == crates_io_index().rstrip("/") else own
    variable = next((name for name in names if os.environ.get(name)), None)
    if variable is None:
        raise TokenMissing(names, NEW_TOKEN_VARIABLE if os.environ.get(NEW_TOKEN_VARIABLE) else "")
    return Token(os.environ[variable], f"`{variable}`")


def forge_token(world: World) -> Token:
    """Raises `TokenUnusable`."""
    return _read_token(world, "forge")


class IdTokenSource(NamedTuple):
    """The address and the credential to ask for an ID token, as a GitHub Actions job does."""

    url: str
    token: Token


def identity(world: World) -> IdTokenSource:
    """The provider of ID tokens for this process: in a rehearsal its own issuer, else GitHub Actions. Raises `IdentityMissing`."""
    if world.has_own_credentials and world.identity is not None:
        return IdTokenSource(world.identity, _read_token(world, "identity"))
    url, token = (os.environ.get(name) for name in IDENTITY_VARIABLES)
    if world.has_own_credentials or not url or not token:
        raise IdentityMissing(IDENTITY_VARIABLES)
    return IdTokenSource(url, Token(token, f"`{IDENTITY_VARIABLES[1]}`"))


def _read_token(world: World, name: str) -> Token:
    file = credential_file(world.directory, name)
    return Token(file.read_text(encoding="utf-8").strip(), f"`{file.name}`")
