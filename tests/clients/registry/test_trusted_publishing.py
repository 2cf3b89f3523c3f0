"""The client against answers as GitHub, crates.io and what stands before them send them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from loadmaster.clients.registry import trusted_publishing
from loadmaster.errors.base import LoadmasterError, is_worth_retrying
from loadmaster.errors.credentials import ExchangeRefused, IdentityRefused, IdentityUnavailable, TokenNotRevoked
from loadmaster.errors.registry import RegistryUnreachable

API = "https://registry.example"
IDENTITY = "https://vouching.example/token?api-version=2.0"
NO_KEYS = {"errors": [{"detail": "Failed to load OIDC key set"}]}
NO_CONFIG = {"errors": [{"detail": "No Trusted Publishing config found for repository `ada/demo`."}]}


def answering(status: int, document: object) -> httpx.Client:
    content = {"text": document} if isinstance(document, str) else {"json": document}
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, **content)))


def lost(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("took too long")


def ask(client: httpx.Client) -> str:
    return trusted_publishing.identity_token(IDENTITY, "asking-token", "crates.io", client)


def exchange(client: httpx.Client) -> str:
    return trusted_publishing.exchange(API, "a.b.c", client)


def revoke(client: httpx.Client) -> None:
    trusted_publishing.revoke(API, "cio_tp_secret", client)


ANSWERS = [
    ("not permitted to ask", ask, 403, {"message": "no id-token: write"}, IdentityRefused, "no id-token: write"),
    ("a provider that is down", ask, 502, "<html>Bad gateway", IdentityUnavailable, "502: `<html>Bad gateway`"),
    ("a redirect", ask, 302, "", IdentityUnavailable, "302"),
    ("an identity without a value", ask, 200, {"count": 1}, IdentityUnavailable, "not of the expected shape"),
    ("an identity that is a list", ask, 200, ["a.b.c"], IdentityUnavailable, "not of the expected shape"),
    ("no configuration", exchange, 400, NO_CONFIG, ExchangeRefused, "No Trusted Publishing config found"),
    ("a registry without it", exchange, 404, "Not found", ExchangeRefused, "404: `Not found`"),
    ("a registry that hurries", exchange, 429, "slow down", RegistryUnreachable, "429: `slow down`"),
    ("keys that are not to be had", exchange, 500, NO_KEYS, RegistryUnreachable, "OIDC key set"),
    ("a proxy's page as success", exchange, 200, "<html>cio_tp_in_a_page", RegistryUnreachable, "not of the expected shape"),
    ("a token that is a number", exchange, 200, {"token": 7}, RegistryUnreachable, "not of the expected shape"),
    ("a token that is none", revoke, 401, {"errors": [{"detail": "Invalid token"}]}, TokenNotRevoked, "401: Invalid token"),
    ("a revocation that is not said to be done", revoke, 200, {"ok": True}, TokenNotRevoked, "200"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "status", "document", "kind", "told"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_an_answer_that_is_not_the_wanted_one(
    call: Callable[[httpx.Client], object], status: int, document: object, kind: type[LoadmasterError], told: str
) -> None:
    with pytest.raises(kind) as caught:
        call(answering(status, document))
    assert told in caught.value.what
    assert "cio_tp_" not in str(caught.value)
    assert is_worth_retrying(caught.value) is (kind in (IdentityUnavailable, RegistryUnreachable))


@pytest.mark.parametrize(
    ("call", "kind"), [(ask, IdentityUnavailable), (exchange, RegistryUnreachable), (revoke, TokenNotRevoked)]
)
def test_no_answer(call: Callable[[httpx.Client], object], kind: type[LoadmasterError]) -> None:
    with pytest.raises(kind, match="ReadTimeout: took too long"):
        call(httpx.Client(transport=httpx.MockTransport(lost)))


def test_what_is_sent() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return (
            httpx.Response(204)
            if request.method == "DELETE"
            else httpx.Response(200, json={"value": "a.b.c", "token": "cio_tp_new"})
        )

    client = httpx.Client(transport=httpx.MockTransport(answer))
    assert (ask(client), exchange(client)) == ("a.b.c", "cio_tp_new")
    revoke(client)
    tokens = f"{API}/api/v1/trusted_publishing/tokens"
    assert [(each.method, str(each.url), each.headers.get("Authorization")) for each in sent] == [
        ("GET", f"{IDENTITY}&audience=crates.io", "Bearer asking-token"),
        ("POST", tokens, None),
        ("DELETE", tokens, "Bearer cio_tp_secret"),
    ]
    assert sent[1].read() == b'{"jwt":"a.b.c"}'


@pytest.mark.parametrize(
    ("api", "audience"), [("https://crates.io", "crates.io"), ("http://127.0.0.1:80/r", "127.0.0.1:80")]
)
def test_an_id_token_is_made_out_to_the_registry_by_its_host(api: str, audience: str) -> None:
    assert trusted_publishing.audience_of(api) == audience
