"""Configurations of trusted publishing over HTTP: which workflows may publish a crate. crates.io's checks, in its order."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.registry.credentials import Grant, check_allows
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.ownership import Ownership
from loadmaster.rehearsal.registry.pages import positive_number
from loadmaster.rehearsal.registry.trustpub.matching import Config
from loadmaster.rehearsal.registry.trustpub.providers import GITHUB_ACTIONS, PROVIDERS, Provider
from loadmaster.rehearsal.registry.trustpub.records import Records
from loadmaster.rehearsal.registry.trustpub.structs import struct_body

SCOPE = "trusted-publishing"
_MOST_CONFIGS = 5
_MOST_PER_PAGE = 100
_WHOLE = re.compile("[+-]?[0-9]+", re.ASCII)


class Configs:
    def __init__(
        self,
        records: Records,
        ownership: Ownership,
        overlay: Overlay,
        gate: Doorman,
        forge_accounts: Mapping[str, int],
        clock: Callable[[], datetime],
    ) -> None:
        """`forge_accounts` (login and id) are known to GitHub, besides the accounts here and those in configurations."""
        self._records, self._ownership, self._overlay, self._gate = records, ownership, overlay, gate
        self._forge_accounts, self._clock = forge_accounts, clock

    def routes(self) -> tuple[Route, ...]:
        return tuple(route for provider in PROVIDERS for route in self._routes(provider))

    def _routes(self, provider: Provider) -> tuple[Route, ...]:
        page = f"/api/v1/trusted_publishing/{provider.item}s"
        return (
            Route(page, partial(self.list, provider)),
            Route(page, partial(self.create, provider), methods=["POST"]),
            Route(f"{page}/{{number}}", partial(self.list, provider)),
            Route(f"{page}/{{number}}", partial(self.delete, provider), methods=["DELETE"]),
        )

    async def list(self, provider: Provider, request: Request) -> Response:
        crate, user = request.query_params.get("crate"), _user_asked(request)
        if crate is not None and user is not None:
            raise bad_request("Cannot specify both `crate` and `user_id` query parameters")
        if crate is not None:
            found = await self._of_crate(provider, request, crate)
        elif user is not None:
            found = await self._of_user(provider, request, user)
        else:
            raise bad_request("Must specify either `crate` or `user_id` query parameter")
        return JSONResponse(_page(provider, request, found), headers={"Cache-Control": "no-store"})

    async def _of_crate(self, provider: Provider, request: Request, crate: str) -> Sequence[tuple[Config, str]]:
        """The configurations of a crate, each with the crate's name as it is spelled."""
        grant = self._gate.admit(request, SCOPE, crate)
        name = await self._spelled(crate)
        self._check_owner(name, grant)
        return [(config, name) for config in self._records.configs(provider) if config.canonical == canonical(name)]

    async def _of_user(self, provider: Provider, request: Request, user: int) -> Sequence[tuple[Config, str]]:
        grant = self._gate.grant(request)
        check_allows(grant.model_copy(update={"crates": None}), SCOPE, None)
        check_not_legacy(grant)
        if grant.user_id != user:
            raise forbidden("this action requires authentication as the specified user")
        found = []
        for config in self._records.configs(provider):
            name = await self._spelled(config.canonical)
            if self._ownership.is_owner(name, grant.login) and _is_about(grant, name):
                found.append((config, name))
        return found

    async def create(self, provider: Provider, request: Request) -> Response:
        asked = (await struct_body(request, provider.request))[provider.item]
        owner, repository, workflow = asked[provider.owner], asked[provider.name], asked[provider.workflow]
        provider.check(owner, repository, workflow, asked["environment"])
        grant = self._gate.admit(request, SCOPE, asked["crate"])
        name = await self._spelled(asked["crate"])
        there = [config for config in self._records.configs(provider) if config.canonical == canonical(name)]
        if len(there) >= _MOST_CONFIGS:
            raise Refusal(
                409,
                f"This crate already has the maximum number of {provider.title} Trusted Publishing configurations "
                f"({_MOST_CONFIGS})",
            )
        self._check_owner(name, grant)
        if not grant.email_verified:
            raise forbidden("You must verify your email address to create a Trusted Publishing config")
        known = self._github_account(owner) if provider is GITHUB_ACTIONS else (owner, None)
        fields = {"canonical": canonical(name), "owner": known[0], "owner_id": known[1], "name": repository}
        new = fields | {"workflow": workflow, "environment": asked["environment"]}
        config = self._records.add_config(provider, new, self._clock())
        return JSONResponse({provider.item: provider.view(config, name)})

    async def delete(self, provider: Provider, request: Request) -> Response:
        number = request.path_params["number"]
        if not _WHOLE.fullmatch(number) or abs(int(number)) >= 2**31:
            raise bad_request(f"Invalid URL: Cannot parse `{number}` to a `i32`")
        config = next((config for config in self._records.configs(provider) if config.id == int(number)), None)
        if config is None:
            raise Refusal(404, "Not Found")
        name = await self._spelled(config.canonical)
        self._check_owner(name, self._gate.admit(request, SCOPE, name))
        self._records.remove_config(provider, config.id)
        return Response(status_code=204)

    async def _spelled(self, crate: str) -> str:
        """The name of a crate that exists, as it is spelled. Raises `Refusal`."""
        return str((await self._overlay.known(crate))[0]["name"])

    def _check_owner(self, crate: str, grant: Grant) -> None:
        """Members of an owning team may publish, and no more."""
        if not self._ownership.is_owner(crate, grant.login):
            raise bad_request("You are not an owner of this crate")

    def _github_account(self, login: str) -> tuple[str, int]:
        """GitHub's spelling of the login, and the account's id. Raises `Refusal`."""
        for known, number in self._forge_accounts.items():
            if known.lower() == login.lower():
                return known, number
        account = self._records.account(login)
        if account is None:
            raise bad_request("Unknown GitHub user or organization")
        return account


