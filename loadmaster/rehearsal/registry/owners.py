"""Owners over HTTP: lists, invites, adds and removes them, with crates.io's checks in its order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.refusal import bad_request, forbidden
from loadmaster.planning.crates_io.serde_words import kind_of
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.bodies import json_body, unfit
from loadmaster.rehearsal.registry.credentials import Grant
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.invitations import Invitations
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.ownership import Ownership, Rights
from loadmaster.rehearsal.registry.paths import check_crate_in_path

_MOST_AT_ONCE = 10
_A_CRATE = "/api/v1/crates/{name}"
_NOBODY_LEFT = (
    "cannot remove all individual owners of a crate. Team member don't have permission to modify owners, "
    "so at least one individual owner is required."
)


class Owners:
    def __init__(
        self,
        ownership: Ownership,
        invitations: Invitations,
        overlay: Overlay,
        gate: Doorman,
        clock: Callable[[], datetime],
    ) -> None:
        self._ownership, self._invitations = ownership, invitations
        self._overlay, self._gate, self._clock = overlay, gate, clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(f"{_A_CRATE}/owners", self.all),
            Route(f"{_A_CRATE}/owners", self.add, methods=["PUT"]),
            Route(f"{_A_CRATE}/owners", self.remove, methods=["DELETE"]),
            Route(f"{_A_CRATE}/owner_user", self.users),
            Route(f"{_A_CRATE}/owner_team", self.teams),
        )

    async def all(self, request: Request) -> Response:
        return await self._list(request, "users", ("user", "team"))

    async def users(self, request: Request) -> Response:
        return await self._list(request, "users", ("user",))

    async def teams(self, request: Request) -> Response:
        return await self._list(request, "teams", ("team",))

    async def add(self, request: Request) -> Response:
        logins, asking, name = await self._asked(request)
        owners = {owner.login.lower() for owner in self._ownership.owners(name)}
        for login in logins:
            if login.lower() in owners:
                raise bad_request(f"`{login}` is already an owner")
            self._invitations.check_can_be_asked(login, asking.login)
        told = (self._invitations.ask(name, login, self._clock()) for login in logins)
        return JSONResponse({"msg": ",".join(told), "ok": True})

    async def remove(self, request: Request) -> Response:
        logins, _, name = await self._asked(request)
        left = {owner.login.lower(): owner for owner in self._ownership.owners(name)}
        for login in logins:
            if left.pop(login.lower(), None) is None:
                raise bad_request(f"could not find owner with login `{login}`")
        if not any(owner.kind == "user" for owner in left.values()):
            raise bad_request(_NOBODY_LEFT)
        self._ownership.remove(name, logins, self._clock())
        return JSONResponse({"msg": "owners successfully removed", "ok": True})

    async def _list(self, request: Request, key: str, kinds: tuple[str, ...]) -> Response:
        name = request.path_params["name"]
        await self._overlay.known(name)
        owners = [views.owner_view(owner) for owner in self._ownership.owners(name) if owner.kind in kinds]
        return JSONResponse({key: owners})

    async def _asked(self, request: Request) -> tuple[list[str], Grant, str]:
        """The logins to change, the grant of the sender, and the crate's own spelling. Raises `Refusal`."""
        name = request.path_params["name"]
        check_crate_in_path(name)
        logins = await _logins(request)
        if len(logins) > _MOST_AT_ONCE:
            raise bad_request(f"too many invites for this request - maximum {_MOST_AT_ONCE}")
        grant = self._gate.admit(request, "change-owners", name)
        spelled = str((await self._overlay.known(name))[0]["name"])
        rights = self._ownership.rights(name, grant.login)
        if rights is not Rights.FULL:
            who = "team members don't" if rights is Rights.PUBLISH else "only owners"
            raise forbidden(f"{who} have permission to modify owners")
        return logins, grant, spelled


async def _logins(request: Request) -> list[str]:
    """The body's `owners`, or `users` from an old cargo. Raises `Refusal`."""
    document, where = await json_body(request)
    if not isinstance(document, dict):
        raise unfit(f"invalid type: {kind_of(document)}, expected struct ChangeOwnersRequest{where}")
    given = [field for field in ("owners", "users") if field in document]
    if len(given) != 1:
        raise unfit(f"{'duplicate' if given else 'missing'} field `owners`{where}")
    logins = document[given[0]]
    if not isinstance(logins, list):
        raise unfit(f"{given[0]}: invalid type: {kind_of(logins)}, expected a sequence{where}")
    for number, login in enumerate(logins):
        if not isinstance(login, str):
            raise unfit(f"{given[0]}[{number}]: invalid type: {kind_of(login)}, expected a string{where}")
    return logins
