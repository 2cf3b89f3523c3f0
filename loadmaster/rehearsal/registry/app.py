"""The registry over HTTP: routes, headers, the shape of errors. It has no rules of its own.

Addresses that it emits follow the request, so it can be mounted anywhere and reached under any port.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.errors.rehearsal import UpstreamUnreachable
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.registry.sparse_index import index_path
from loadmaster.rehearsal.faults import Dealing, Fault, Misfortune, WholeServer
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.answers import HANDLERS, TurnAway, base_of, shaped
from loadmaster.rehearsal.registry.framing import Metadata
from loadmaster.rehearsal.registry.index import with_checksum
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.pages import Pages
from loadmaster.rehearsal.registry.paths import check_crate_in_path, check_version_in_path
from loadmaster.rehearsal.registry.policy import Policies
from loadmaster.rehearsal.registry.publishing import Publishing
from loadmaster.rehearsal.registry.receiving import Incoming
from loadmaster.rehearsal.registry.records import Tarball


class RegistryRoutes:
    def __init__(
        self,
        ledger: Ledger,
        overlay: Overlay,
        publishing: Publishing,
        pages: Pages,
        policies: Policies,
        misfortune: Misfortune,
        clock: Callable[[], datetime],
        usual_lag: float,
    ) -> None:
        """`usual_lag`: seconds from the acceptance of a version to its line in the index."""
        self._ledger = ledger
        self._overlay = overlay
        self._publishing = publishing
        self._pages = pages
        self._policies = policies
        self._misfortune = misfortune
        self._clock = clock
        self._usual_lag = usual_lag

    def app(self, more: Sequence[Route]) -> Starlette:
        """`more` are the routes of the web API's other parts."""
        app = Starlette(
            routes=[
                Route("/index/config.json", self.config),
                Route("/index/{path:path}", self.index),
                Route("/crates/{name}/{file}", self.download),
                Route("/api/v1/crates/new", self.publish, methods=["PUT"]),
                Route("/api/v1/crates/{name}/{version}/download", self.to_download),
                *more,
                *self._pages.routes(),
            ],
            middleware=[
                Middleware(WholeServer, self._misfortune, "registry", shaped),
                Middleware(TurnAway, self._policies),
            ],
            exception_handlers=dict(HANDLERS),
            lifespan=self._lifespan,
        )
        app.router.redirect_slashes = False
        return app

    async def config(self, request: Request) -> Response:
        return await self._read(self._misfortune.due("config"), request, lambda: self._config(base_of(request)))

    async def _config(self, base: str) -> Response:
        return JSONResponse({"dl": f"{base}/crates/{{crate}}/{{crate}}-{{version}}.crate", "api": base})

    async def index(self, request: Request) -> Response:
        path = request.path_params["path"]
        name = path.rpartition("/")[2]
        known = name if name and index_path(name) == path else None
        accepted_by = self._accepted_by(name)

        def fits(fault: Fault) -> bool:
            return not fault.is_about_ours or (known is not None and bool(self._overlay.ours(known, accepted_by)))

        fault = self._misfortune.due("index", name, fits)
        return await self._read(fault, request, lambda: self._index_file(request, known, accepted_by, fault))

    async def download(self, request: Request) -> Response:
        name, file = request.path_params["name"], request.path_params["file"]
        version = file.removeprefix(f"{name}-").removesuffix(".crate")
        fault = self._misfortune.due("download", name)
        tampered = fault is not None and fault.tampered
        return await self._read(fault, request, lambda: self._crate_file(name, version, tampered=tampered))

    async def to_download(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        check_crate_in_path(name)
        check_version_in_path(version)
        url = f"{request.scope.get('root_path', '')}/crates/{name}/{quote(f'{name}-{version}')}.crate"
        if "json" in request.headers.get("Accept", ""):
            return JSONResponse({"url": url})
        return RedirectResponse(url, status_code=302)

    async def publish(self, request: Request) -> Response:
        incoming = Incoming(request.stream())
        head = await incoming.head()
        announced = self._publishing.announced(head)
        note = partial(self._log, announced)
        with self._publishing.place() as place:
            upload = _Upload(self._publishing, incoming, head, place, request)
            exchange = Dealing(
                read=upload.receive,
                act=lambda: self._accept(upload),
                refuse=partial(shaped, request),
                note=note,
            )
            try:
                return await self._misfortune.meet(self._misfortune.due("publish", announced.name), request, exchange)
            except Refusal as refusal:
                note(refusal.status, refusal.detail)
                raise
            except UpstreamUnreachable as error:
                note(502, error.what)
                raise

    async def _accept(self, upload: _Upload) -> Response:
        metadata = await upload.publish()
        return JSONResponse(views.publish_view(await self._pages.crate_view(metadata.name)))

    def _accepted_by(self, name: str) -> datetime | None:
        """The latest acceptance of a version that the index shows now; None if the index shows every version at once."""
        scripted = self._misfortune.script.lag_seconds(name)
        lag = self._usual_lag if scripted is None else scripted
        return self._clock() - timedelta(seconds=lag) if lag else None

    async def _index_file(
        self, request: Request, name: str | None, accepted_by: datetime | None, fault: Fault | None
    ) -> Response:
        stale = fault is not None and fault.stale
        body = None if name is None else await self._overlay.index(name, accepted_by, without_newest=stale)
        if body is None:
            return PlainTextResponse("", status_code=404)
        if fault is not None and fault.checksum is not None:
            body = with_checksum(body, fault.checksum)
        headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return PlainTextResponse(body, headers=headers)

    async def _crate_file(self, name: str, version: str, *, tampered: bool) -> Response:
        file = await self._overlay.crate_file(name, version)
        if file is None:
            return PlainTextResponse("", status_code=404)
        if tampered:
            content = file.read_bytes()
            return Response(content[:-1] + bytes([content[-1] ^ 1]), media_type="application/gzip")
        return FileResponse(file, media_type="application/gzip")

    async def _read(self, fault: Fault | None, request: Request, act: Callable[[], Awaitable[Response]]) -> Response:
        exchange = Dealing(read=request.body, act=act, refuse=partial(shaped, request))
        return await self._misfortune.meet(fault, request, exchange)

    def _log(self, announced: Metadata, status: int, detail: str) -> None:
        self._ledger.log(announced.name, announced.version, status, detail, self._clock())

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._overlay.close()


@dataclass
class _Upload:
    """One publish request. Its crate file is read when the script permits it."""

    publishing: Publishing
    incoming: Incoming
    head: bytes
    place: Path
    request: Request
    tarball: Tarball | None = None

    async def receive(self) -> None:
        self.tarball = await self.publishing.receive(self.incoming, self.head, self.place)

    async def publish(self) -> Metadata:
        assert self.tarball is not None
        return await self.publishing.publish(self.head, self.tarball, self.request)
