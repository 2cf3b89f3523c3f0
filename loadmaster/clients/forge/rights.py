"""GitHub's REST API, asked for what a token may do. No address tells it for a fine-grained token.

So each right is asked for by a write that lacks its body: who may write is told that the body is wrong (422), and who may not, that
(403, 404). Nothing is changed by it. Each function raises the errors that `loadmaster.clients.forge.http` lists.
"""

from __future__ import annotations

from urllib.parse import quote

import httpx

from loadmaster.clients.forge.http import repository_address, send
from loadmaster.errors.forge.answers import ForgeForbidden, ForgeNotFound, ForgeRefused
from loadmaster.planning.forge.rights import Right


def scopes(client: httpx.Client) -> tuple[str, ...] | None:
    """The scopes of a classic token; None for any other, or without a token."""
    told = send(client, "GET", repository_address(client)).headers.get("X-OAuth-Scopes")
    return None if told is None else tuple(scope.strip() for scope in told.split(",") if scope.strip())


def question(right: Right, workflow: str | None) -> str | None:
    """The address of the write that asks for the right; None if there is none without a workflow."""
    match right:
        case Right.CONTENTS:
            return "git/refs"
        case Right.PULL_REQUESTS:
            return "pulls"
        case Right.ACTIONS:
            return None if workflow is None else f"actions/workflows/{quote(workflow)}/dispatches"


def may(client: httpx.Client, address: str) -> bool | None:
    """Whether the token may write there; None if the answer does not tell."""
    try:
        send(client, "POST", address, json={})
    except ForgeForbidden:
        return False
    except ForgeNotFound:
        return None if "workflows/" in address else False  # a workflow that is not on the default branch is 404, too
    except ForgeRefused:
        return True
    return None
