"""The registry's records of trusted publishing: configurations, tokens, and used ID tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from loadmaster.planning.crates_io.refusal import bad_request
from loadmaster.planning.crates_io.tokens import TRUSTED_LIFE
from loadmaster.rehearsal.registry.credentials import token_digest
from loadmaster.rehearsal.registry.database import Database, stamp
from loadmaster.rehearsal.registry.ownership import Ownership
from loadmaster.rehearsal.registry.trustpub.claims import ProviderRun
from loadmaster.rehearsal.registry.trustpub.matching import Config
from loadmaster.rehearsal.registry.trustpub.providers import Provider

ConfigJudge = Callable[[Sequence[Config]], tuple[ProviderRun, tuple[Config, ...]]]
"""Gives the run, and the configurations that match it. Raises `Refusal`."""


class Records:
    def __init__(self, database: Database, ownership: Ownership) -> None:
        self._database, self._ownership = database, ownership

    def configs(self, provider: Provider) -> tuple[Config, ...]:
        """All of them, oldest first."""
        with self._database.reading() as db:
            rows = db.execute(_select(provider)).fetchall()
        return tuple(_config(row) for row in rows)

    def add_config(self, provider: Provider, config: dict[str, Any], now: datetime) -> Config:
        """`config` by the names of `Config`; its owner's id may be left out. Raises `Refusal` in read-only mode."""
        columns = ("canonical", provider.owner, provider.owner_id, provider.name, provider.workflow, "environment")
        values = [config.get(f) for f in ("canonical", "owner", "owner_id", "name", "workflow", "environment")]
        with self._database.writing() as db:
            added = db.execute(
                f"INSERT INTO {provider.item}s ({', '.join(columns)}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, stamp(now)),
            )
            row = db.execute(f"{_select(provider, 'WHERE id = ?')}", (added.lastrowid,)).fetchone()
        return _config(row)

    def remove_config(self, provider: Provider, number: int) -> None:
        with self._database.writing() as db:
            db.execute(f"DELETE FROM {provider.item}s WHERE id = ?", (number,))

    def account(self, login: str) -> tuple[str, int] | None:
        """The GitHub account with that login, in its own spelling and with its id, if the registry knows it."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT repository_owner AS login, repository_owner_id AS id FROM github_configs "
                "WHERE lower(repository_owner) = lower(?) UNION ALL SELECT login, id FROM accounts WHERE login = ?",
                (login, login),
            ).fetchone()
        return None if row is None else (row["login"], row["id"])

    def issue(
        self, provider: Provider, jti: str, until: datetime, token: str, now: datetime, judge: ConfigJudge
    ) -> None:
        """Marks an ID token as used, and records the token that is given for it; neither if `judge` refuses.

        `until` is when the ID token cannot be used again anyway. Raises `Refusal`.
        """
        with self._database.writing() as db:
            db.execute("DELETE FROM used_jtis WHERE expires < ?", (stamp(now),))
            if db.execute("INSERT OR IGNORE INTO used_jtis VALUES (?, ?)", (jti, stamp(until))).rowcount == 0:
                raise bad_request("JWT has already been used")
            run, fit = judge([_config(row) for row in db.execute(_select(provider))])
            # A GitLab configuration takes the namespace's id from the first run that comes from there.
            db.execute(
                f"UPDATE {provider.item}s SET {provider.owner_id} = ? WHERE {provider.owner_id} IS NULL "
                f"AND lower({provider.owner}) = lower(?) AND lower({provider.name}) = lower(?)",
                (run.owner_id, run.owner, run.name),
            )
            db.execute(
                "INSERT INTO trusted_tokens VALUES (?, ?, ?, ?)",
                (
                    token_digest(token),
                    json.dumps([config.canonical for config in fit]),
                    json.dumps(run.data),
                    stamp(now + TRUSTED_LIFE),
                ),
            )

    def token(self, token: str, now: datetime) -> tuple[Collection[str], dict[str, Any]] | None:
        """The crates of a valid token, by their canonical names, and the data of its run."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT crates, run FROM trusted_tokens WHERE digest = ? AND expires > ?",
                (token_digest(token), stamp(now)),
            ).fetchone()
        return None if row is None else (frozenset(json.loads(row["crates"])), json.loads(row["run"]))

    def revoke(self, token: str) -> None:
        with self._database.writing() as db:
            db.execute("DELETE FROM trusted_tokens WHERE digest = ?", (token_digest(token),))

    def set_trustpub_only(self, crate: str, decided: bool, now: datetime) -> None:
        """Sets it for an existing crate, in its spelling."""
        with self._database.writing() as db:
            self._ownership.adopt(db, crate, now)
            db.execute("UPDATE crates SET trustpub_only = ? WHERE name = ?", (decided, crate))


def _select(provider: Provider, where: str = "") -> str:
    return (
        f"SELECT id, canonical, {provider.owner} AS owner, {provider.owner_id} AS owner_id, {provider.name} AS name, "
        f"{provider.workflow} AS workflow, environment, created_at FROM {provider.item}s {where} ORDER BY id"
    )


def _config(row: dict[str, Any]) -> Config:
    owner_id = row["owner_id"]
    return Config(**row | {"owner_id": None if owner_id is None else str(owner_id)})
