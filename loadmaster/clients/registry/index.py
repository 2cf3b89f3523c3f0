"""A Cargo registry over HTTP: its sparse index, its downloads, its uploads and yanks. Every function asks once.

Knows a registry by its sparse index address alone and asks `config.json` for the rest. Answers are judged here
(status, text, header) and come out as values or as errors of the catalogue; waiting and retrying are the caller's.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx

from loadmaster import __version__
from loadmaster.errors.redaction import redacted
from loadmaster.errors.registry import (
    AlreadyUploaded,
    DailyLimitReached,
    RateLimited,
    RegistryUnreachable,
    UploadRefused,
    YankLimited,
    YankRefused,
)
from loadmaster.planning.registry.index_line import IndexLine, read_line
from loadmaster.planning.registry.refusal import Reason, reason_of
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.registry.sparse_index import download_url, index_path, spellings
from loadmaster.planning.values.value import Value

T = TypeVar("T")

_CHUNK = 64 * 1024
USER_AGENT = f"loadmaster/{__version__} (releases Cargo workspaces)"
_AGAIN_AFTER = re.compile(r"try again after ([A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)")

_NOT_THERE = (404, 410, 451)
"""What cargo takes for a name that the index does not know."""


class Endpoints(Value):
    """What `config.json` says."""

    api: str
    dl: str


@functools.cache
def http_client() -> httpx.Client:
    """One pooled client for the process; making one costs tens of milliseconds, mostly certificates."""
    return httpx.Client(
        timeout=httpx.Timeout(30.0, connect=10.0),
        headers={"User-Agent": USER_AGENT},
        follow_redirects=True,
        limits=httpx.Limits(max_connections=64),
    )


@functools.lru_cache
def endpoints(index: str, client: httpx.Client) -> Endpoints:
    """Asked for once: every upload needs it. Raises `RegistryUnreachable`."""
    url = f"{_base(index)}config.json"
    answer = _get(client, url)
    try:
        config = answer.json()
        return Endpoints(api=str(config["api"]).rstrip("/"), dl=str(config["dl"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "it is not the `config.json` of a registry") from error


def versions(index: str, name: str, client: httpx.Client) -> tuple[CrateVersion, ...]:
    """Every version of `name` that the sparse index shows; () if it does not know the name.

    Raises `RegistryUnreachable`: a name that could not be asked for is never taken for absent.
    """
    return _read_index(index, name, client, _crate_version)


def lines(index: str, name: str, client: httpx.Client) -> tuple[IndexLine, ...]:
    """As `versions`, with what each version needs."""
    return _read_index(index, name, client, read_line)


def find_lines(index: str, name: str, client: httpx.Client) -> tuple[IndexLine, ...]:
    """Every version of the crate, under whichever spelling the registry has it. Raises `RegistryUnreachable`."""
    for spelling in spellings(name):
        if found := lines(index, spelling, client):
            return found
    return ()


class Sight(Value):
    """A file of the index as it was seen, with what the server calls that state of it."""

    etag: str | None
    versions: tuple[CrateVersion, ...]


def look_again(index: str, name: str, before: Sight | None, client: httpx.Client) -> Sight:
    """The file of `name` as it is now; costs no body where it is as `before`. Raises `RegistryUnreachable`."""
    url = f"{_base(index)}{index_path(name)}"
    known = {"If-None-Match": before.etag} if before and before.etag else {}
    answer = _get(client, url, absent=(304, *_NOT_THERE), headers=known)
    if before is not None and answer.status_code == 304:
        return before
    return Sight(etag=answer.headers.get("ETag"), versions=_read_lines(url, answer, _crate_version))


def published_checksum(api: str, name: str, version: str, client: httpx.Client) -> str | None:
    """What the web API says of a version: its SHA-256, or None if there is no such version.

    The API knows a version at once, the index later. Raises `RegistryUnreachable`.
    """
    url = f"{api}/api/v1/crates/{quote(name)}/{quote(version)}"
    answer = _get(client, url, absent=(404,))
    if answer.status_code == 404:
        return None
    try:
        return str(answer.json()["version"]["checksum"])
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "it is not a version of a crate") from error


def _read_index(index: str, name: str, client: httpx.Client, read: Callable[[bytes], T]) -> tuple[T, ...]:
    url = f"{_base(index)}{index_path(name)}"
    return _read_lines(url, _get(client, url, absent=_NOT_THERE), read)


def _read_lines(url: str, answer: httpx.Response, read: Callable[[bytes], T]) -> tuple[T, ...]:
    if answer.status_code != 200:
        return ()
    try:
        found = tuple(read(line) for line in answer.content.splitlines() if line)
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "a line is not one of a sparse index") from error
    if not found:
        raise RegistryUnreachable(url, "the answer is empty")
    return found


def _crate_version(line: bytes) -> CrateVersion:
    entry = json.loads(line)
    return CrateVersion(version=entry["vers"], checksum=entry["cksum"], yanked=bool(entry.get("yanked", False)))


def download(dl: str, name: str, version: str, checksum: str, client: httpx.Client) -> bytes:
    """The `.crate` file. `dl` may carry cargo's markers. Raises `RegistryUnreachable`."""
    return _get(client, download_url(dl, name, version, checksum)).content


