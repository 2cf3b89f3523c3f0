"""The page `docs/messages.md`, generated from the tables: `python -m loadmaster.planning.answers.messages_page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.credentials import ExchangeRefused
from loadmaster.errors.git import PushRefused
from loadmaster.errors.refusals.reason import Reason
from loadmaster.errors.registry import (
    AlreadyUploaded,
    AnotherAnswered,
    DailyLimitReached,
    DownloadAbsent,
    RateLimited,
    ReadRefused,
    RegistryBusy,
    RegistryFailed,
    RegistryReadOnly,
    RegistryUnreachable,
    UploadRefused,
    YankLimited,
)
from loadmaster.planning.answers import forge, git, registry
from loadmaster.planning.answers.registry import EXCHANGES, RefusalRow, read_exchange_refusal, read_refusal

_HEAD = """# Messages

Each answer of a registry, a forge or a git remote that a release can meet, why it is given, and what to do next. Programs
read the code and, of a refusal, the fact `reason`; both are in the receipt ([receipt.md](receipt.md)).

`VARIABLE` stands for the place that the token was read from: an environment variable or a Secret block. Its value is in no
message. Where the next step is to try again, the place where the message stands says how: on a run's page, and in a
terminal.

Words that are not in these tables have the reason `account` (of a 401 or a 403) or `other`. Nothing follows from these.

This page is generated from `loadmaster/planning/answers/` and `loadmaster/errors/`. `tests/planning/answers/` replays
crates.io's recorded answers against the tables.
"""
_INSTANT = datetime(2026, 7, 25, 12, 35, 41, tzinfo=UTC)
_CRATE, _URL, _REMOTE, _VARIABLE = "NAME@1.0.0", "URL", "REMOTE", "`VARIABLE`"
_RATE = "You have published too many new crates in a short period of time. Please try again after DATE and see …"


class MessageRow(NamedTuple):
    answer: str
    is_called: str
    """A reason, or the code of an error."""
    error: LoadmasterError


def page() -> str:
    return "\n".join(
        [
            _HEAD,
            *_section("A registry refuses an upload, a yank or a read", "reason", _refusals()),
            *_section("A registry refuses an ID token", "reason", _exchanges()),
            *_section("A registry lets wait, or gives no usable answer", "code", _waits()),
            *_section("A git remote does not take a push", "code", _pushes()),
            *_section("A git remote does not answer", "code", _complaints()),
            *_section("A forge refuses", "code", _forge()),
        ]
    )


def _section(title: str, called: str, rows: Iterable[MessageRow]) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| answer | {called} | why | what next |\n|---|---|---|---|"
    for row in rows:
        yield f"| {_cell(row.answer)} | `{row.is_called}` | {_cell(row.error.why)} | {_cell(row.error.fix)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _refusals() -> Iterator[MessageRow]:
    for row in registry.ROWS:
        if row not in EXCHANGES:
            reason, details = read_refusal(row.status, row.example)
            error = _refused(row.status, row.example, reason, details)
            yield MessageRow(f"{row.status} {row.example}", reason, error)
    for answer, status, reason in (
        ("401 or 403 without a word, to a read", 401, Reason.LOGIN_NEEDED),
        ("413, and not in the registry's words", 413, Reason.PROXY_LIMIT),
    ):
        yield MessageRow(answer, reason, _refused(status, answer, reason, {}))


def _refused(status: int, told: str, reason: Reason, details: registry.Details) -> LoadmasterError:
    if reason in (Reason.LOGIN_NEEDED, Reason.CRATE_HIDDEN):
        return ReadRefused(_URL, status, told, reason)
    kind = AlreadyUploaded if reason is Reason.THERE else UploadRefused
    return kind(_CRATE, status, told, reason, details, _VARIABLE)


def _exchanges() -> Iterator[MessageRow]:
    absent = RefusalRow(Reason.TRUSTED_PUBLISHING_ABSENT, "", 404, "Not Found")
    for row in (*EXCHANGES, absent):
        reason, details = read_exchange_refusal(row.status, row.example)
        error = ExchangeRefused(_URL, row.status, row.example, reason, details)
        yield MessageRow(f"{row.status} {row.example}", reason, error)


def _waits() -> Iterator[MessageRow]:
    daily = "You have published too many versions of this crate in the last 24 hours"
    for answer, error in (
        (f"429 {_RATE}", RateLimited(_CRATE, _INSTANT, _RATE)),
        (f"429 {daily}", DailyLimitReached(_CRATE, daily)),
        ("429 to a yank, with an instant", YankLimited(_CRATE, _INSTANT, _RATE)),
        ("any other 429: to a question, or without an instant", RegistryBusy(_URL, "429: slow down", _INSTANT)),
        (f"503 {registry.READ_ONLY}", RegistryReadOnly(_URL, registry.READ_ONLY)),
        ("500 Internal Server Error", RegistryFailed(_URL, "Internal Server Error")),
        ("no answer, a time-out, 408, 502, 503, 504", RegistryUnreachable(_URL, "no answer")),
        ("a page of HTML, a redirect, 404 without the registry's words", AnotherAnswered(_URL, "a page")),
        ("404 for the file of a crate that the index lists", DownloadAbsent(_CRATE, _URL, 404)),
    ):
        yield MessageRow(answer, error.code, error)


def _pushes() -> Iterator[MessageRow]:
    for row in git.PUSH_ROWS:
        told = row.words or row.reason
        error = row.kind("REF", _REMOTE, told) if issubclass(row.kind, PushRefused) else row.kind(_REMOTE, told)
        yield MessageRow(" ".join((row.reason, row.words)), error.code, error)


def _complaints() -> Iterator[MessageRow]:
    for row in git.COMPLAINT_ROWS:
        error = row.kind(_REMOTE, row.example)
        yield MessageRow(row.example, error.code, error)


def _forge() -> Iterator[MessageRow]:
    for row in forge.ROWS:
        error = row.kind(_URL, row.example)
        yield MessageRow(f"{row.statuses[0]} {row.example}", error.code, error)


if __name__ == "__main__":
    print(page(), end="")