def check_not_legacy(grant: Grant) -> None:
    """Raises `Refusal` for a token without scopes."""
    if grant.scopes is None:
        raise forbidden("This endpoint cannot be used with legacy API tokens. Use a scoped API token instead.")


def _user_asked(request: Request) -> int | None:
    text = request.query_params.get("user_id")
    if text is None:
        return None
    if not _WHOLE.fullmatch(text):
        what = "invalid digit found in string" if text else "cannot parse integer from empty string"
        raise bad_request(f"Failed to deserialize query string: user_id: {what}")
    return int(text)


def _is_about(grant: Grant, crate: str) -> bool:
    try:
        check_allows(grant, SCOPE, crate)
    except Refusal:
        return False
    return True


def _page(provider: Provider, request: Request, found: Sequence[tuple[Config, str]]) -> dict[str, object]:
    """One page of the configurations; the next begins after the id in `seek`."""
    asked = request.query_params
    if "page" in asked:
        both = "providing both ?page= and ?seek= is unsupported"
        raise bad_request(both if "seek" in asked else "?page= is not supported for this request")
    most = positive_number(request, "per_page", 10)
    if most > _MOST_PER_PAGE:
        raise bad_request(f"cannot request more than {_MOST_PER_PAGE} items")
    after = _seek(asked["seek"]) if "seek" in asked else 0
    shown = [(config, crate) for config, crate in found if config.id > after][:most]
    more = _next(request, shown[-1][0].id) if len(shown) == most else None
    views = [provider.view(config, crate) for config, crate in shown]
    return {f"{provider.item}s": views, "meta": {"total": len(found), "next_page": more}}


def _seek(text: str) -> int:
    try:
        after = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except ValueError:
        after = None
    if type(after) is not int:
        raise bad_request("invalid seek parameter")
    return after


def _next(request: Request, last: int) -> str:
    kept = [(key, value) for key, value in parse_qsl(request.url.query, keep_blank_values=True) if key != "seek"]
    seek = base64.urlsafe_b64encode(str(last).encode()).decode().rstrip("=")
    return f"?{urlencode([*kept, ('seek', seek)])}"
