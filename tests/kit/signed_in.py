"""Requests to a stack's server by whoever may ask it: signed in, and with a token against forgery."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import httpx

from loadmaster.stack.access import read_sign_in
from loadmaster.stack.record import running
from tests.kit.waiting import LOOK_SECONDS

BUSY = httpx.codes.SERVICE_UNAVAILABLE
"""What the server answers if two transactions meet in SQLite."""


def ask(home: Path, method: str, path: str, body: object = None, timeout: float = 30) -> httpx.Response:
    """The answer to a request below `/api`. Asks again while the server is busy, for `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while (answer := _ask(home, method, path, body, timeout)).status_code == BUSY and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return answer


def _ask(home: Path, method: str, path: str, body: object, timeout: float) -> httpx.Response:
    user, _, password = read_sign_in(home).partition(":")
    options = {"base_url": running(home).api_url, "auth": (user, password), "trust_env": False, "timeout": timeout}
    with httpx.Client(**options) as client:  # type: ignore[arg-type] # of several types
        who = str(uuid.uuid4())
        token = client.get("/csrf-token", params={"client": who})
        if token.status_code == BUSY:
            return token
        headers = {"Prefect-Csrf-Client": who, "Prefect-Csrf-Token": token.json()["token"]}
        return client.request(method, path, json=body, headers=headers)
