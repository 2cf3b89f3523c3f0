"""Where a credential is read: a Secret block, the environment, or the directory of a rehearsal's world.

A rehearsal has its own and reads nothing else. Refuses to know how long a token lives and who shares it: that is
`loadmaster.credentials.tokens`.
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
    """Where there is no Prefect. Raises `SecretBlockMissing`."""
    raise SecretBlockMissing(name)


def api_token(world: World, said: Credentials, action: Action, read_block: ReadBlock) -> Token:
    """The API token for crates that are new, or for the others. Raises `TokenMissing`, `TokenUnusable`, what a block raises."""
    if world.has_own_credentials:
        own = "registry-new" if action is Action.NEW else "registry"
        return _from_file(world, own if credential_file(world.directory, own).exists() else "registry")
    return real_api_token(world.index, said, action, read_block)


def real_api_token(index: str, said: Credentials, action: Action, read_block: ReadBlock) -> Token:
    """As `api_token`, for a registry that is no rehearsal's."""
    if (block := said.block_for(action)) is not None:
        return Token(read_block(block), f"the Secret block `{block}`")
    return token_from_environment(index, action)


def token_from_environment(index: str, action: Action = Action.UPDATE) -> Token:
    """Raises `TokenMissing`, `TokenUnusable`."""
    own = (NEW_TOKEN_VARIABLE, TOKEN_VARIABLE) if action is Action.NEW else (TOKEN_VARIABLE,)
    names = (*own, CARGO_TOKEN_VARIABLE) if index.rstrip("/") == crates_io_index().rstrip("/") else own
    found = next((name for name in names if os.environ.get(name)), None)
    if found is None:
        raise TokenMissing(names)
    return Token(os.environ[found], f"`{found}`")


def forge_token(world: World) -> Token:
    """Raises `TokenUnusable`."""
    return _from_file(world, "forge")


class IdTokenSource(NamedTuple):
    """How to ask for an ID token, as a GitHub Actions job does."""

    url: str
    token: Token


def identity(world: World) -> IdTokenSource:
    """Who vouches for this process: in a rehearsal its own issuer, else GitHub Actions. Raises `IdentityMissing`."""
    if world.has_own_credentials and world.identity is not None:
        return IdTokenSource(world.identity, _from_file(world, "identity"))
    url, token = (os.environ.get(name) for name in IDENTITY_VARIABLES)
    if world.has_own_credentials or not url or not token:
        raise IdentityMissing(IDENTITY_VARIABLES)
    return IdTokenSource(url, Token(token, f"`{IDENTITY_VARIABLES[1]}`"))


def _from_file(world: World, name: str) -> Token:
    file = credential_file(world.directory, name)
    return Token(file.read_text(encoding="utf-8").strip(), f"`{file.name}`")
