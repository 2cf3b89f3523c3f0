"""Checks who sent a request and what their token allows, as crates.io does before anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request

from loadmaster.planning.crates_io.refusal import forbidden
from loadmaster.rehearsal.registry.accounts import Accounts
from loadmaster.rehearsal.registry.credentials import Grant, check_alive, check_allows, token_sent


class Doorman:
    def __init__(self, accounts: Accounts, clock: Callable[[], datetime]) -> None:
        self._accounts, self._clock = accounts, clock

    def grant(self, request: Request) -> Grant:
        """The grant of the request's token, if it is valid. Raises `Refusal`."""
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}":
            raise forbidden("invalid origin header")
        token = token_sent(request.headers.get("Authorization"))
        return check_alive(self._accounts.grant(token), self._clock())

    def admit(self, request: Request, scope: str | None, crate: str | None) -> Grant:
        """The grant of the request's token, if it has `scope` for `crate`, see `check_allows`. Raises `Refusal`."""
        grant = self.grant(request)
        check_allows(grant, scope, crate)
        return grant
