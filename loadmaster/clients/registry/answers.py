"""What a registry's answer means: status, text and headers in, a value or an error of the catalogue out. Asks nothing."""

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
"""What cargo takes for a name that the index does not know."""


class Endpoints(Value):
    """What `config.json` says."""

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
    """A file of the index, line by line; () for a name that it does not know. Raises `RegistryUnreachable`."""
    if answer.status_code != 200:
        return ()
    try:
        found = tuple(read(line) for line in answer.content.splitlines() if line)
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryUnreachable(url, "a line is not one of a sparse index") from error
    if not found:
        raise RegistryUnreachable(url, "the answer is empty")
    return found


def crate_version(line: bytes) -> CrateVersion:
    entry = json.loads(line)
    return CrateVersion(version=entry["vers"], checksum=entry["cksum"], yanked=bool(entry.get("yanked", False)))


def judge_upload(crate: str, url: str, answer: httpx.Response) -> None:
    """Returns if the registry took the crate: any 2xx, with JSON without `errors` or with nothing, as for cargo.

    A refusal has crates.io's JSON. Anything else (a proxy's page, a redirect) is not the registry's word.
    Raises `RateLimited`, `DailyLimitReached`, `AlreadyUploaded`, `UploadRefused`, `RegistryUnreachable`.
    """
    details = _details(answer)
    if _is_success(answer, details):
        return
    told = "; ".join(details) if details else _beginning(answer)
    if answer.status_code == 429 and (until := _until(answer, told)):
        raise RateLimited(crate, until, told)
    if answer.status_code == 429 and details is not None:
        raise DailyLimitReached(crate, told)
    _require_the_registrys_word(url, answer, details, told)
    reason = reason_of(answer.status_code, told)
    raise (AlreadyUploaded if reason is Reason.THERE else UploadRefused)(crate, answer.status_code, told, reason)


def judge_yank(crate: str, url: str, answer: httpx.Response) -> None:
    """As `judge_upload`. Raises `YankLimited`, `YankRefused`, `RegistryUnreachable`."""
    details = _details(answer)
    if _is_success(answer, details):
        return
    told = "; ".join(details or [_beginning(answer)])
    if answer.status_code == 429 and (until := _until(answer, told)):
        raise YankLimited(crate, until, told)
    _require_the_registrys_word(url, answer, details, told)
    raise YankRefused(crate, answer.status_code, told)


def told(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _is_success(answer: httpx.Response, details: list[str] | None) -> bool:
    return answer.is_success and details is None and _is_json_or_nothing(answer)


def _require_the_registrys_word(url: str, answer: httpx.Response, details: list[str] | None, told: str) -> None:
    """Raises `RegistryUnreachable` where the answer leaves open whether the request took effect."""
    if details is None or answer.status_code >= 500 or answer.status_code == 408:
        raise RegistryUnreachable(url, f"{answer.status_code}: {told}")


def _beginning(answer: httpx.Response) -> str:
    # Redacted before it is cut: half a token would not be recognised.
    return f"`{redact(answer.text)[:200].strip()}`"


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
    """The instant that a 429 names, in its header or else in its text; None for the daily cap, which names none."""
    in_text = _AGAIN_AFTER.search(told)
    for stamp in (answer.headers.get("Retry-After", ""), in_text.group(1) if in_text else ""):
        if stamp.isdecimal():  # what a proxy sends
            return datetime.now(UTC) + timedelta(seconds=int(stamp))
        with contextlib.suppress(ValueError):
            # crates.io cuts the fraction of its instant off, and refuses whoever comes at the second that it names.
            return parsedate_to_datetime(stamp).astimezone(UTC) + timedelta(seconds=1)
    return None
