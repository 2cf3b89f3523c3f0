"""Interprets an answer of a registry's web API: it comes from the registry, from something in front of it, or not at all. Pure.

A proxy's page, a firewall's refusal and crates.io's refusal may have the same status. Only the text distinguishes them.
"""

from __future__ import annotations

from typing import Any

from loadmaster.planning.permissions.seen import Exchange
from loadmaster.planning.values.json_text import read_json
from loadmaster.planning.values.value import Value

_TURNED_AWAY = (
    "We are unable to process your request at this time",
    "We require that all requests include a `User-Agent` header",
)
"""The answers of crates.io to a client that it blocks. It gives them before it looks at the route."""


class Document(Value):
    """The requested document."""

    content: dict[str, Any]


class Refused(Value):
    """The registry itself refuses, in its own format."""

    status: int
    detail: str


class TurnedAway(Value):
    """The registry blocks this client: its address, its User-Agent or its behaviour."""

    detail: str


class NotTheRegistry(Value):
    """Something else answered: a proxy, a firewall, a login page."""

    what: str


class NoAnswer(Value):
    why: str


Reading = Document | Refused | TurnedAway | NotTheRegistry | NoAnswer


def interpret(exchange: Exchange) -> Reading:
    if exchange.status is None:
        return NoAnswer(why=exchange.text)
    if any(text in exchange.text for text in _TURNED_AWAY):
        return TurnedAway(detail=_first_line(exchange.text))
    try:
        content = read_json(exchange.text)
    except ValueError:
        return NotTheRegistry(what=_describe(exchange))
    details = _details(content)
    if details is not None:
        return Refused(status=exchange.status, detail=details)
    if not isinstance(content, dict) or not 200 <= exchange.status < 300:
        return NotTheRegistry(what=_describe(exchange))
    return Document(content=content)


def why_unread(reading: Reading) -> str:
    """Why an answer is not the requested document, as a clause without a full stop."""
    match reading:
        case Document():
            return "the registry's answer has another format than crates.io's"
        case Refused(status=status, detail=detail):
            return f"the registry refused with {status}: `{detail}`"
        case TurnedAway(detail=detail):
            return f"the registry turns this client away: `{detail}`"
        case NotTheRegistry(what=what):
            return what
        case NoAnswer(why=why):
            return f"no answer came: {why}"


def _describe(exchange: Exchange) -> str:
    is_page = any(mark in exchange.text[:1000].lower() for mark in ("<html", "<!doctype html"))
    kind = "a page of HTML" if is_page else "something that is not a registry's answer"
    who = "a firewall or a proxy in front of the registry" if exchange.status == 403 else "a proxy, or another server,"
    return f"{who} answered {exchange.status} with {kind}, which begins `{_first_line(exchange.text)}`"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else ""


def _details(content: Any) -> str | None:
    try:
        return "; ".join(str(error["detail"]) for error in content["errors"])
    except (KeyError, TypeError):
        return None
