"""The guard around an application, and the same application without it."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadmaster.guarded.guard import Guard
from loadmaster.planning.guard import own_hosts

OURS = "http://127.0.0.1:4200"
FOREIGN = [
    ("another host", {"host": "evil.example:4200"}),
    ("another page", {"origin": "http://evil.example"}),
    ("an image of another page", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}),
]


async def answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"secret of {request.url.path}")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("secret")
    await socket.close()


PLAIN = Starlette(
    routes=[
        Route("/{path:path}", answer, methods=["GET", "POST", "OPTIONS"]),
        WebSocketRoute("/api/events/in", talk),
    ]
)
GUARDED = Guard(PLAIN, own_hosts(4200))


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/flow_runs/filter", "/v2/runs"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("headers", [row[1] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_a_stranger_gets_an_answer_without_the_guard_and_none_with_it(
    headers: dict[str, str], method: str, path: str
) -> None:
    unguarded = TestClient(PLAIN, OURS).request(method, path, headers=headers)
    assert (unguarded.status_code, "secret" in unguarded.text) == (200, True)

    refused = TestClient(GUARDED, OURS).request(method, path, headers=headers)

    assert (refused.status_code, "secret" in refused.text) == (403, False)
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"
    assert not {name for name in refused.headers if name.startswith("access-control-")}


@pytest.mark.parametrize("headers", [row[1] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_a_strangers_socket_opens_without_the_guard_alone(headers: dict[str, str]) -> None:
    with TestClient(PLAIN, OURS).websocket_connect("ws://127.0.0.1:4200/api/events/in", headers=headers) as socket:
        assert socket.receive_text() == "secret"
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        TestClient(GUARDED, OURS).websocket_connect("ws://127.0.0.1:4200/api/events/in", headers=headers),
    ):
        pass
    assert refused.value.code == 1008


def test_our_own_page_and_programs_are_answered_and_no_page_may_frame_it() -> None:
    client = TestClient(GUARDED, OURS)
    for headers in ({}, {"origin": OURS, "sec-fetch-site": "same-origin"}):
        answered = client.get("/api/health", headers=headers)
        assert (answered.status_code, answered.text) == (200, "secret of /api/health")
        assert answered.headers["x-frame-options"] == "DENY"
        assert answered.headers["content-security-policy"].startswith("default-src 'self';")
    with client.websocket_connect("ws://127.0.0.1:4200/api/events/in", headers={"origin": OURS}) as socket:
        assert socket.receive_text() == "secret"
