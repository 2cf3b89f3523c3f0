"""Which requests a server on loopback answers."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.planning.guard import Caller, own_hosts, why_refused

OWN = own_hosts(4200)
OURS = "127.0.0.1:4200"

ANSWERED: list[tuple[str, dict[str, Any]]] = [
    ("a program that asks by the address", {}),
    ("a program that asks by the name", {"hosts": ("localhost:4200",)}),
    ("a name in capitals", {"hosts": ("LocalHost:4200",)}),
    ("our own page", {"origins": (f"http://{OURS}",), "site": "same-origin"}),
    ("our own page by its name", {"hosts": ("localhost:4200",), "origins": ("http://localhost:4200",)}),
    ("our own page, asking without an origin", {"site": "same-origin", "mode": "cors"}),
    ("a bookmark", {"site": "none", "mode": "navigate", "dest": "document"}),
    ("a link on another page", {"site": "cross-site", "mode": "navigate", "dest": "document", "path": "/v2/runs"}),
    ("a page whose name begins so", {"path": "/docs-of-ours"}),
    ("a deployment of such a name", {"path": "/api/deployments/name/docs/docs"}),
    ("our own page's socket", {"kind": "websocket", "origins": (f"http://{OURS}",)}),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no host", {"hosts": ()}, "is for nobody"),
    ("two hosts", {"hosts": (OURS, "evil.example")}, "`evil.example`"),
    ("another name that resolves to loopback", {"hosts": ("rebound.example:4200",)}, "`rebound.example:4200`"),
    ("another port", {"hosts": ("127.0.0.1:80",)}, "`127.0.0.1:80`"),
    ("our host without its port", {"hosts": ("127.0.0.1",)}, "`127.0.0.1`"),
    ("our host within another", {"hosts": (f"{OURS}.evil.example",)}, "evil.example"),
    ("another page", {"origins": ("https://evil.example",)}, "a page of `https://evil.example`"),
    ("a page of another port", {"origins": ("http://127.0.0.1:8000",)}, "`http://127.0.0.1:8000`"),
    ("a page of our other name", {"origins": ("http://localhost:4200",)}, "`http://localhost:4200`"),
    ("a page without an address", {"origins": ("null",)}, "`null`"),
    ("an empty origin", {"origins": ("",)}, "not this server's"),
    ("two origins", {"origins": (f"http://{OURS}", "http://evil.example")}, "evil.example"),
    ("our origin by TLS", {"origins": (f"https://{OURS}",)}, "`https://"),
    (
        "an image in another page",
        {"site": "cross-site", "mode": "no-cors", "dest": "image"},
        "`Sec-Fetch-Site: cross-site`",
    ),
    ("a page of another port, without an origin", {"site": "same-site", "mode": "no-cors"}, "same-site"),
    ("a frame", {"site": "cross-site", "mode": "navigate", "dest": "iframe"}, "cross-site"),
    ("a form", {"site": "cross-site", "mode": "navigate", "dest": "document", "method": "POST"}, "cross-site"),
    (
        "a link to the API",
        {"site": "cross-site", "mode": "navigate", "dest": "document", "path": "/api/x"},
        "cross-site",
    ),
    ("the API's documentation", {"path": "/docs"}, "does not show `/docs`"),
    ("what is below it", {"path": "/docs/oauth2-redirect"}, "does not show"),
    ("the other one, written otherwise", {"path": "//ReDoc/"}, "does not show"),
    ("what they are made of", {"path": "/openapi.json"}, "does not show"),
    ("the API's own", {"path": "/api/docs"}, "does not show"),
    ("what that is made of", {"path": "/api/openapi.json", "origins": (f"http://{OURS}",)}, "does not show"),
    ("another page's socket", {"kind": "websocket", "origins": ("http://evil.example",)}, "evil.example"),
    ("a socket without an origin", {"kind": "websocket", "site": "cross-site", "mode": "websocket"}, "cross-site"),
]


@pytest.mark.parametrize("asked", [row[1] for row in ANSWERED], ids=[row[0] for row in ANSWERED])
def test_it_is_answered(asked: dict[str, Any]) -> None:
    assert why_refused(Caller(**({"hosts": (OURS,)} | asked)), OWN) is None


@pytest.mark.parametrize(("asked", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_is_refused(asked: dict[str, Any], told: str) -> None:
    why = why_refused(Caller(**({"hosts": (OURS,)} | asked)), OWN)
    assert why is not None
    assert told in why
