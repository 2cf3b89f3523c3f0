"""The public pages of users and teams, by their login."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.accounts import Accounts
from loadmaster.rehearsal.registry.records import Owner


class People:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> tuple[Route, ...]:
        return Route("/api/v1/users/{login}", self.user), Route("/api/v1/teams/{login}", self.team)

    async def user(self, request: Request) -> Response:
        return _shown("user", self._accounts.user(request.path_params["login"]))

    async def team(self, request: Request) -> Response:
        return _shown("team", self._accounts.team(request.path_params["login"]))


def _shown(kind: str, found: Owner | None) -> Response:
    if found is None:
        raise Refusal(404, "Not Found")
    return JSONResponse({kind: views.profile_view(found)})
