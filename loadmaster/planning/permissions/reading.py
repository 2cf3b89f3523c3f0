"""What an answer of a registry's web API is: its own word, that of something before it, or none at all. Pure.

A proxy's page, a firewall's refusal and crates.io's refusal may have one status; only the text tells them apart.
"""

from __future__ import annotations

import json
from typing import Any

from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.values.value import Value

_TURNED_AWAY = (
    "We are unable to process your request at this time",
    "We require that all requests include a `User-Agent` header",
)
"""How crates.io answers to a client that it wants nothing to do with, before any route is looked at."""


class Document(Value):
    """What was asked for."""

    content: dict[str, Any]


class Refused(Value):
    """The registry itself says no, in its own shape."""

    status: int
    detail: str


class TurnedAway(Value):
    """The registry does not want this client: its address, its User-Agent or its manners."""

    detail: str


class NotTheRegistry(Value):
    """Something else answered: a proxy, a firewall, a login page."""

    what: str


class NoAnswer(Value):
    why: str


Reading = Document | Refused | TurnedAway | NotTheRegistry | NoAnswer


def read(exchange: Exchange) -> Reading:
    if exchange.status is None:
        return NoAnswer(why=exchange.text)
    if any(text in exchange.text for text in _TURNED_AWAY):
        return TurnedAway(detail=_first_line(exchange.text))
    try:
        content = json.loads(exchange.text)
    except ValueError:
        return NotTheRegistry(what=_told(exchange))
    details = _details(content)
    if details is not None:
        return Refused(status=exchange.status, detail=details)
    if not isinstance(content, dict) or not 200 <= exchange.status < 300:
        return NotTheRegistry(what=_told(exchange))
    return Document(content=content)


def why_unread(reading: Reading) -> str:
    """Why an answer is not what was asked for, in a sentence without its end."""
    match reading:
        case Document():
            return "the registry's answer has another shape than crates.io's"
        case Refused(status=status, detail=detail):
            return f"the registry refused with {status}: `{detail}`"
        case TurnedAway(detail=detail):
            return f"the registry turns this client away: `{detail}`"
        case NotTheRegistry(what=what):
            return what
        case NoAnswer(why=why):
            return f"no answer came: {why}"


def _told(exchange: Exchange) -> str:
    is_page = any(mark in exchange.text[:1000].lower() for mark in ("<html", "<!doctype html"))
    kind = "a page of HTML" if is_page else "something that is not a registry's answer"
    who = "a firewall or a proxy before the registry" if exchange.status == 403 else "a proxy, or another server,"
    return f"{who} answered {exchange.status} with {kind}, which begins `{_first_line(exchange.text)}`"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""


def _details(content: Any) -> str | None:
    try:
        return "; ".join(str(error["detail"]) for error in content["errors"])
    except (KeyError, TypeError):
        return None
