"""Carries out a fault on an HTTP request: delays it, refuses it, redirects it, cuts it, answers it wrongly, or kills the process.

It knows the instants of a request: before its body, before its effect, after it. It refuses to know what requests mean.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import psutil
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from loadmaster.rehearsal.faults.fault import READ_ONLY, Door, Fault, FaultScript
from loadmaster.rehearsal.faults.uses import Uses
from loadmaster.run.world_clock import http_date

NO_FAULTS = FaultScript(faults=())
LOOP = "loop"
_LOOK_SECONDS = 0.05
"""By the world's clock: how often is looked whether a request that is held was let go."""


@dataclass(frozen=True, kw_only=True)
class Dealing:
    """The parts of a server's work on one request, so that a fault can come between them."""

    read: Callable[[], Awaitable[object]]
    """Reads the body."""
    act: Callable[[], Awaitable[Response]]
    refuse: Callable[[int, str, Mapping[str, str]], Response]
    """An error as this server writes it: status, text, headers."""
    note: Callable[[int, str], None] = lambda _status, _detail: None
    """Called for a request that took no effect, with the status (0 if none was sent) and the reason."""


class Misfortune:
    """The script of one server, with its counts in `file`."""

    def __init__(
        self,
        script: FaultScript | None,
        file: Path,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.script = script or NO_FAULTS
        self._uses, self._clock, self._sleep = Uses(file, clock), clock, sleep
        self._held = file.parent / "held"

    def due(self, on: Door, crate: str = "", fits: Callable[[Fault], bool] = lambda _: True) -> Fault | None:
        return self.script.due(on, crate, self._uses.count, fits)

    async def hold_up(self, fault: Fault) -> None:
        """For as long as the fault says, or until somebody lets go: removes the file that is made for it here."""
        await self._sleep(fault.delay_seconds)
        if not fault.hold_seconds:
            return
        self._held.mkdir(parents=True, exist_ok=True)
        file = self._held / "-".join(filter(None, (fault.on, fault.crate)))
        file.touch()
        passed = 0.0
        while passed < fault.hold_seconds and file.exists():
            await self._sleep(_LOOK_SECONDS)
            passed += _LOOK_SECONDS
        file.unlink(missing_ok=True)

    async def meet(self, fault: Fault | None, request: Request, exchange: Dealing) -> Response:
        """Does what the fault says; without a fault, carries out the request."""
        if LOOP in request.query_params:
            return _once_more(request)
        if fault is None:
            await exchange.read()
            return await exchange.act()
        if fault.reset == "before-body":
            return _cut(request, exchange, "the connection was cut before the file was read")
        await exchange.read()
        await self.hold_up(fault)
        if fault.reset == "before-commit":
            return _cut(request, exchange, "the connection was cut before anything took effect")
        return await self._answer(fault, request, exchange)

    async def _answer(self, fault: Fault, request: Request, exchange: Dealing) -> Response:
        if fault.loop:
            return _once_more(request)
        if (status := 503 if fault.read_only else fault.status) is not None:
            text = fault.detail or (READ_ONLY if fault.read_only else "")
            exchange.note(status if status >= 400 else 0, text)
            return _in_form(fault, exchange.refuse(status, text, self._headers(fault)), text)
        return await self._with_effect(fault, request, exchange)

    async def _with_effect(self, fault: Fault, request: Request, exchange: Dealing) -> Response:
        try:
            answer = await exchange.act()
            if fault.kill and answer.status_code < 400:
                kill()
            return _in_form(fault, answer, fault.detail)
        finally:
            if fault.lose_answer:
                cut_connection(request)

    def _headers(self, fault: Fault) -> dict[str, str]:
        if fault.retry_after_seconds is None:
            return {}
        again = self._clock() + timedelta(seconds=fault.retry_after_seconds)
        return {"Retry-After": http_date(datetime.fromtimestamp(math.ceil(again.timestamp()), UTC))}


def kill() -> None:
    """Ends the process that serves the world at once, like a power cut: nothing is flushed or cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def cut_connection(request: Request) -> None:
    """Shuts down the TCP connection of `request`.

    An ASGI application cannot hang up: whatever it raises, the server answers 500. The socket can.
    """
    client = request.client and tuple(request.client)
    for connection in psutil.Process().net_connections(kind="tcp"):
        if tuple(connection.raddr) == client and connection.fd >= 0:
            with socket.socket(fileno=os.dup(connection.fd)) as handle:
                handle.shutdown(socket.SHUT_RDWR)


def _cut(request: Request, exchange: Dealing, told: str) -> Response:
    cut_connection(request)
    exchange.note(0, told)
    return Response(status_code=503)  # nobody receives it


def _once_more(request: Request) -> Response:
    # The address marks the loop, so that one fault counts once, however often the client follows it.
    return RedirectResponse(request.url.include_query_params(**{LOOP: "1"}), 302)


def _in_form(fault: Fault, answer: Response, text: str) -> Response:
    match fault.form:
        case "errors":
            return answer
        case "html":
            page = f"<!doctype html>\n<title>{answer.status_code}</title>\n<h1>{escape(text or 'It works!')}</h1>\n"
            return HTMLResponse(page, answer.status_code)
        case "empty":
            return Response(b"", answer.status_code)
