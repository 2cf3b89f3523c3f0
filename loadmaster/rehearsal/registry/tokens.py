"""The pages for a token about itself, and crates.io's routes that only the website may use, with a cookie."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.registry.accounts import Accounts
from loadmaster.rehearsal.registry.credentials import Grant
from loadmaster.rehearsal.registry.gate import Doorman

_MINE = "/api/v1/me/tokens"
_ONLY_ON_THE_WEBSITE = (
    "/api/v1/me",
    "/api/v1/me/updates",
    _MINE,
    "/api/v1/me/crate_owner_invitations",
    "/api/private/crate_owner_invitations",
    "/api/v1/crates/{name}/following",
)


class Tokens:
    def __init__(self, accounts: Accounts, gate: Doorman) -> None:
        self._accounts, self._gate = accounts, gate

    def routes(self) -> tuple[Route, ...]:
        return (
            *(Route(page, self.website_only) for page in _ONLY_ON_THE_WEBSITE),
            Route("/api/v1/crates/{name}", self.website_only, methods=["DELETE"]),
            Route("/api/v1/crates/{name}/{version}/rebuild_docs", self.website_only, methods=["POST"]),
            Route(f"{_MINE}/{{number:int}}", self.one),
            Route(_MINE, self.create, methods=["PUT"]),
            Route(f"{_MINE}/{{number:int}}", self.revoke, methods=["DELETE"]),
            Route("/api/v1/tokens/current", self.revoke_current, methods=["DELETE"]),
        )

    async def website_only(self, request: Request) -> Response:
        """Answers a valid token with a hint to use the website, and an invalid token with another refusal."""
        self._gate.grant(request)
        raise forbidden("this action can only be performed on the crates.io website")

    async def create(self, request: Request) -> Response:
        self._gate.admit(request, None, None)
        raise bad_request("cannot use an API token to create a new API token")

    async def one(self, request: Request) -> Response:
        grant = self._gate.admit(request, None, None)
        for token in self._accounts.tokens_of(grant.login):
            if token.token_id == request.path_params["number"]:
                return JSONResponse({"api_token": _view(token)})
        raise Refusal(404, "Not Found")

    async def revoke(self, request: Request) -> Response:
        grant = self._gate.admit(request, None, None)
        number = request.path_params["number"]
        if any(token.token_id == number for token in self._accounts.tokens_of(grant.login)):
            self._accounts.revoke(number)
        return JSONResponse({})

    async def revoke_current(self, request: Request) -> Response:
        self._accounts.revoke(self._gate.admit(request, None, None).token_id)
        return Response(status_code=204)


def _view(token: Grant) -> dict[str, object]:
    return {
        "id": token.token_id,
        "crate_scopes": token.crates,
        "endpoint_scopes": token.scopes,
        "expired_at": token.expires and token.expires.isoformat(),
    }
