"""A real sparse index, seen as of an instant: index files and crate files, cached.

It knows the client's side of the sparse protocol. It refuses to know what is laid over it: local crates and rules.
Index files are append-only, so a file that was fetched at or after `as_of` stays right and is never fetched again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import httpx

from loadmaster import __version__
from loadmaster.clients import bounded
from loadmaster.clients.bounded import CONFIG, CRATE, INDEX_FILE, SMALL_INDEX_FILE, AnswerRefused, Bounds
from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.errors.rehearsal import UpstreamChecksumMismatch, UpstreamUnreachable
from loadmaster.planning.registry.as_of import lines_as_of
from loadmaster.planning.registry.index_line import require_line
from loadmaster.planning.registry.sparse_index import download_url, index_path
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.value import Value
from loadmaster.run.clock import utc_now
from loadmaster.run.store import write_atomically

ABSENT = frozenset({404, 410, 451})  # what cargo takes for "no such crate"; everything else but 200 and 304 is an error

T = TypeVar("T")


class IndexFile(Value):
    """One fetched index file: empty body for a crate that upstream does not have."""

    etag: str
    fetched: datetime
    """When the request was sent: everything that was published by then is in the body."""
    body: bytes


class _Shared(Generic[T]):
    """Concurrent calls for one key share one piece of work."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[T]] = {}

    async def once(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(work())
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(task)


class Upstream:
    """`index_address` is in cargo's form (`sparse+https://.../`). Concurrent processes may share `cache`."""

    def __init__(
        self, index_address: str, cache: Path, *, as_of: datetime, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.address = index_address.removeprefix("sparse+").rstrip("/") + "/"
        self._files = cache / "index" / _sha256(self.address.encode())[:16]
        self._crates = cache / "crates"
        self._as_of = as_of
        self._clock = clock
        self._settled: dict[str, tuple[bytes, ...]] = {}
        self._ahead: dict[str, asyncio.Task[None]] = {}
        self._asking: _Shared[IndexFile] = _Shared()
        self._downloading: _Shared[Path] = _Shared()
        self._client: bounded.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._one_at_a_time = asyncio.Lock()

    async def lines(self, name: str) -> tuple[bytes, ...]:
        """The index lines of a crate as of the instant, oldest first; none if upstream does not have it.

        Raises `UpstreamUnreachable`: unknown is never taken for absent.
        """
        lines = await self._lines(index_path(name))
        self._look_ahead(lines)
        return lines

    async def _lines(self, key: str) -> tuple[bytes, ...]:
        if key in self._settled:
            return self._settled[key]
        file = await self._asking.once(key, lambda: self._index_file(key))
        try:
            lines = lines_as_of(file.body.splitlines(), self._as_of)
        except ValueError as error:
            raise UpstreamUnreachable(self.address + key, f"a version of it is none: {error}") from error
        if file.fetched >= self._as_of:
            self._settled[key] = lines
        return lines

    async def crate_file(self, name: str, version: str, checksum: str) -> Path:
        """The crate file with that SHA-256. Raises `UpstreamUnreachable`, `UpstreamChecksumMismatch`, `DiskFull`, `NotWritten`."""
        kept = self._crates / f"{checksum}.crate"
        if kept.exists():
            return kept
        return await self._downloading.once(checksum, lambda: self._download(name, version, checksum, kept))

    async def downloads(self) -> str:
        """The address of crate files: `dl` of the index's configuration. Raises `UpstreamUnreachable`."""
        config_address = self.address + "config.json"
        config = await self._get(config_address, {}, CONFIG)
        if config.status_code != 200:
            raise UpstreamUnreachable(config_address, f"answered {config.status_code}")
        try:
            return str(read_json(config.content)["dl"])
        except (ValueError, KeyError, TypeError) as error:
            raise UpstreamUnreachable(config_address, "it is not the `config.json` of a registry") from error

    async def aclose(self) -> None:
        for task in self._ahead.values():
            task.cancel()
        self._ahead.clear()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _look_ahead(self, lines: tuple[bytes, ...]) -> None:
        """Fetches the dependencies of the newest version in advance: without HTTP/2, cargo asks for only two files at a time."""
        for dependency in read_json(lines[-1])["deps"] if lines else ():
            name = dependency.get("package") or dependency["name"]
            if dependency.get("kind") != "dev" and name not in self._ahead:
                self._ahead[name] = asyncio.ensure_future(self._fetch_ahead(name))

    async def _fetch_ahead(self, name: str) -> None:
        with contextlib.suppress(UpstreamUnreachable):  # a later request for it raises the error
            await self._lines(index_path(name))

    async def _index_file(self, key: str) -> IndexFile:
        known = _read_kept(self._files / key)
        if known is not None and known.fetched >= self._as_of:
            return known
        asked_at = self._clock()
        headers = {"Accept": "text/plain"} | ({"If-None-Match": known.etag} if known and known.etag else {})
        answer = await self._ask_index(self.address + key, headers)
        if answer.status_code == 304 and known is not None:
            file = known.model_copy(update={"fetched": asked_at})
        elif answer.status_code in ABSENT:
            file = IndexFile(etag="", fetched=asked_at, body=b"")
        elif answer.status_code == 200:
            _require_lines(self.address + key, answer.content)
            file = IndexFile(etag=answer.headers.get("ETag", ""), fetched=asked_at, body=answer.content)
        else:
            raise UpstreamUnreachable(self.address + key, f"answered {answer.status_code}")
        with contextlib.suppress(DiskFull, NotWritten):  # it is an answer all the same, and is fetched again next time
            _keep(file, self._files / key)
        return file

    async def _ask_index(self, address: str, headers: dict[str, str]) -> httpx.Response:
        """The few large files are asked for twice, and then one at a time."""
        try:
            return await self._get(address, headers, SMALL_INDEX_FILE)
        except UpstreamUnreachable as error:
            if not isinstance(error.__cause__, AnswerRefused):
                raise
        async with self._one_at_a_time:
            return await self._get(address, headers, INDEX_FILE)

    async def _download(self, name: str, version: str, checksum: str, kept: Path) -> Path:
        address = download_url(await self.downloads(), name, version, checksum)
        answer = await self._get(address, {}, CRATE)
        if answer.status_code != 200:
            raise UpstreamUnreachable(address, f"answered {answer.status_code}")
        if _sha256(answer.content) != checksum:
            raise UpstreamChecksumMismatch(name, version, address)
        write_atomically(kept, answer.content)
        return kept

    async def _get(self, address: str, headers: dict[str, str], bounds: Bounds) -> httpx.Response:
        try:
            return await self._connection().get(address, headers=headers, extensions=bounds.asked)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamUnreachable(address, f"{type(error).__name__}: {error}") from error

    def _connection(self) -> httpx.AsyncClient:
        # A client of httpx belongs to the event loop that it first ran in; a registry that is served again gets a new loop.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop, self._one_at_a_time = _new_client(), loop, asyncio.Lock()
        return self._client


def _new_client() -> bounded.AsyncClient:
    return bounded.AsyncClient(
        http2=True,
        headers={"User-Agent": f"loadmaster/{__version__}"},
        follow_redirects=True,
        timeout=30,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
    )


def _require_lines(address: str, body: bytes) -> None:
    """Raises `UpstreamUnreachable`. Checked once, before it is kept: all who read a kept line may rely on it."""
    try:
        for line in body.splitlines():
            require_line(line)
    except ValueError as error:
        raise UpstreamUnreachable(address, f"a line is not one of a sparse index: {error}") from error


def _keep(file: IndexFile, path: Path) -> None:
    """Not durable, because there are hundreds of them; each carries its digest, which shows whether it survived."""
    head = {"etag": file.etag, "fetched": file.fetched.isoformat(), "sha256": _sha256(file.body)}
    write_atomically(path, json.dumps(head).encode() + b"\n" + file.body, durable=False)


def _read_kept(path: Path) -> IndexFile | None:
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        facts = json.loads(head)
    except (FileNotFoundError, ValueError):
        return None
    if facts["sha256"] != _sha256(body):
        return None
    return IndexFile(etag=facts["etag"], fetched=datetime.fromisoformat(facts["fetched"]), body=body)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
