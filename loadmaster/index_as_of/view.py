"""The index as of an instant, served on loopback while cargo packages. Read-only; it has no credential.

The release's own versions are shown even if they are newer: a crate that is packaged after its sibling was published names that
sibling's checksum. cargo fetches crate files from the registry itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from loadmaster.errors.rehearsal import UpstreamUnreachable
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.registry.sparse_index import index_path
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.version import same_version

PRESENT = datetime.max.replace(tzinfo=UTC)
"""Later than everything: a fetched file may be out of date, and is fetched again."""


@contextmanager
def index_as_of(index: str, cache: Path, as_of: datetime, released: Mapping[str, str]) -> Iterator[str]:
    """Yields the address of a sparse index that shows `index` as of the instant, and all of `released` (version by name).

    If the registry does not answer, it answers with 502, never as absent.
    """
    with serving(_View(index, cache, as_of, released).app()) as address:
        yield f"sparse+{address}/index/"


class _View:
    def __init__(self, index: str, cache: Path, as_of: datetime, released: Mapping[str, str]) -> None:
        self._then = Upstream(index, cache, as_of=as_of)
        self._now = Upstream(index, cache, as_of=PRESENT)
        self._released = {name.lower(): version for name, version in released.items()}

    def app(self) -> Starlette:
        return Starlette(
            routes=[Route("/index/config.json", self.config), Route("/index/{path:path}", self.file)],
            exception_handlers={UpstreamUnreachable: _unreachable},
            lifespan=self._lifespan,
        )

    async def config(self, _: Request) -> Response:
        return JSONResponse({"dl": await self._now.downloads()})

    async def file(self, request: Request) -> Response:
        path = request.path_params["path"]
        name = path.rpartition("/")[2]
        lines = await self._lines(name) if name and index_path(name) == path else ()
        if not lines:
            return PlainTextResponse("no such crate", status_code=404)
        body = b"".join(line + b"\n" for line in lines)
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(body, media_type="text/plain", headers={"ETag": etag})

    async def _lines(self, name: str) -> tuple[bytes, ...]:
        then, released = await self._then.lines(name), self._released.get(name)
        if released is None:
            return then
        others = (line for line in then if not _is(line, released))
        return (*others, *(line for line in await self._now.lines(name) if _is(line, released)))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._then.aclose()
        await self._now.aclose()


def _is(line: bytes, version: str) -> bool:
    return same_version(read_json(line)["vers"], version)


async def _unreachable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=502)
