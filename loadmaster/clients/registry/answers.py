"""Reads a registry's answers: turns status, text and headers into a value or an error of the catalogue. Asks nothing."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from loadmaster.errors.redaction import redact
from loadmaster.errors.registry import (
    AlreadyUploaded,
    DailyLimitReached,
    RateLimited,
    RegistryUnreachable,
    UploadRefused,
    YankLimited,
    YankRefused,
)
from loadmaster.planning.registry.refusal import Reason, reason_of
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.values.value import Value

T = TypeVar("T")

_AGAIN_AFTER = re.compile(r"try again after ([A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)")

NOT_THERE = (404, 410, 451)
"""The statuses that mean to cargo that the index does not know a name."""


class Endpoints(Value):
    """The addresses in `config.json`."""

    api: str
    dl: str


def read_config(url: str, answer: httpx.Response) -> Endpoints:
    """Raises `RegistryUnreachable`."""
    try:
        config = answer.json()
        return Endpoints(api=str(config["api"]).rstrip("/"), dl=str(config["dl"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "it is not the `config.json` of a registry") from error


def read_lines(url: str, answer: httpx.Response, read: Callable[[bytes], T]) -> tuple[T, ...]:
    """The lines of an index file; () for a name that the index does not know. Raises `RegistryUnreachable`."""
    if answer.status_code != 200:
        return ()
    try:
        lines = tuple(read(line) for line in answer.content.splitlines() if line)
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "a line is not one of a sparse index") from error
    if not lines:
        raise RegistryUnreachable(url, "the answer is empty")
    return lines


def crate_version(line: bytes) -> CrateVersion:
    entry = json.loads(line)
    return CrateVersion(version=entry["vers"], checksum=entry["cksum"], yanked=bool(entry.get("yanked", False)))


def judge_upload(crate: str, url: str, answer: httpx.Response) -> None:
    """Returns if the registry accepted the crate: as for cargo, any 2xx whose body is empty or JSON without `errors`.

    A refusal has crates.io's JSON. Any other answer (a proxy's page, a redirect) does not come from the registry.
    Raises `RateLimited`, `DailyLimitReached`, `AlreadyUploaded`, `UploadRefused`, `RegistryUnreachable`.
    """
    details = _details(answer)
    if _is_success(answer, details):
        return
    message = "; ".join(details) if details else _beginning(answer)
    if answer.status_code == 429 and (until := _until(answer, message)):
        raise RateLimited(crate, until, message)
    if answer.status_code == 429 and details is not None:
        raise DailyLimitReached(crate, message)
    _require_final_answer(url, answer, details, message)
    reason = reason_of(answer.status_code, message)
    raise (AlreadyUploaded if reason is Reason.THERE else UploadRefused)(crate, answer.status_code, message, reason)


def judge_yank(crate: str, url: str, answer: httpx.Response) -> None:
    """As `judge_upload`. Raises `YankLimited`, `YankRefused`, `RegistryUnreachable`."""
    details = _details(answer)
    if _is_success(answer, details):
        return
    message = "; ".join(details or [_beginning(answer)])
    if answer.status_code == 429 and (until := _until(answer, message)):
        raise YankLimited(crate, until, message)
    _require_final_answer(url, answer, details, message)
    raise YankRefused(crate, answer.status_code, message)


def describe(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _is_success(answer: httpx.Response, details: list[str] | None) -> bool:
    return answer.is_success and details is None and _is_json_or_nothing(answer)


def _require_final_answer(url: str, answer: httpx.Response, details: list[str] | None, message: str) -> None:
    """Raises `RegistryUnreachable` if the answer leaves open whether the request took effect."""
    if details is None or answer.status_code >= 500 or answer.status_code == 408:
        raise RegistryUnreachable(url, f"{answer.status_code}: {message}")


def _beginning(answer: httpx.Response) -> str:
    # Redacted before it is shortened: half a token would not be recognised.
    return f"`{redact(answer.text)[:200].strip()}`"


def _is_json_or_nothing(answer: httpx.Response) -> bool:
    try:
        return not answer.content or answer.json() is not None
    except ValueError:
        return False


def _details(answer: httpx.Response) -> list[str] | None:
    """The texts under `errors`; None if there is no such list.

    The registry kellnr answers an unknown token with an empty body; a proxy that asks somebody to sign in sends a page.
    """
    if answer.status_code in (401, 403) and not answer.content:
        return ["it gave no reason; most likely it does not know the token"]
    try:
        document = answer.json()
        return [str(error["detail"]) for error in document["errors"]]
    except (ValueError, KeyError, TypeError):
        return None


def _until(answer: httpx.Response, message: str) -> datetime | None:
    """The instant that a 429 names, in its header or else in its text; None for the daily cap, which names none."""
    in_text = _AGAIN_AFTER.search(message)
    for stamp in (answer.headers.get("Retry-After", ""), in_text.group(1) if in_text else ""):
        if stamp.isdecimal():  # what a proxy sends
            return datetime.now(UTC) + timedelta(seconds=int(stamp))
        with contextlib.suppress(ValueError):
            # crates.io cuts off the fraction of its instant, and refuses a request in the second that it names.
            return parsedate_to_datetime(stamp).astimezone(UTC) + timedelta(seconds=1)
    return None
