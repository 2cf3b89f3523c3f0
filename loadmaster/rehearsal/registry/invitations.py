"""New owners: users are invited and must accept, teams are added at once.

An invitation is valid for 30 days. Until it is accepted, the user has no rights. A second invitation changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.registry.bodies import json_body, unfit
from loadmaster.rehearsal.registry.database import Database, Row, stamp
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.ownership import Ownership, make_owner

STANDS_FOR = timedelta(days=30)
_MINE = "/api/v1/me/crate_owner_invitations"


class Invitations:
    def __init__(self, database: Database, ownership: Ownership, gate: Doorman, clock: Callable[[], datetime]) -> None:
        self._database, self._ownership, self._gate, self._clock = database, ownership, gate, clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(f"{_MINE}/accept/{{token}}", self.accept_by_token, methods=["PUT"]),
            Route(f"{_MINE}/{{crate:int}}", self.answer, methods=["PUT"]),
        )

    def check_can_be_asked(self, login: str, asking: str) -> None:
        """Raises `Refusal` for an unknown user or team, and for a team of which `asking` is no member."""
        if ":" in login:
            self._check_team(login, asking)
            return
        with self._database.reading() as db:
            known = db.execute("SELECT 1 FROM accounts WHERE login = ?", (login,)).fetchone()
        if not known:
            raise bad_request(f"could not find user with login `{login}`")

    def ask(self, crate: str, login: str, now: datetime) -> str:
        """Invites a user, or adds a team, and returns crates.io's message about it. Raises `Refusal` in read-only mode."""
        key = canonical(crate)
        with self._database.writing() as db:
            self._ownership.adopt(db, crate, now)
            if ":" in login:
                make_owner(db, key, login.lower())
                return f"team {login.lower()} has been added as an owner of crate {crate}"
            db.execute("DELETE FROM invitations WHERE expires <= ?", (stamp(now),))
            added = db.execute(
                "INSERT OR IGNORE INTO invitations SELECT ?, login, ?, ? FROM accounts WHERE login = ?",
                (key, secrets.token_hex(13), stamp(now + STANDS_FOR), login),
            )
            spelled = db.execute("SELECT login FROM accounts WHERE login = ?", (login,)).fetchone()["login"]
        if added.rowcount:
            return f"user {spelled} has been invited to be an owner of crate {crate}"
        return f"user {spelled} already has a pending invitation to be an owner of crate {crate}"

    def accept(self, crate: str, login: str) -> None:
        """Accepts an invitation, as the user does on the website. Raises `Refusal`."""
        self._settle("invitations.canonical = ? AND login = ?", (canonical(crate), login), accepted=True)

    async def accept_by_token(self, request: Request) -> Response:
        """The link in the e-mail."""
        crate = self._settle("token = ?", (request.path_params["token"],), accepted=True)
        return _answered(crate, accepted=True)

    async def answer(self, request: Request) -> Response:
        crate, accepted = _their_answer(*(await json_body(request)))
        grant = self._gate.admit(request, None, None)
        self._settle("crates.id = ? AND login = ?", (crate, grant.login), accepted=accepted)
        return _answered(crate, accepted=accepted)

    def _settle(self, which: str, values: tuple[object, ...], *, accepted: bool) -> int:
        """The id of the crate whose invitation was answered. Raises `Refusal`."""
        with self._database.writing() as db:
            row = db.execute(
                "SELECT invitations.*, crates.id, crates.name, email_verified FROM invitations "
                f"JOIN crates USING (canonical) JOIN accounts USING (login) WHERE {which}",
                values,
            ).fetchone()
            if row is None:
                raise Refusal(404, "Not Found")
            if accepted:
                _check_may_accept(row, self._clock())
                make_owner(db, row["canonical"], row["login"])
            db.execute("DELETE FROM invitations WHERE canonical = ? AND login = ?", (row["canonical"], row["login"]))
        return int(row["id"])

    def _check_team(self, login: str, asking: str) -> None:
        system, organisation, *rest = login.split(":")
        if system != "github":
            raise bad_request("unknown organization handler, only 'github:org:team' is supported")
        if not rest:
            raise bad_request("missing github team argument; format is github:org:team")
        strange = next((c for c in organisation if not (c.isascii() and c.isalnum()) and c not in "-_"), None)
        if strange is not None:
            raise bad_request(f"organization cannot contain special characters like {strange}")
        with self._database.reading() as db:
            known = db.execute("SELECT 1 FROM teams WHERE login = ?", (login,)).fetchone()
            member = db.execute("SELECT 1 FROM members WHERE team = ? AND login = ?", (login, asking)).fetchone()
        if not known:
            raise bad_request(
                f"could not find the github team {organisation}/{rest[0]}. Make sure that you have the right "
                "permissions in GitHub. See https://doc.rust-lang.org/cargo/reference/publishing.html#github-permissions"
            )
        if not member:
            raise forbidden("only members of a team or organization owners can add it as an owner")


def _their_answer(document: Any, where: str) -> tuple[int, bool]:
    match document:
        case {"crate_owner_invite": {"crate_id": int(crate), "accepted": bool(accepted)}}:
            return crate, accepted
        case _:
            raise unfit(f"missing field `crate_owner_invite`{where}")


def _check_may_accept(invitation: Row, now: datetime) -> None:
    if datetime.fromisoformat(invitation["expires"]) <= now:
        raise Refusal(
            410,
            f"The invitation to become an owner of the {invitation['name']} crate expired. "
            "Please reach out to an owner of the crate to request a new invitation.",
        )
    if not invitation["email_verified"]:
        raise forbidden(
            "You need to verify your email address before you can accept the invitation "
            f"to become an owner of the {invitation['name']} crate."
        )


def _answered(crate: int, *, accepted: bool) -> Response:
    return JSONResponse({"crate_owner_invitation": {"crate_id": crate, "accepted": accepted}})
