"""Faults of every request to a server, before it looks at any: an outage of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from loadmaster.rehearsal.faults.fault import Door
from loadmaster.rehearsal.faults.misfortune import Dealing, Misfortune


class WholeServer:
    """Middleware. `refuse` writes an error as this server does: request, status, text, headers."""

    def __init__(
        self,
        app: ASGIApp,
        misfortune: Misfortune,
        door: Door,
        refuse: Callable[[Request, int, str, Mapping[str, str]], Response],
    ) -> None:
        self._app, self._misfortune, self._door, self._refuse = app, misfortune, door, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._misfortune.due(self._door) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        exchange = Dealing(
            read=request.body,
            act=_act,
            refuse=lambda status, text, headers: self._refuse(request, status, text, headers),
        )
        answer = await self._misfortune.meet(fault, request, exchange)
        await answer(scope, receive, send)


async def _act() -> NoReturn:
    raise AssertionError("a fault of a whole server lets no request take effect")
