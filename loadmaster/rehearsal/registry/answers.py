"""The registry's refusals: errors in crates.io's shape, clients that it turns away, and the answers to exceptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.rehearsal import UpstreamChecksumMismatch, UpstreamUnreachable
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.policy import Policies

_NO_USER_AGENT = """\
We require that all requests include a `User-Agent` header.  To allow us to determine the impact your bot has on our \
service, we ask that your user agent actually identify your bot, and not just report the HTTP client library you're \
using.  Including contact information will also reduce the chance that we will need to take action against your bot.

Bad:
  User-Agent: reqwest/0.9.1

Better:
  User-Agent: my_crawler

Best:
  User-Agent: my_crawler (my_crawler.com/info)
  User-Agent: my_crawler (help@my_crawler.com)

If you believe you've received this message in error, please email help@crates.io and include the request id .
"""


_BLOCKED = (
    "We are unable to process your request at this time. This usually means that you are in violation of our API data "
    "access policy (https://crates.io/data-access). Please email help@crates.io and provide the request id "
)


class TurnAway:
    """The web API refuses clients without a `User-Agent`, and blocked ones. Downloads need no `User-Agent`."""

    def __init__(self, app: ASGIApp, policies: Policies) -> None:
        self._app, self._policies = app, policies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = self._refuses(Request(scope)) if scope["type"] == "http" else None
        answer = self._app if text is None else shaped(Request(scope), 403, text, {})
        await answer(scope, receive, send)

    def _refuses(self, request: Request) -> str | None:
        """The reason for a refusal, or None. crates.io serves index and crate files from other hosts, without this rule."""
        if is_below(request, "/index/", "/crates/"):
            return None
        agent = request.headers.get("User-Agent", "").strip()
        if agent in ("", "Amazon CloudFront") and not request.url.path.endswith("download"):
            return _NO_USER_AGENT
        return _BLOCKED if any(part in agent for part in self._policies.current().blocked_agents) else None


def is_api(request: Request) -> bool:
    return is_below(request, "/api/")


def is_below(request: Request, *places: str) -> bool:
    return request.url.path.removeprefix(request.scope.get("root_path", "")).startswith(places)


def base_of(request: Request) -> str:
    """The registry's address, as the client sees it."""
    # Starlette's `request.base_url` is that of the outermost application, not of the mount.
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def errors(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"detail": detail}]}, status_code=status, headers=headers)


async def _answer_refusal(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return shaped(request, refusal.status, refusal.detail, refusal.headers)


def shaped(request: Request, status: int, detail: str, headers: Mapping[str, str]) -> Response:
    if is_api(request):
        return errors(status, detail, headers)
    return PlainTextResponse(detail, status_code=status, headers=headers)


async def _answer_upstream_error(request: Request, error: Exception) -> Response:
    """A gateway's answer: cargo shows the text, and never takes it for `no such crate`."""
    return errors(502, str(error)) if is_api(request) else PlainTextResponse(str(error), status_code=502)


async def _answer_full_disk(request: Request, error: Exception) -> Response:
    """cargo shows the text, by which its caller recognises the disk."""
    return errors(507, str(error)) if is_api(request) else PlainTextResponse(str(error), status_code=507)


async def _answer_no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and is_api(request):
        return errors(404, "Not Found")
    return Response(status_code=error.status_code, headers=error.headers)


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """The client hung up while it was sending."""
    return Response(status_code=400)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Refusal: _answer_refusal,
    UpstreamUnreachable: _answer_upstream_error,
    UpstreamChecksumMismatch: _answer_upstream_error,
    DiskFull: _answer_full_disk,
    NotWritten: _answer_full_disk,
    HTTPException: _answer_no_route,
    ClientDisconnect: _answer_nobody,
}
