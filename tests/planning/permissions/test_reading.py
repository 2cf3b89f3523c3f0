from __future__ import annotations

import pytest

from loadmaster.planning.permissions.reading import (
    Document,
    NoAnswer,
    NotTheRegistry,
    Refused,
    TurnedAway,
    interpret,
    why_unread,
)
from loadmaster.planning.permissions.seen import Exchange
from tests.kit.answering import HTML, refused, said

POLICY = "We are unable to process your request at this time. This usually means that you are in violation of our API"


@pytest.mark.parametrize(
    ("exchange", "kind", "told"),
    [
        pytest.param(said({"crate": {}}), Document, "another format", id="the registry's document"),
        pytest.param(refused(403, "authentication failed"), Refused, "refused with 403", id="the registry's refusal"),
        pytest.param(refused(403, POLICY), TurnedAway, "turns this client away", id="the registry's policy"),
        pytest.param(said(POLICY, 403), TurnedAway, "turns this client away", id="the policy as plain text"),
        pytest.param(
            said(HTML),
            NotTheRegistry,
            "a proxy, or another server, answered 200 with a page of HTML, which begins `<!doctype html>`",
            id="a proxy's page instead of JSON",
        ),
        pytest.param(
            said("<html>Blocked by policy</html>", 403),
            NotTheRegistry,
            "a firewall or a proxy in front of the registry answered 403",
            id="a firewall's 403",
        ),
        pytest.param(said({"message": "denied"}, 403), NotTheRegistry, "a firewall", id="a 403 in somebody's own JSON"),
        pytest.param(said([1]), NotTheRegistry, "not a registry's answer", id="a list"),
        pytest.param(said(""), NotTheRegistry, "which begins ``", id="nothing"),
        pytest.param(
            Exchange(request="GET x", status=None, text="ConnectError"), NoAnswer, "ConnectError", id="no answer"
        ),
    ],
)
def test_who_answered_is_told_by_the_text(exchange: Exchange, kind: type, told: str) -> None:
    reading = interpret(exchange)
    assert isinstance(reading, kind)
    assert told in why_unread(reading)


def test_an_error_is_an_error_even_with_status_200() -> None:
    assert interpret(refused(200, "no")) == Refused(status=200, detail="no")
