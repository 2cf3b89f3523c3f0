"""The index as of an instant, served on loopback while cargo packages. Read-only; it has no credential.

The release's own versions are shown even if they are newer: a crate that is packaged after its sibling was published names that
sibling's checksum. So are crates of another workspace of the same release, which are packaged and not uploaded: the view itself
has their files. cargo fetches all other files from the registry.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from loadmaster.errors.rehearsal import UpstreamUnreachable
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.registry.sparse_index import download_url, index_path
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.version import same_version

PRESENT = datetime.max.replace(tzinfo=UTC)
"""Later than everything: a fetched file may be out of date, and is fetched again."""


class PackagedBefore(NamedTuple):
    """A crate that an earlier call packaged, and that no registry has yet."""

    name: str
    version: str
    line: bytes
    """Its line of the index."""
    file: Path


@contextmanager
def index_as_of(
    index: str, cache: Path, as_of: datetime, released: Mapping[str, str], packaged: Iterable[PackagedBefore] = ()
) -> Iterator[str]:
    """Yields the address of a sparse index that shows `index` as of the instant, all of `released` (version by name), and
    `packaged` in the place of what the registry has of these versions.

    If the registry does not answer, it answers with 502, never as absent.
    """
    with serving(_View(index, cache, as_of, released, packaged).app()) as address:
        yield f"sparse+{address}/index/"


class _View:
    def __init__(
        self,
        index: str,
        cache: Path,
        as_of: datetime,
        released: Mapping[str, str],
        packaged: Iterable[PackagedBefore],
    ) -> None:
        self._then = Upstream(index, cache, as_of=as_of)
        self._now = Upstream(index, cache, as_of=PRESENT)
        self._released = {name.lower(): version for name, version in released.items()}
        self._packaged = {crate.name.lower(): crate for crate in packaged}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/index/config.json", self.config),
                Route("/index/{path:path}", self.file),
                Route("/crates/{name}/{version}/download", self.crate),
            ],
            exception_handlers={UpstreamUnreachable: _unreachable},
            lifespan=self._lifespan,
        )

    async def config(self, request: Request) -> Response:
        """cargo fetches files from here only if some of them are nowhere else."""
        here = f"{request.base_url}crates"
        return JSONResponse({"dl": here if self._packaged else await self._now.downloads()})

    async def crate(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        ours = self._packaged.get(name.lower())
        if ours is not None and ours.version == version:
            return FileResponse(ours.file)
        checksums = (read_json(line)["cksum"] for line in await self._lines(name.lower()) if _is(line, version))
        checksum = next(checksums, None)
        if checksum is None:
            return PlainTextResponse("no such crate", status_code=404)
        return RedirectResponse(download_url(await self._now.downloads(), name, version, checksum))

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
        lines, released, ours = await self._then.lines(name), self._released.get(name), self._packaged.get(name)
        if released is not None:
            others = [line for line in lines if not _is(line, released)]
            lines = (*others, *(line for line in await self._now.lines(name) if _is(line, released)))
        if ours is None:
            return lines
        return (*(line for line in lines if not _is(line, ours.version)), ours.line)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self._then.aclose()
        await self._now.aclose()


def _is(line: bytes, version: str) -> bool:
    return same_version(read_json(line)["vers"], version)


async def _unreachable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=502)
