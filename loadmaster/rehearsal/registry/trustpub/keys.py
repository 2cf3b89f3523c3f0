"""The keys of issuers of ID tokens, read from their published addresses and kept for a while, as crates.io does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
import jwt

from loadmaster.clients import bounded
from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.json_text import read_json

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"


_READ_AGAIN_AFTER = timedelta(seconds=60)
_PATIENCE = 5.0
"""Seconds."""


class KeySource(NamedTuple):
    """The address of an issuer's OpenID configuration."""

    address: str
    transport: httpx.AsyncBaseTransport | None = None
    """The transport to an issuer in this process; None: over the network."""


Issuers = Mapping[str, KeySource]
"""The accepted issuers, by their names: `GITHUB`, `GITLAB`.

A rehearsal's issuer has the name of the real one, but another address and a key of its own.
"""


class Keys:
    """The keys of one issuer. For an unknown key they are read again, at most once a minute."""

    def __init__(self, source: KeySource, clock: Callable[[], datetime]) -> None:
        self._source, self._clock = source, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def key(self, identity: str) -> jwt.PyJWK:
        """Raises `Refusal`."""
        async with self._reading:
            if identity not in self._keys and self._may_read():
                try:
                    self._keys = await self._read()
                except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, jwt.PyJWTError):
                    raise Refusal(500, "Failed to load OIDC key set") from None
                self._read_at = self._clock()
        if identity not in self._keys:
            raise bad_request("Invalid JWT key ID")
        return self._keys[identity]

    def _may_read(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at >= _READ_AGAIN_AFTER

    async def _read(self) -> dict[str, jwt.PyJWK]:
        async with bounded.AsyncClient(timeout=_PATIENCE, trust_env=False, transport=self._source.transport) as client:
            found = await _document(client, f"{self._source.address}/.well-known/openid-configuration")
            keys = await _document(client, found["jwks_uri"])
        return {key["kid"]: jwt.PyJWK(key) for key in keys["keys"] if "kid" in key}


async def _document(client: httpx.AsyncClient, address: str) -> Any:
    return read_json((await client.get(address)).raise_for_status().content)
