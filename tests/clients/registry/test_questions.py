from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from loadmaster.clients.registry import questions
from loadmaster.planning.permissions.seen import Exchange

API = "http://127.0.0.1:9"
TOKEN = "cio" + "s" * 32

Ask = Callable[[httpx.Client], Exchange]
ASKED: dict[str, tuple[Ask, str, bool]] = {
    "its state": (lambda client: questions.site(API, client), "GET /api/v1/site_metadata", False),
    "the token": (lambda client: questions.me(API, TOKEN, client), "GET /api/v1/me", True),
    "the token's kind": (
        lambda client: questions.configs_of_user(API, TOKEN, client),
        "GET /api/v1/trusted_publishing/github_configs?user_id=1",
        True,
    ),
    "a crate": (lambda client: questions.crate(API, "core", client), "GET /api/v1/crates/core?include=", False),
    "its owners": (lambda client: questions.owners(API, "core", client), "GET /api/v1/crates/core/owners", False),
    "its configurations": (
        lambda client: questions.configs(API, "core", TOKEN, client),
        "GET /api/v1/trusted_publishing/github_configs?crate=core&per_page=100",
        True,
    ),
    "the probe": (lambda client: questions.probe(API, "core", "1.0.0", TOKEN, client), "PUT /api/v1/crates/new", True),
}


@pytest.mark.parametrize(("ask", "line", "with_token"), [pytest.param(*each, id=name) for name, each in ASKED.items()])
def test_each_question_is_one_request_and_its_answer_comes_as_it_is(ask: Ask, line: str, with_token: bool) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(418, text=f"short and stout {request.headers.get('Authorization')}")

    exchange = ask(httpx.Client(transport=httpx.MockTransport(answer)))
    (request,) = requests
    method, _, path = line.partition(" ")
    assert (request.method, request.url.raw_path.decode()) == (method, path)
    assert request.headers.get("Authorization") == (TOKEN if with_token else None)
    about = " (core@1.0.0, its metadata alone)" if method == "PUT" else ""
    assert exchange.request == f"{method} {API}{path}{about}"
    assert (exchange.status, exchange.text[:15]) == (418, "short and stout")
    assert TOKEN not in exchange.request


@pytest.mark.parametrize("ask", [pytest.param(each[0], id=name) for name, each in ASKED.items()])
def test_no_answer_is_an_answer_too(ask: Ask) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("too long", request=request)

    exchange = ask(httpx.Client(transport=httpx.MockTransport(refuse)))
    assert (exchange.status, exchange.text) == (None, "ConnectTimeout: too long")


def test_a_redirect_is_not_followed_with_a_token() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://127.0.0.1:8/login"}))
    assert questions.me(API, TOKEN, httpx.Client(transport=transport, follow_redirects=True)).status == 302


def test_the_probe_ends_after_its_metadata() -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(400)

    questions.probe(API, "core", "1.0.0", TOKEN, httpx.Client(transport=httpx.MockTransport(answer)))
    (body,) = bodies
    assert int.from_bytes(body[:4], "little") == len(body) - 4
    assert body[4:] == b'{"name":"core","vers":"1.0.0"}'
