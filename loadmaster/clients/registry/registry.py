"""A Cargo registry over HTTP: its sparse index, its downloads, its uploads and yanks. Every method asks once.

Knows a registry by its sparse index address alone and reads the rest from `config.json`. `answers` reads what it answers.
Waiting and retrying are left to the caller.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from loadmaster import __version__
from loadmaster.clients import bounded
from loadmaster.clients.bounded import API, CONFIG, CRATE, INDEX_FILE, UPLOAD, Bounds
from loadmaster.clients.registry.answers import (
    NOT_THERE,
    Endpoints,
    crate_version,
    instant_of,
    judge_upload,
    judge_yank,
    no_answer,
    read_config,
    read_lines,
    unread,
)
from loadmaster.errors.registry import AnotherAnswered, DownloadAbsent, RegistryUnreachable
from loadmaster.planning.registry.index_line import IndexLine, parse_line
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.registry.sparse_index import download_url, index_path, spellings
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.value import Value

T = TypeVar("T")

_CHUNK = 64 * 1024
_NO_FILE = (404, 410, 451)
USER_AGENT = f"loadmaster/{__version__} (releases Cargo workspaces)"
POLITE_READERS = 16
"""How many index files are read at a time; crates.io sets no limit on its index."""


@functools.cache
def http_client() -> httpx.Client:
    """One pooled client for the process; making one costs tens of milliseconds, mostly certificates."""
    return bounded.Client(
        timeout=httpx.Timeout(30.0, connect=10.0),
        headers={"User-Agent": USER_AGENT},
        follow_redirects=True,
        limits=httpx.Limits(max_connections=64),
    )


class Sight(Value):
    """An index file as it was seen, and the ETag that the server gave it."""

    etag: str | None
    versions: tuple[CrateVersion, ...]


@dataclass(frozen=True)
class RegistryClient:
    """The registry behind one sparse index address, with or without `sparse+` and the last slash.

    Every method raises `RegistryUnreachable` or a subclass of it: a name without an answer is never taken for absent.
    """

    index: str
    http: httpx.Client = field(default_factory=http_client)

    @property
    def api(self) -> str:
        """Base address of the web API, without a slash at its end."""
        return _endpoints(self).api

    @property
    def dl(self) -> str:
        """The address of downloads, with or without cargo's markers."""
        return _endpoints(self).dl

    def instant(self) -> datetime | None:
        """Asks the index anew for its `config.json`. The instant of its answer, by its own clock; None if it names none."""
        url = f"{_base(self.index)}config.json"
        answer = self._get(url, CONFIG)
        read_config(url, answer)
        return instant_of(answer)

    def versions(self, name: str) -> tuple[CrateVersion, ...]:
        """Every version of `name` that the sparse index shows; () if it does not know the name."""
        return self._read_index(name, crate_version)

    def lines(self, name: str) -> tuple[IndexLine, ...]:
        """As `versions`, with the dependencies of each version."""
        return self._read_index(name, parse_line)

    def find_lines(self, name: str) -> tuple[IndexLine, ...]:
        """Every version of the crate, under the spelling that the registry has."""
        return next((lines for spelling in spellings(name) if (lines := self.lines(spelling))), ())

    def find_lines_of(self, names: Iterable[str]) -> dict[str, tuple[IndexLine, ...] | RegistryUnreachable]:
        """`find_lines` of each name, `POLITE_READERS` at a time; the error of a name that got no answer."""

        def ask(name: str) -> tuple[IndexLine, ...] | RegistryUnreachable:
            try:
                return self.find_lines(name)
            except RegistryUnreachable as error:
                return copy(error)  # its traceback would keep the whole answer in memory, for each of the names

        wanted = tuple(names)
        with ThreadPoolExecutor(POLITE_READERS) as pool:
            return dict(zip(wanted, pool.map(ask, wanted), strict=True))

    def find_all_lines(self, names: Iterable[str]) -> dict[str, tuple[IndexLine, ...]]:
        """As `find_lines_of`, but raises the first error, and asks for no more names then."""
        wanted = tuple(names)
        with ThreadPoolExecutor(POLITE_READERS) as pool:
            return dict(zip(wanted, pool.map(self.find_lines, wanted), strict=True))

    def look_again(self, name: str, before: Sight | None) -> Sight:
        """The present index file of `name`. The server sends no body if it is unchanged since `before`."""
        url = self._index_file(name)
        known = {"If-None-Match": before.etag} if before and before.etag else {}
        answer, versions = self._ask_index(url, crate_version, (304, *NOT_THERE), known)
        if before is not None and answer.status_code == 304:
            return before
        return Sight(etag=answer.headers.get("ETag"), versions=versions)

    def published_checksum(self, name: str, version: str) -> str | None:
        """The SHA-256 of a version by the web API; None if there is no such version.

        The API knows a version at once, the index later.
        """
        url = f"{self.api}/api/v1/crates/{quote(name)}/{quote(version)}"
        answer = self._get(url, API, absent=(404,))
        if answer.status_code == 404:
            return None
        try:
            return str(read_json(answer.content)["version"]["checksum"])
        except (ValueError, KeyError, TypeError) as error:
            raise AnotherAnswered(url, "it is not a version of a crate") from error

    def download(self, name: str, version: str, checksum: str) -> bytes:
        """The `.crate` file. `checksum` is for a `dl` address that contains it; it is not compared."""
        url = download_url(self.dl, name, version, checksum)
        answer = self._get(url, CRATE, absent=_NO_FILE)
        if answer.status_code != 200:
            raise DownloadAbsent(f"{name}@{version}", url, answer.status_code)
        return answer.content

    def upload(
        self, crate: str, body: bytes, token: str, *, file: Path | None = None, credential: str | None = None
    ) -> None:
        """`PUT /api/v1/crates/new`, once: sends `body`, then the bytes of `file`, read while they are sent.

        For messages, `crate` is `name@version`, and `credential` the place that the token was read from. Raises what
        `judge_upload` raises, and `RegistryUnreachable` if it stays open whether the upload took effect.
        """
        url = f"{self.api}/api/v1/crates/new"
        size = len(body) + (file.stat().st_size if file else 0)
        headers = {"Authorization": token, "Accept": "application/json", "Content-Length": str(size)}
        try:
            # A redirected PUT would become a GET, whose success means nothing.
            answer = self.http.put(
                url, content=_chunks(body, file), headers=headers, follow_redirects=False, extensions=UPLOAD.asked
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise no_answer(url, error) from error
        judge_upload(crate, url, answer, credential)

    def yank(self, name: str, version: str, token: str, credential: str | None = None) -> None:
        """`DELETE …/yank`, once; a version that is yanked already stays so. `credential` is as for `upload`.

        Raises what `judge_yank` raises, and `RegistryUnreachable` if it stays open whether the yank took effect.
        """
        url = f"{self.api}/api/v1/crates/{name}/{version}/yank"
        headers = {"Authorization": token, "Accept": "application/json"}
        try:
            answer = self.http.delete(url, headers=headers, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise no_answer(url, error) from error
        judge_yank(f"{name}@{version}", url, answer, credential)

    def _index_file(self, name: str) -> str:
        return f"{_base(self.index)}{index_path(name)}"

    def _read_index(self, name: str, read: Callable[[bytes], T]) -> tuple[T, ...]:
        url = self._index_file(name)
        return self._ask_index(url, read, NOT_THERE)[1]

    def _ask_index(
        self,
        url: str,
        read: Callable[[bytes], T],
        absent: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httpx.Response, tuple[T, ...]]:
        """The answer, whose body is read, and its lines; () for the statuses in `absent`."""
        try:
            with self.http.stream("GET", url, headers=headers, extensions=INDEX_FILE.asked) as answer:
                if answer.status_code == 200:
                    return answer, read_lines(url, answer.iter_bytes(), read)
                answer.read()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise no_answer(url, error) from error
        if answer.status_code not in absent:
            raise unread(url, answer)
        return answer, ()

    def _get(
        self, url: str, bounds: Bounds, absent: tuple[int, ...] = (), headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = self.http.get(url, headers=headers, extensions=bounds.asked)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise no_answer(url, error) from error
        if answer.status_code != 200 and answer.status_code not in absent:
            raise unread(url, answer)
        return answer


@functools.lru_cache
def _endpoints(registry: RegistryClient) -> Endpoints:
    """Read once in a process, because every upload needs it."""
    url = f"{_base(registry.index)}config.json"
    return read_config(url, registry._get(url, CONFIG))


def _chunks(body: bytes, file: Path | None) -> Iterator[bytes]:
    yield body
    if file is not None:
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk


def _base(index: str) -> str:
    base = index.removeprefix("sparse+")
    return base if base.endswith("/") else f"{base}/"
