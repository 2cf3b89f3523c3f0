"""Which tokens the forge knows, with what rights; and the log of all requests. Only the digests of tokens are kept."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.memory.shelves import ForgeFile
from loadmaster.rehearsal.forge_scenario import ForgeTokenRights

_SCHEMA = """
create table if not exists tokens (digest text primary key);
create table if not exists token_rights (digest text primary key, rights text not null);
create table if not exists requests (id integer primary key, method text, path text, status integer);
"""


class LoggedRequest(Value):
    """One line of the log."""

    method: str
    path: str
    """Within the forge, without the query."""
    status: int


class ForgeCaller(Value):
    digest: str
    rights: ForgeTokenRights


class Callers:
    def __init__(self, file: ForgeFile) -> None:
        self._file = file
        with file.opened() as database:
            database.executescript(_SCHEMA)

    def add(self, token: str, rights: ForgeTokenRights) -> None:
        """Lets in who sends this token, with these rights from now on."""
        with self._file.opened() as database:
            database.execute("insert or ignore into tokens values (?)", (_digest(token),))
            values = (_digest(token), rights.model_dump_json())
            database.execute("insert or replace into token_rights values (?, ?)", values)

    def caller(self, authorization: str) -> ForgeCaller | None:
        """Whoever sends that header; None if its credential is unknown or has expired."""
        token = token_in(authorization)
        if token is None:
            return None
        with self._file.opened() as database:
            known = database.execute("select 1 from tokens where digest = ?", (_digest(token),)).fetchone()
            row = database.execute("select rights from token_rights where digest = ?", (_digest(token),)).fetchone()
        if known is None:
            return None
        rights = ForgeTokenRights.model_validate_json(row["rights"]) if row else ForgeTokenRights()
        return None if rights.expired else ForgeCaller(digest=_digest(token), rights=rights)

    def log(self, method: str, path: str, status: int) -> None:
        with self._file.opened() as database:
            database.execute("insert into requests (method, path, status) values (?, ?, ?)", (method, path, status))

    def requests(self) -> tuple[LoggedRequest, ...]:
        """In the order of the answers."""
        with self._file.opened() as database:
            rows = database.execute("select method, path, status from requests order by id").fetchall()
        return tuple(LoggedRequest(**row) for row in rows)


def token_in(authorization: str) -> str | None:
    """The token of the header `Authorization`: a bearer's, or the password of a sign-in. None for anything else."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return value.strip()
    if scheme.lower() == "basic":
        with suppress(ValueError):
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
