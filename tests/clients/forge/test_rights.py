"""How it is found out what a token may do: by writes that lack their body, and so change nothing."""

from __future__ import annotations

import httpx
import pytest

from loadmaster.clients.forge import rights
from loadmaster.clients.forge.http import http_client
from loadmaster.planning.forge.rights import Right


def asked(status: int, message: str) -> bool | None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.content) == ("POST", b"{}")
        return httpx.Response(status, json={"message": message})

    with http_client("https://api.forge.example", "ada/hangar", "t", httpx.MockTransport(handler)) as client:
        return rights.may(client, str(rights.question(Right.CONTENTS, None)))


@pytest.mark.parametrize(
    ("status", "message", "may"),
    [
        (422, 'Invalid request.\n\n"ref", "sha" weren\'t supplied.', True),
        (403, "Resource not accessible by personal access token", False),
        (403, "Resource not accessible by integration", False),
        (404, "Not Found", False),
    ],
)
def test_what_an_answer_means(status: int, message: str, may: bool) -> None:
    assert asked(status, message) is may


def test_a_workflow_that_is_not_there_tells_nothing_of_the_right_to_start_one() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"message": "Not Found"})

    with http_client("https://api.forge.example", "ada/hangar", "t", httpx.MockTransport(handler)) as client:
        assert rights.may(client, str(rights.question(Right.ACTIONS, "release.yml"))) is None


@pytest.mark.parametrize(
    ("header", "scopes"), [("repo, workflow", ("repo", "workflow")), ("", ()), (None, None)], ids=str
)
def test_scopes_are_those_of_a_classic_token(header: str | None, scopes: tuple[str, ...] | None) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={}, headers={} if header is None else {"X-OAuth-Scopes": header})

    with http_client("https://api.forge.example", "ada/hangar", "t", httpx.MockTransport(handler)) as client:
        assert rights.scopes(client) == scopes
