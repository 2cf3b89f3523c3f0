"""The HTTP clients: whatever answers, reading it ends, in bounded time and memory. No other module makes one.

An answer is unpacked here, piece by piece, and given up once it is larger than its `Bounds`. The time counts from the first
byte that is sent to the last one that is read, over all redirects: a server that sends a byte a second is given up, too.
httpx has neither limit, and no public place for them: its transports are wrapped after it has made them, because it is their
making that reads the proxies of the environment.

Knows sizes and times. Refuses to know what an answer means.
"""

from __future__ import annotations

import asyncio
import io
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

MIB = 1024 * 1024
MOST_REDIRECTS = 5
_PIECE = 256 * 1024
_PACKED = ("gzip", "x-gzip")
_CHARSETS = ("utf-8", "us-ascii", "iso-8859-1", "windows-1252")
_KEY, _ENDS, _FROM = "loadmaster.bounds", "loadmaster.ends", "loadmaster.from"


@dataclass(frozen=True)
class Bounds:
    """The limits of one kind of answer."""

    mib: int
    """The most that it may have once it is unpacked."""
    seconds: float
    """From the request to the answer's last byte."""
    is_streamed: bool = False
    """Whether it is read piece by piece. Else it comes at once: httpx would join pieces, and need twice the memory for it."""

    @property
    def asked(self) -> dict[str, Any]:
        """For the parameter `extensions` of one request."""
        return {_KEY: self}


CONFIG = Bounds(mib=1, seconds=60)
"""`config.json` of an index has three fields."""
INDEX_FILE = Bounds(mib=32, seconds=120, is_streamed=True)
"""crates.io's largest have a few MiB. Sixteen are read at once, so each is read line by line."""
SMALL_INDEX_FILE = Bounds(mib=4, seconds=120)
"""For whoever keeps whole files: those that are larger are asked for again, one at a time."""
API = Bounds(mib=16, seconds=120)
"""An answer of a web API: the largest is a page of a hundred forge releases with notes of 125 000 characters each."""
CRATE = Bounds(mib=128, seconds=1800)
"""A `.crate`: crates.io takes 10 MiB, and more of crates that asked for it. It is kept in memory, to be compared."""
UPLOAD = Bounds(mib=16, seconds=1800)
"""The answer to an upload of a crate; the time is for the upload, too: of 128 MiB at 0.6 Mbit/s."""
ASSET = Bounds(mib=128, seconds=3600)
"""An asset of a forge's release, or a job's log, kept in memory. The time is for uploads, too: of 2 GiB at 5 Mbit/s."""
LARGE_ASSET = Bounds(mib=2048, seconds=3600, is_streamed=True)
"""An asset that is only hashed. GitHub takes 2 GiB."""


ERROR_MIB = 1
"""The most that an answer may have that is no success: it is read for its words."""


class AnswerRefused(httpx.TransportError):
    """The answer was given up, because it is larger than it may be, or comes in a way that nobody asked for."""


class Client(httpx.Client):
    """A client whose answers have `bounds` (by default `API`), unless a request names others: `extensions=CRATE.asked`."""

    def __init__(self, bounds: Bounds | None = None, **settings: Any) -> None:
        super().__init__(**_settings(settings))
        self._transport = _Bounded(self._transport, bounds or API)
        self._mounts = {where: each and _Bounded(each, bounds or API) for where, each in self._mounts.items()}


class AsyncClient(httpx.AsyncClient):
    """As `Client`."""

    def __init__(self, bounds: Bounds | None = None, **settings: Any) -> None:
        super().__init__(**_settings(settings))
        self._transport = _AsyncBounded(self._transport, bounds or API)
        self._mounts = {where: each and _AsyncBounded(each, bounds or API) for where, each in self._mounts.items()}


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Accept-Encoding": "gzip"} | dict(given.get("headers") or {})
    return {"max_redirects": MOST_REDIRECTS, **given, "headers": headers}


