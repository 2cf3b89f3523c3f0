"""The guard before Prefect's server: an ASGI application around another. What is refused is in `loadmaster.planning.guard`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, MutableMapping
from typing import Any

from loadmaster.planning.guard import Caller, why_refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

REFUSED = 403
POLICY_VIOLATION = 1008
"""The code with which a WebSocket is closed; before it was accepted, the answer is 403."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""What the UI keeps for this address holds the sign-in, so no script of another address runs here. Its graphs need `eval`."""
ALWAYS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""On every answer: no page may show it in a frame, or load it as its own image or script."""


class Guard:
    """Lets through what is for this server and not from a stranger's page, HTTP and WebSockets alike.

    `own`: the server's names, `HOST:PORT`.
    """

    def __init__(self, application: Application, own: Collection[str]) -> None:
        self._application, self._own = application, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif (why := why_refused(_caller(scope), self._own)) is not None:
            await (_close(send) if scope["type"] == "websocket" else _answer(send, why))
        else:
            await self._application(scope, receive, _with_headers(send))


def _caller(scope: Scope) -> Caller:
    headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
    return Caller(
        hosts=_values(headers, b"host"),
        origins=_values(headers, b"origin"),
        site=_last(headers, b"sec-fetch-site"),
        mode=_last(headers, b"sec-fetch-mode"),
        dest=_last(headers, b"sec-fetch-dest"),
        method=scope.get("method", "GET"),
        path=scope["path"],
        kind=scope["type"],
    )


def _values(headers: Iterable[tuple[bytes, str]], wanted: bytes) -> tuple[str, ...]:
    return tuple(value for name, value in headers if name == wanted)


def _last(headers: Iterable[tuple[bytes, str]], wanted: bytes) -> str | None:
    found = _values(headers, wanted)
    return found[-1] if found else None


async def _answer(send: Send, why: str) -> None:
    body = f"{why}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *ALWAYS]
    await send({"type": "http.response.start", "status": REFUSED, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _close(send: Send) -> None:
    await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *ALWAYS]}
        await send(message)

    return send_with_headers
