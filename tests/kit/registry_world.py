"""A served registry with one account, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadmaster.clients.serving import serving
from loadmaster.rehearsal.registry import Registry, new_token


@dataclass(frozen=True)
class Served:
    registry: Registry
    address: str
    client: httpx.Client
    token: str
    """Of `mia`, who may do everything."""

    def put(self, body: bytes, token: str | None = None) -> httpx.Response:
        return self.client.put("/api/v1/crates/new", content=body, headers={"Authorization": token or self.token})

    def token_of(
        self, login: str, *, scopes: tuple[str, ...] | None = None, crates: tuple[str, ...] | None = None
    ) -> str:
        token = new_token()
        self.registry.add_token(login, token, scopes=scopes, crates=crates)
        return token


@contextmanager
def served(registry: Registry) -> Iterator[Served]:
    registry.add_account("mia")
    token = new_token()
    registry.add_token("mia", token)
    agent = {"User-Agent": "loadmaster-tests"}
    with serving(registry.app()) as address, httpx.Client(base_url=address, headers=agent, timeout=30) as client:
        yield Served(registry, address, client, token)


@contextmanager
def fresh(directory: Path) -> Iterator[Served]:
    with served(Registry(directory)) as world:
        yield world


def detail(answer: httpx.Response) -> tuple[int, str]:
    """Status and the first error's text."""
    return answer.status_code, answer.json()["errors"][0]["detail"]
