"""Reads a registry's answers: turns status, text and headers into a value or an error of the catalogue. Asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from loadmaster.clients.bounded import AnswerRefused
from loadmaster.clients.pages import beginning
from loadmaster.errors.refusals.reason import FALLBACKS, Reason
from loadmaster.errors.registry import (
    AlreadyUploaded,
    AnotherAnswered,
    AnswerOutOfBounds,
    DailyLimitReached,
    RateLimited,
    ReadRefused,
    RegistryBusy,
    RegistryFailed,
    RegistryReadOnly,
    RegistryUnreachable,
    UploadRefused,
    YankLimited,
    YankRefused,
)
from loadmaster.planning.answers.registry import NOT_A_WORD, ReadRefusal, is_read_only, read_refusal
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.retry_after import instant_named
from loadmaster.planning.values.value import Value

T = TypeVar("T")

_AGAIN_AFTER = re.compile(r"try again after ([A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)")

_DAILY_CAP = "too many versions of this crate in the last 24 hours"
"""crates.io's own words for its cap on the versions of one crate in a day. No other 429 is it."""

_AGE_DIGITS = 9
"""Of an age in seconds: more of them than anything is kept for."""

_LONGEST_LINE = 2 * 1024 * 1024
"""Bytes. crates.io takes no more than 1 MiB of metadata for a version, and its line has a part of that."""

NOT_THERE = (404, 410, 451)
"""The statuses that mean to cargo that the index does not know a name."""


class Endpoints(Value):
    """The addresses in `config.json`."""

    api: str
    dl: str


