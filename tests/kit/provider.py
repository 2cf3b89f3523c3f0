"""A registry's part in trusted publishing and somebody who vouches, on loopback: counts, and misbehaves when told to."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving

ASKING = "asking-for-an-id-token"


@dataclass
class Provider:
    """`minted` and `revoked` are what a server keeps; `fails` names the endpoints that answer 503."""

    asked: list[str] = field(default_factory=list)
    minted: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    address: str = ""

    @property
    def index(self) -> str:
        return f"sparse+{self.address}/index/"

    @property
    def identity(self) -> str:
        """As GitHub's, the address has a query already."""
        return f"{self.address}/identity?api-version=2.0"

    @contextmanager
    def served(self) -> Iterator[Provider]:
        tokens = "/api/v1/trusted_publishing/tokens"
        routes = [
            Route("/index/config.json", self._config),
            Route("/identity", self._unless_failing("identity", self._vouch)),
            Route(tokens, self._unless_failing("exchange", self._exchange), methods=["POST"]),
            Route(tokens, self._unless_failing("revoke", self._revoke), methods=["DELETE"]),
        ]
        with serving(Starlette(routes=routes)) as self.address:
            yield self

    def _unless_failing(
        self, name: str, act: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if name in self.fails:
                told = f"not now, `{request.headers.get('Authorization')}`, {(await request.body()).decode()}"
                return JSONResponse({"errors": [{"detail": told}]}, status_code=503)
            return await act(request)

        return answer

    async def _config(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return JSONResponse({"api": base, "dl": f"{base}/dl"})

    async def _vouch(self, request: Request) -> Response:
        self.asked.append(f"{request.url.query} {request.headers['Authorization']}")
        return JSONResponse({"value": f"header.claims-{len(self.asked)}.signature"})

    async def _exchange(self, request: Request) -> Response:
        assert (await request.json())["jwt"] == f"header.claims-{len(self.asked)}.signature"
        self.minted.append(f"cio_tp_{secrets.token_hex(16)}")
        return JSONResponse({"token": self.minted[-1]})

    async def _revoke(self, request: Request) -> Response:
        self.revoked.append(request.headers["Authorization"].removeprefix("Bearer "))
        return Response(status_code=204)


class HandClock:
    """Shows what a test sets."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 7, 25, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def seconds_until(self, instant: datetime) -> float:
        return max(0.0, (instant - self.instant).total_seconds())

    def pass_minutes(self, minutes: float) -> None:
        self.instant += timedelta(minutes=minutes)
