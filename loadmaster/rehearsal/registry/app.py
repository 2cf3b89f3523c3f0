"""The registry over HTTP: routes, headers, the shape of errors. Every rule is elsewhere.

Addresses that it emits follow the request, so it can be mounted anywhere and reached under any port.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from loadmaster.errors import UpstreamChecksumMismatch, UpstreamUnreachable
from loadmaster.planning.sparse_index import index_path
from loadmaster.rehearsal.faults import Door, Fault, FaultScript, cut_connection
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.framing import Metadata, read_metadata
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import http_date
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.publishing import Publishing
from loadmaster.rehearsal.registry.records import Published
from loadmaster.rehearsal.registry.refusal import Refusal, forbidden

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


class Endpoints:
    def __init__(
        self,
        ledger: Ledger,
        overlay: Overlay,
        publishing: Publishing,
        faults: FaultScript | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._overlay = overlay
        self._publishing = publishing
        self._faults = faults or FaultScript(faults=())
        self._clock = clock

    def app(self) -> Starlette:
        crate = "/api/v1/crates/{name}"
        return Starlette(
            routes=[
                Route("/index/config.json", self.config),
                Route("/index/{path:path}", self.index),
                Route("/crates/{name}/{file}", self.download),
                Route("/api/v1/crates/new", self.publish, methods=["PUT"]),
                Route(crate, self.crate),
                Route(f"{crate}/owners", self.owners),
                Route(f"{crate}/{{version}}", self.version),
                Route(f"{crate}/{{version}}/download", self.to_download),
                *(Route(f"/api/v1/{page}", self.website_only) for page in ("me", "me/tokens", "me/updates")),
            ],
            middleware=[Middleware(_RequireUserAgent)],
            exception_handlers={
                Refusal: _answer_refusal,
                UpstreamUnreachable: _answer_upstream_error,
                UpstreamChecksumMismatch: _answer_upstream_error,
                HTTPException: _answer_no_route,
            },
            lifespan=self._lifespan,
        )

    async def config(self, request: Request) -> Response:
        base = _base(request)
        return JSONResponse({"dl": f"{base}/crates/{{crate}}/{{crate}}-{{version}}.crate", "api": base})

    async def index(self, request: Request) -> Response:
        path = request.path_params["path"]
        name = path.rpartition("/")[2]
        return await self._through_the_door("index", name, request, lambda: self._index_file(request, path, name))

    async def download(self, request: Request) -> Response:
        name, file = request.path_params["name"], request.path_params["file"]
        version = file.removeprefix(f"{name}-").removesuffix(".crate")
        return await self._through_the_door("download", name, request, lambda: self._crate_file(name, version))

    async def to_download(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        prefix = request.scope.get("root_path", "")
        return RedirectResponse(f"{prefix}/crates/{name}/{name}-{version}.crate", status_code=302)

    async def publish(self, request: Request) -> Response:
        body = await request.body()
        announced = _announced(body)
        try:
            return await self._through_the_door(
                "publish", announced.name, request, lambda: self._accept(body, request.headers.get("Authorization"))
            )
        except Refusal as refusal:
            self._log(announced, refusal.status, refusal.detail)
            raise
        except UpstreamUnreachable as error:
            self._log(announced, 502, error.what)
            raise

    async def crate(self, request: Request) -> Response:
        entries, ours = await self._known(request.path_params["name"])
        crate = views.crate_view(entries, ours)
        if request.query_params.get("include") == "":
            bare = crate | {"versions": None, "keywords": None, "categories": None}
            return JSONResponse({"crate": bare, "versions": None, "keywords": None, "categories": None})
        versions = [views.version_view(n, entry, ours.get(entry["vers"])) for n, entry in enumerate(entries, 1)]
        return JSONResponse(
            {
                "crate": crate,
                "versions": versions[::-1],
                "keywords": [views.keyword_view(keyword) for keyword in crate["keywords"]],
                "categories": [views.category_view(slug) for slug in crate["categories"]],
            }
        )

    async def version(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        entries, ours = await self._known(name)
        for number, entry in enumerate(entries, 1):
            if entry["vers"] == version:
                return JSONResponse({"version": views.version_view(number, entry, ours.get(version))})
        raise Refusal(404, f"crate `{entries[0]['name']}` does not have a version `{version}`")

    async def owners(self, request: Request) -> Response:
        name = request.path_params["name"]
        await self._known(name)
        return JSONResponse({"users": [views.owner_view(owner) for owner in self._ledger.owners(name)]})

    async def website_only(self, request: Request) -> Response:
        """What tells a valid token from an invalid one: valid ones are told to use the website."""
        self._publishing.grant(request.headers.get("Authorization"))
        raise forbidden("this action can only be performed on the crates.io website")

    async def _accept(self, body: bytes, authorization: str | None) -> Response:
        metadata = await self._publishing.publish(body, authorization)
        return JSONResponse(views.publish_view(views.crate_view(*await self._known(metadata.name))))

    async def _index_file(self, request: Request, path: str, name: str) -> Response:
        body = await self._overlay.index(name) if name and index_path(name) == path else None
        if body is None:
            return PlainTextResponse("", status_code=404)
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return PlainTextResponse(body, headers=headers)

    async def _crate_file(self, name: str, version: str) -> Response:
        file = await self._overlay.crate_file(name, version)
        if file is None:
            return PlainTextResponse("", status_code=404)
        return FileResponse(file, media_type="application/gzip")

    async def _known(self, name: str) -> tuple[list[views.Json], dict[str, Published]]:
        entries = await self._overlay.entries(name)
        if not entries:
            raise Refusal(404, f"crate `{name}` does not exist")
        return entries, {version.manifest.version: version for version in self._ledger.published(name)}

    async def _through_the_door(
        self, door: Door, crate: str, request: Request, go_on: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Does what the script says, and else what was asked for."""
        fault = self._faults.due(door, crate, self._ledger.fire)
        if fault is None:
            return await go_on()
        await asyncio.sleep(fault.delay_seconds)
        try:
            if fault.status is not None:
                raise Refusal(fault.status, fault.detail, self._retry_after(fault))
            return await go_on()
        finally:
            if fault.lose_answer and request.client is not None:
                cut_connection((request.client.host, request.client.port))

    def _retry_after(self, fault: Fault) -> dict[str, str]:
        if fault.retry_after_seconds is None:
            return {}
        again = self._clock() + timedelta(seconds=fault.retry_after_seconds)
        whole_seconds = datetime.fromtimestamp(math.ceil(again.timestamp()), again.tzinfo)
        return {"Retry-After": http_date(whole_seconds)}

    def _log(self, announced: Metadata, status: int, detail: str) -> None:
        self._ledger.log(announced.name, announced.version, status, detail, self._clock())

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._overlay.close()


class _RequireUserAgent:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_api(Request(scope)):
            agent = Request(scope).headers.get("User-Agent", "")
            if agent in ("", "Amazon CloudFront") and not scope["path"].endswith("download"):
                await _errors(403, _NO_USER_AGENT)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _announced(body: bytes) -> Metadata:
    try:
        return read_metadata(body)[0]
    except Refusal:
        return Metadata(name="", version="")


def _base(request: Request) -> str:
    # `request.base_url` is that of the outermost application, not of the mount.
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(f"{request.scope.get('root_path', '')}/api/")


def _errors(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"detail": detail}]}, status_code=status, headers=headers)


async def _answer_refusal(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    if _is_api(request):
        return _errors(refusal.status, refusal.detail, refusal.headers)
    return PlainTextResponse(refusal.detail, status_code=refusal.status, headers=refusal.headers)


async def _answer_upstream_error(request: Request, error: Exception) -> Response:
    """A gateway's answer: cargo shows the text, and never takes it for `no such crate`."""
    return _errors(502, str(error)) if _is_api(request) else PlainTextResponse(str(error), status_code=502)


async def _answer_no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and _is_api(request):
        return _errors(404, "Not Found")
    return Response(status_code=error.status_code, headers=error.headers)
