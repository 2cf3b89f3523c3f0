"""Removes the secrets that this process has read from every text that leaves it: errors of the catalogue and log records.

Knows the values, and the spellings in which they come back: plain, base64 at any alignment, URL-encoded, in JSON, in
HTML. Refuses to know where they came from and what they open. It does not guess: it hides only secrets that were read here.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

HIDDEN = "[redacted]"


class Redactor:
    """Only grows: a text on its way may still hold a token that has ended."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def know(self, secret: str) -> None:
        with self._lock:
            self._spellings.update(_spellings(secret))
            # The longest first: a spelling may begin with another one.
            longest_first = sorted(self._spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


_PROCESS = Redactor()


def know(secret: str) -> None:
    """From now on `secret` is redacted, also in log records of other libraries."""
    _PROCESS.know(secret)
    if not isinstance(logging.getLogRecordFactory(), _Redacting):
        logging.setLogRecordFactory(_Redacting(logging.getLogRecordFactory()))


def redact(text: str) -> str:
    """The text without the secrets that this process knows."""
    return _PROCESS.redact(text)


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)
    for unescaped in ("", "/"):
        yield (encoded := quote(secret, safe=unescaped))
        yield re.sub("%..", lambda code: code[0].lower(), encoded)
    for before in range(3):
        yield from _base64_spellings(secret.encode(), before)


def _base64_spellings(secret: bytes, before: int) -> Iterator[str]:
    """The characters that `secret` alone decides, in the base64 of a text that has it after `before` other bytes, modulo 3."""
    decided = slice(-(-before * 8 // 6), (before + len(secret)) * 8 // 6)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(bytes(before) + secret).decode("ascii")[decided]


class _Redacting:
    """Makes log records as before, with their text redacted. A factory sees every record; a filter only those of its handler."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: object, **fields: object) -> logging.LogRecord:
        record = self._make(*args, **fields)
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # the caller's mistake, which logging would print with all its arguments
            text, record.args = f"{record.msg} (a log line that could not be formatted)", None
            record.msg = text
        if (clean := redact(text)) != text:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record