def read_config(url: str, answer: httpx.Response) -> Endpoints:
    """Raises `RegistryUnreachable`."""
    try:
        config = read_json(answer.content)
        return Endpoints(api=str(config["api"]).rstrip("/"), dl=str(config["dl"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AnotherAnswered(url, "it is not the `config.json` of a registry") from error


def instant_of(answer: httpx.Response) -> datetime | None:
    """When the answer was given, by the server's clock; None if it does not say. `Age` counts for how long a cache has kept it."""
    try:
        begun = parsedate_to_datetime(answer.headers["Date"])
        instant = begun + timedelta(seconds=int(answer.headers.get("Age", "0")[:_AGE_DIGITS]))
    except (KeyError, ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_lines(url: str, pieces: Iterable[bytes], read: Callable[[bytes], T]) -> tuple[T, ...]:
    """The lines of an index file, which comes in `pieces`. Raises `RegistryUnreachable`."""
    try:
        lines = tuple(read(line) for line in _lines(pieces) if line.strip())
    except (ValueError, KeyError, TypeError) as error:
        raise AnotherAnswered(url, "a line is not one of a sparse index") from error
    if not lines:
        raise RegistryUnreachable(url, "the answer is empty")
    return lines


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Raises `ValueError` for one that is too long to be a version."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        if len(rest) > _LONGEST_LINE:
            raise ValueError(f"a line of more than {_LONGEST_LINE} bytes")
    yield rest


def crate_version(line: bytes) -> CrateVersion:
    entry = read_json(line)
    return CrateVersion(version=entry["vers"], checksum=entry["cksum"], yanked=bool(entry.get("yanked", False)))


def judge_upload(crate: str, url: str, answer: httpx.Response, credential: str | None = None) -> None:
    """Returns if the registry accepted the crate: as for cargo, any 2xx whose body is empty or JSON without `errors`.

    A refusal has crates.io's JSON. Any other answer (a proxy's page, a redirect) does not come from the registry.
    `credential` is the place that the token was read from. Raises `RateLimited`, `DailyLimitReached`, `AlreadyUploaded`,
    `UploadRefused`, `RegistryBusy`, `RegistryUnreachable`.
    """
    details = _details(answer)
    if _is_success(answer, details):
        return
    message = "; ".join(details) if details else _beginning(answer)
    if answer.status_code == 429 and (until := _until(answer, message)):
        raise RateLimited(crate, until, message)
    if answer.status_code == 429 and details is not None and _DAILY_CAP in message:
        raise DailyLimitReached(crate, message)
    reason, values = _refusal(url, answer, details, message)
    kind = AlreadyUploaded if reason is Reason.THERE else UploadRefused
    raise kind(crate, answer.status_code, message, reason, values, credential)


def judge_yank(crate: str, url: str, answer: httpx.Response, credential: str | None = None) -> None:
    """As `judge_upload`. Raises `YankLimited`, `YankRefused`, `RegistryBusy`, `RegistryUnreachable`."""
    details = _details(answer)
    if _is_success(answer, details):
        return
    message = "; ".join(details or [_beginning(answer)])
    if answer.status_code == 429 and (until := _until(answer, message)):
        raise YankLimited(crate, until, message)
    reason, values = _refusal(url, answer, details, message)
    raise YankRefused(crate, answer.status_code, message, reason, values, credential)


def unread(url: str, answer: httpx.Response) -> RegistryUnreachable:
    """The error for an answer to a question that is not the document that was asked for.

    Words that are not known may be those of an outage, so they are not taken for a refusal.
    """
    details, status = _details(answer), answer.status_code
    message = "; ".join(details or [_beginning(answer)])
    if status == 429:
        return RegistryBusy(url, f"429: {message}", _until(answer, message))
    reason = Reason.LOGIN_NEEDED if message == NOT_A_WORD else read_refusal(status, message).reason
    if details is None or status >= 500 or status == 408 or reason in FALLBACKS:
        return _unusable(url, answer, details, message)
    return ReadRefused(url, status, message, reason)


def no_answer(url: str, error: httpx.HTTPError | httpx.InvalidURL) -> RegistryUnreachable:
    """The error for a request that ended without an answer to use."""
    if isinstance(error, AnswerRefused):
        return AnswerOutOfBounds(url, str(error))
    led_astray = (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.DecodingError, httpx.InvalidURL)
    return (AnotherAnswered if isinstance(error, led_astray) else RegistryUnreachable)(url, describe(error))


def describe(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _is_success(answer: httpx.Response, details: list[str] | None) -> bool:
    return answer.is_success and details is None and _is_json_or_nothing(answer)


def _refusal(url: str, answer: httpx.Response, details: list[str] | None, message: str) -> ReadRefusal:
    """Why the registry refused. Raises `RegistryUnreachable` if the answer leaves open whether the request took effect."""
    if answer.status_code == 429:
        raise RegistryBusy(url, f"429: {message}")
    if details is None and answer.status_code == 413:
        return ReadRefusal(Reason.PROXY_LIMIT, {})
    if details is None or answer.status_code >= 500 or answer.status_code == 408:
        raise _unusable(url, answer, details, message)
    return read_refusal(answer.status_code, message)


def _unusable(url: str, answer: httpx.Response, details: list[str] | None, message: str) -> RegistryUnreachable:
    told = f"status {answer.status_code}" + (f": {message}" if answer.content else "")
    if details is not None and is_read_only(message):
        return RegistryReadOnly(url, told)
    if details is not None and answer.status_code == 500:
        return RegistryFailed(url, told)
    is_another = details is None and answer.status_code < 500 and answer.status_code not in (408, 429)
    return (AnotherAnswered if is_another else RegistryUnreachable)(url, told)


def _beginning(answer: httpx.Response) -> str:
    return f"`{beginning(answer)}`"


def _is_json_or_nothing(answer: httpx.Response) -> bool:
    try:
        return not answer.content or read_json(answer.content) is not None
    except ValueError:
        return False


def _details(answer: httpx.Response) -> list[str] | None:
    """The texts under `errors`; None if there is no such list.

    The registry kellnr answers an unknown token with an empty body; a proxy that asks somebody to sign in sends a page.
    """
    if answer.status_code in (401, 403) and not answer.content:
        return [NOT_A_WORD]
    try:
        document = read_json(answer.content)
        return [str(error["detail"]) for error in document["errors"]]
    except (ValueError, KeyError, TypeError):
        return None


def _until(answer: httpx.Response, message: str) -> datetime | None:
    """The instant that a 429 names, in its header or else in its text; None if it names none."""
    in_text = _AGAIN_AFTER.search(message)
    named = (answer.headers.get("Retry-After", ""), in_text.group(1) if in_text else "")
    return next((instant for text in named if (instant := instant_named(text, datetime.now(UTC)))), None)
