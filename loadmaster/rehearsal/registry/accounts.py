"""Users, teams and their members, and the tokens that act for them.

It knows how they are kept. It refuses to know what they own (`ownership`) and what a token allows (`credentials`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from pydantic import TypeAdapter

from loadmaster.rehearsal.registry.credentials import Grant, Lock, token_digest
from loadmaster.rehearsal.registry.database import Database, Row, stamp
from loadmaster.rehearsal.registry.limits import OwnLimits
from loadmaster.rehearsal.registry.records import Owner

_LIMITS: TypeAdapter[OwnLimits | None] = TypeAdapter(OwnLimits | None)
_GRANTS = (
    "SELECT tokens.id AS token_id, accounts.id AS user_id, accounts.login, email_verified, lock_reason, lock_until, "
    "limits, scopes, crates, expires, revoked FROM tokens JOIN accounts USING (login)"
)


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        login: str,
        *,
        identity: int | None = None,
        email_verified: bool = True,
        lock: Lock | None = None,
        limits: OwnLimits | None = None,
    ) -> None:
        """Adds a user, or updates an existing one; its `identity` stays."""
        until = stamp(lock.until) if lock and lock.until else None
        with self._database.recording() as db:
            db.execute(
                "INSERT INTO accounts (id, login, email_verified, lock_reason, lock_until, limits) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (login) DO UPDATE SET email_verified = excluded.email_verified, "
                "lock_reason = excluded.lock_reason, lock_until = excluded.lock_until, limits = excluded.limits",
                (identity, login, email_verified, lock and lock.reason, until, _LIMITS.dump_json(limits).decode()),
            )

    def user(self, login: str) -> Owner | None:
        with self._database.reading() as db:
            row = db.execute("SELECT id, login FROM accounts WHERE login = ?", (login,)).fetchone()
        return None if row is None else Owner(kind="user", **row)

    def team(self, login: str) -> Owner | None:
        with self._database.reading() as db:
            row = db.execute("SELECT id, login FROM teams WHERE login = ?", (login,)).fetchone()
        return None if row is None else Owner(kind="team", **row)

    def add_team(self, login: str, members: Iterable[str], *, restricted: bool = False) -> None:
        """Adds the team `github:organisation:team`, in lower case as crates.io keeps it. The members must be known users.

        `restricted`: its organisation does not let crates.io see who is a member.
        """
        team = login.lower()
        with self._database.recording() as db:
            db.execute(
                "INSERT INTO teams (login, restricted) VALUES (?, ?) "
                "ON CONFLICT (login) DO UPDATE SET restricted = excluded.restricted",
                (team, restricted),
            )
            db.executemany("INSERT OR IGNORE INTO members VALUES (?, ?)", [(team, member) for member in members])

    def add_token(
        self,
        login: str,
        token: str,
        *,
        scopes: tuple[str, ...] | None,
        crates: tuple[str, ...] | None,
        expires: datetime | None,
        revoked: bool = False,
    ) -> None:
        """An existing token stays unchanged: to open a world again must not undo a revocation."""
        with self._database.recording() as db:
            db.execute(
                "INSERT OR IGNORE INTO tokens (digest, login, scopes, crates, expires, revoked) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    token_digest(token),
                    login,
                    None if scopes is None else json.dumps(scopes),
                    None if crates is None else json.dumps(crates),
                    None if expires is None else stamp(expires),
                    revoked,
                ),
            )

    def grant(self, token: str) -> Grant | None:
        with self._database.reading() as db:
            row = db.execute(f"{_GRANTS} WHERE digest = ?", (token_digest(token),)).fetchone()
        return None if row is None else _grant(row)

    def tokens_of(self, login: str) -> tuple[Grant, ...]:
        """Revoked ones too."""
        with self._database.reading() as db:
            rows = db.execute(f"{_GRANTS} WHERE login = ? ORDER BY tokens.id", (login,)).fetchall()
        return tuple(_grant(row) for row in rows)

    def revoke(self, token_id: int) -> None:
        with self._database.writing() as db:
            db.execute("UPDATE tokens SET revoked = 1 WHERE id = ?", (token_id,))


def _grant(row: Row) -> Grant:
    return Grant(
        token_id=row["token_id"],
        user_id=row["user_id"],
        login=row["login"],
        email_verified=bool(row["email_verified"]),
        lock=row["lock_reason"] and Lock(reason=row["lock_reason"], until=row["lock_until"]),
        limits=_LIMITS.validate_json(row["limits"] or "null"),
        scopes=None if row["scopes"] is None else tuple(json.loads(row["scopes"])),
        crates=None if row["crates"] is None else tuple(json.loads(row["crates"])),
        expires=None if row["expires"] is None else datetime.fromisoformat(row["expires"]),
        revoked=bool(row["revoked"]),
    )