class _Bounded(httpx.BaseTransport):
    def __init__(self, transport: httpx.BaseTransport, bounds: Bounds) -> None:
        self._transport, self._bounds = transport, bounds
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _TimedBackend(transport._pool._network_backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        bounds, ends = _begin(request, self._bounds)
        with _ending(ends):
            answer = self._transport.handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return _response(answer, _Body(answer.stream, _Unpacking(answer, bounds), ends))

    def close(self) -> None:
        self._transport.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, unpacking: _Unpacking, ends: float) -> None:
        self._stream, self._unpacking, self._ends = stream, unpacking, ends

    def __iter__(self) -> Iterator[bytes]:
        if self._unpacking.bounds.is_streamed:
            yield from self._pieces()
            return
        whole = io.BytesIO()
        for piece in self._pieces():
            whole.write(piece)
        yield whole.getvalue()

    def _pieces(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while (chunk := self._next(chunks)) is not None:
            yield from self._unpacking.feed(chunk)
        self._unpacking.require_end()

    def _next(self, chunks: Iterator[bytes]) -> bytes | None:
        _require_time(self._ends)
        with _ending(self._ends):
            return next(chunks, None)

    def close(self) -> None:
        self._stream.close()


class _AsyncBounded(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, bounds: Bounds) -> None:
        self._transport, self._bounds = transport, bounds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        bounds, ends = _begin(request, self._bounds)
        try:
            async with asyncio.timeout(ends - time.monotonic()):
                answer = await self._transport.handle_async_request(request)
        except TimeoutError as error:
            raise _too_late() from error
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        return _response(answer, _AsyncBody(answer.stream, _Unpacking(answer, bounds), ends))

    async def aclose(self) -> None:
        await self._transport.aclose()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, unpacking: _Unpacking, ends: float) -> None:
        self._stream, self._unpacking, self._ends = stream, unpacking, ends

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._stream)
        while (chunk := await self._next(chunks)) is not None:
            for piece in self._unpacking.feed(chunk):
                yield piece
        self._unpacking.require_end()

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(self._ends - time.monotonic()):
                return await anext(chunks, None)
        except TimeoutError as error:
            raise _too_late() from error

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Unpacking:
    """Counts an answer's bytes, and unpacks them in pieces: a chunk of 64 KiB may hold 64 MiB."""

    def __init__(self, answer: httpx.Response, bounds: Bounds) -> None:
        encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "", *_PACKED):
            raise AnswerRefused(f"it is packed by `{encoding[:40]}`, and only gzip was asked for")
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding in _PACKED else None
        self.bounds, self._packed = bounds, 0
        self._mib = bounds.mib if answer.is_success else min(bounds.mib, ERROR_MIB)
        self.size = 0

    def feed(self, chunk: bytes) -> Iterable[bytes]:
        self._packed += len(chunk)
        self._require_small(self._packed)
        for piece in self._pieces(chunk) if self._zlib is not None else (chunk,):
            self.size += len(piece)
            self._require_small(self.size)
            yield piece

    def require_end(self) -> None:
        """Of an answer that was cut off, nothing may be believed: an index would seem to lack its newest versions."""
        if self._zlib is not None and self._packed and not self._zlib.eof:
            raise AnswerRefused("it ends in the midst of its gzip")

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        assert self._zlib is not None
        try:
            while chunk and not self._zlib.eof:
                if piece := self._zlib.decompress(chunk, _PIECE):
                    yield piece
                chunk = self._zlib.unconsumed_tail
        except zlib.error as error:
            raise AnswerRefused(f"it is not the gzip that it says it is ({error})") from error

    def _require_small(self, size: int) -> None:
        if size > self._mib * MIB:
            raise AnswerRefused(f"it has more than the {self._mib} MiB that such an answer may have")


def _begin(request: httpx.Request, default: Bounds) -> tuple[Bounds, float]:
    """The bounds of the request, and the second of the monotonic clock by which its answer is read. A redirect keeps both."""
    bounds = request.extensions.get(_KEY, default)
    ends = request.extensions.setdefault(_ENDS, time.monotonic() + bounds.seconds)
    if request.extensions.setdefault(_FROM, request.url.scheme) == "https" and request.url.scheme != "https":
        raise AnswerRefused(f"it leads from https to `{request.url.scheme}`, where anybody may answer")
    return bounds, ends


def _response(answer: httpx.Response, body: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
    """The answer with its unpacked body, without the headers that are about the packed one, and without its cookies.

    No server of ours needs cookies, and one that is not ASCII would end every later request to its host.
    """
    headers = httpx.Headers(answer.headers)
    for name in ("Content-Encoding", "Content-Length", "Set-Cookie"):
        headers.pop(name, None)
    # Python has charsets that unpack, or that make text which nobody can write again.
    if (charset := answer.charset_encoding) is not None and charset.lower() not in _CHARSETS:
        headers["Content-Type"] = headers["Content-Type"].partition(";")[0]
    return httpx.Response(answer.status_code, headers=headers, stream=body, extensions=answer.extensions)


_ends: ContextVar[float | None] = ContextVar("ends", default=None)
"""By when what this thread reads must have ended."""


@contextmanager
def _ending(ends: float) -> Iterator[None]:
    token = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(token)


def _require_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise _too_late()


def _too_late() -> httpx.ReadTimeout:
    return httpx.ReadTimeout("the answer did not end in the time that such an answer may take")


def _left(timeout: float | None) -> float | None:
    """Seconds for the next step: as many as httpx allows, but no more than are left."""
    ends = _ends.get()
    if ends is None:
        return timeout
    left = max(0.001, ends - time.monotonic())
    return left if timeout is None else min(timeout, left)


class _TimedBackend(httpcore.NetworkBackend):
    """Connections on which each step gets only the time that is left for the whole."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._backend.connect_tcp(host, port, _left(timeout), local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._backend.connect_unix_socket(path, _left(timeout), socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._require_time(httpcore.ReadTimeout)
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._require_time(httpcore.WriteTimeout)
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    @staticmethod
    def _require_time(kind: type[Exception]) -> None:
        ends = _ends.get()
        if ends is not None and time.monotonic() > ends:
            raise kind("the answer did not end in the time that such an answer may take")
