"""A Secret block is there, is not there, or could not be read; nothing is taken for another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.tasks.credentials import read_block

CANARY = "cioCanaryInABlock"


@contextmanager
def answered(answer: Response | None) -> Iterator[None]:
    """A Prefect server, as far as its address says, that answers this to everything; None: nobody is there."""

    def say(_: Request) -> Response:
        assert answer is not None
        return answer

    with serving(Starlette(routes=[Route("/{path:path}", say, methods=["GET", "POST"])])) as address:
        api = f"{address}/api" if answer is not None else "http://127.0.0.1:1/api"
        with temporary_settings({PREFECT_API_URL: api, PREFECT_CLIENT_MAX_RETRIES: 0}):
            yield


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(None, "ConnectError", id="nobody"),
        pytest.param(HTMLResponse("<html>Sign in</html>"), "not a Prefect server's", id="a proxy's page"),
        pytest.param(JSONResponse({"data": {"value": CANARY}}), "not a Prefect server's", id="another document"),
        pytest.param(JSONResponse({"detail": "no"}, 500), "status 500", id="a server in trouble"),
        pytest.param(JSONResponse({"detail": "no"}, 403), "status 403", id="a server that refuses"),
    ],
)
def test_what_could_not_be_read_is_not_taken_for_missing(answer: Response | None, told: str) -> None:
    with answered(answer), pytest.raises(SecretBlockUnread, match=told) as caught:
        read_block("registry-token")
    assert CANARY not in f"{caught.value} {caught.value.__cause__} {vars(caught.value)}"


def test_a_block_that_the_server_does_not_have_is_missing() -> None:
    with answered(JSONResponse({"detail": "Block not found"}, 404)), pytest.raises(SecretBlockMissing):
        read_block("registry-token")
