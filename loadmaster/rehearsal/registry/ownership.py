"""The owners of crates and their rights: owning users may do everything, members of an owning team may publish and yank.

It knows the owners of crates that were published here, and of crates that only upstream has. It refuses
to know how owners are asked, added and removed over HTTP.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import forbidden
from loadmaster.rehearsal.registry.database import Database, stamp
from loadmaster.rehearsal.registry.records import Owner


class Rights(IntEnum):
    NONE = 0
    PUBLISH = 1
    FULL = 2


class Ownership:
    def __init__(self, database: Database, upstream_owners: Sequence[str]) -> None:
        """`upstream_owners` are known users and teams."""
        self._database = database
        self._upstream_owners = tuple(upstream_owners)

    def owners(self, name: str) -> tuple[Owner, ...]:
        """The owners of a crate that exists: users by id, then teams by id."""
        key = canonical(name)
        with self._database.reading() as db:
            more = json.dumps([] if _is_here(db, key) else self._upstream_owners)
            users, teams = (
                db.execute(
                    f"SELECT id, login FROM {known} WHERE login IN (SELECT login FROM {owning} WHERE canonical = ?) "
                    "OR login IN (SELECT value FROM json_each(?)) ORDER BY id",
                    (key, more),
                ).fetchall()
                for known, owning in (("accounts", "owners"), ("teams", "team_owners"))
            )
        return (*(Owner(kind="user", **row) for row in users), *(Owner(kind="team", **row) for row in teams))

    def is_owner(self, name: str, login: str) -> bool:
        """Whether this user is an owner in person, not by a team."""
        return any(each.kind == "user" and each.login.lower() == login.lower() for each in self.owners(name))

    def rights(self, name: str, login: str) -> Rights:
        """Raises `Refusal` if that depends on a team whose members crates.io may not see."""
        if self.is_owner(name, login):
            return Rights.FULL
        with self._database.reading() as db:
            return Rights.PUBLISH if _is_in_an_owning_team(db, canonical(name), login) else Rights.NONE

    def add(self, name: str, login: str) -> None:
        """Makes a known user or team an owner, also of a crate that only upstream has."""
        with self._database.recording() as db:
            make_owner(db, canonical(name), login)

    def remove(self, name: str, logins: Iterable[str], now: datetime) -> None:
        """Removes owners of an existing crate, in its spelling. Raises `Refusal` in read-only mode."""
        with self._database.writing() as db:
            self.adopt(db, name, now)
            for login in logins:
                table = "team_owners" if ":" in login else "owners"
                db.execute(f"DELETE FROM {table} WHERE canonical = ? AND login = ?", (canonical(name), login))

    def adopt(self, db: sqlite3.Connection, name: str, now: datetime) -> None:
        """Lets upstream's crate, in this spelling, be changed here; its owners stay the same."""
        key = canonical(name)
        if not _is_here(db, key):
            db.execute("INSERT INTO crates (canonical, name, created_at) VALUES (?, ?, ?)", (key, name, stamp(now)))
            for login in self._upstream_owners:
                make_owner(db, key, login)


def make_owner(db: sqlite3.Connection, key: str, login: str) -> None:
    table = "team_owners" if ":" in login else "owners"
    db.execute(f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", (key, login))


def may_publish(db: sqlite3.Connection, key: str, login: str) -> bool:
    """Whether the user may publish a crate of the tables, by its canonical name. Raises `Refusal` as `rights` does."""
    owner = db.execute("SELECT 1 FROM owners WHERE canonical = ? AND login = ?", (key, login)).fetchone()
    return owner is not None or _is_in_an_owning_team(db, key, login)


def _is_here(db: sqlite3.Connection, key: str) -> bool:
    return db.execute("SELECT 1 FROM crates WHERE canonical = ?", (key,)).fetchone() is not None


def _is_in_an_owning_team(db: sqlite3.Connection, key: str, login: str) -> bool:
    teams = db.execute(
        "SELECT teams.login, restricted, EXISTS (SELECT 1 FROM members WHERE team = teams.login AND login = ?) AS member "
        "FROM team_owners JOIN teams USING (login) WHERE canonical = ? ORDER BY teams.id",
        (login, key),
    ).fetchall()
    for team in teams:
        if team["restricted"]:
            organisation = team["login"].split(":")[1]
            raise forbidden(
                f"GitHub organization '{organisation}' has restricted OAuth access. A '{organisation}' administrator must "
                "approve the 'crates.io' application in the organization's 'Third-party access' settings."
            )
    return any(team["member"] for team in teams)