def upload(api: str, crate: str, body: bytes, token: str, client: httpx.Client, *, file: Path | None = None) -> None:
    """`PUT /api/v1/crates/new`, once: `body`, then the bytes of `file`, read while they are sent.

    `crate` is `name@version`, for messages.

    Raises `RateLimited`, `AlreadyUploaded`, `UploadRefused`, and `RegistryUnreachable` where the answer leaves open
    whether it took effect.
    """
    url = f"{api}/api/v1/crates/new"
    size = len(body) + (file.stat().st_size if file else 0)
    headers = {"Authorization": token, "Accept": "application/json", "Content-Length": str(size)}
    try:
        # A redirected PUT would become a GET, whose success says nothing.
        answer = client.put(url, content=_chunks(body, file), headers=headers, follow_redirects=False)
    except httpx.HTTPError as error:
        raise RegistryUnreachable(url, _told(error)) from error
    judge_upload(crate, url, answer)


def _chunks(body: bytes, file: Path | None) -> Iterator[bytes]:
    yield body
    if file is not None:
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                yield chunk


def judge_upload(crate: str, url: str, answer: httpx.Response) -> None:
    """Returns if the registry took the crate: any 2xx, with JSON without `errors` or with nothing, as for cargo.

    A refusal has crates.io's JSON. Anything else (a proxy's page, a redirect) is not the registry's word.
    """
    details = _details(answer)
    if answer.is_success and details is None and _is_json_or_nothing(answer):
        return
    told = "; ".join(details) if details else _beginning(answer)
    if answer.status_code == 429 and (until := _until(answer, told)):
        raise RateLimited(crate, until, told)
    if answer.status_code == 429 and details is not None:
        raise DailyLimitReached(crate, told)
    if details is None or answer.status_code >= 500 or answer.status_code == 408:
        raise RegistryUnreachable(url, f"{answer.status_code}: {told}")
    reason = reason_of(answer.status_code, told)
    raise (AlreadyUploaded if reason is Reason.THERE else UploadRefused)(crate, answer.status_code, told, reason)


def yank(api: str, name: str, version: str, token: str, client: httpx.Client) -> None:
    """`DELETE …/yank`, once; a version that is yanked already stays so.

    Raises `YankLimited`, `YankRefused`, and `RegistryUnreachable` where the answer leaves open whether it took effect.
    """
    url = f"{api}/api/v1/crates/{name}/{version}/yank"
    headers = {"Authorization": token, "Accept": "application/json"}
    try:
        answer = client.delete(url, headers=headers, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RegistryUnreachable(url, _told(error)) from error
    details = _details(answer)
    if answer.is_success and details is None and _is_json_or_nothing(answer):
        return
    crate, told = f"{name}@{version}", "; ".join(details or [_beginning(answer)])
    if answer.status_code == 429 and (until := _until(answer, told)):
        raise YankLimited(crate, until, told)
    if details is None or answer.status_code >= 500 or answer.status_code == 408:
        raise RegistryUnreachable(url, f"{answer.status_code}: {told}")
    raise YankRefused(crate, answer.status_code, told)


def _beginning(answer: httpx.Response) -> str:
    """Redacted before it is cut: half a token would not be recognised."""
    return f"`{redacted(answer.text)[:200].strip()}`"


def _is_json_or_nothing(answer: httpx.Response) -> bool:
    try:
        return not answer.content or answer.json() is not None
    except ValueError:
        return False


def _details(answer: httpx.Response) -> list[str] | None:
    """The texts under `errors`, None if there is no such list.

    kellnr says nothing at all to a token that it does not know; a proxy that asks somebody to sign in sends a page.
    """
    if answer.status_code in (401, 403) and not answer.content:
        return ["it gave no reason; most likely it does not know the token"]
    try:
        document = answer.json()
        return [str(each["detail"]) for each in document["errors"]]
    except (ValueError, KeyError, TypeError):
        return None


def _until(answer: httpx.Response, told: str) -> datetime | None:
    """The instant that a 429 names, in its header or else in its text; None for the daily cap, which names none.

    A date has whole seconds: crates.io cuts the fraction of its instant off, and refuses whoever comes at the date itself.
    """
    in_text = _AGAIN_AFTER.search(told)
    for stamp in (answer.headers.get("Retry-After", ""), in_text.group(1) if in_text else ""):
        if stamp.isdecimal():  # what a proxy sends
            return datetime.now(UTC) + timedelta(seconds=int(stamp))
        with contextlib.suppress(ValueError):
            return parsedate_to_datetime(stamp).astimezone(UTC) + timedelta(seconds=1)
    return None


def _get(
    client: httpx.Client, url: str, absent: tuple[int, ...] = (), headers: Mapping[str, str] | None = None
) -> httpx.Response:
    try:
        answer = client.get(url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RegistryUnreachable(url, _told(error)) from error
    if answer.status_code != 200 and answer.status_code not in absent:
        raise RegistryUnreachable(url, f"status {answer.status_code}")
    return answer


def _told(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _base(index: str) -> str:
    base = index.removeprefix("sparse+")
    return base if base.endswith("/") else f"{base}/"
