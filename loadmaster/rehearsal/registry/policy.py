"""The decisions of the registry's operators: read-only mode, blocked clients, the daily cap, names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import bad_request
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.database import Database, stamp

_DELETED_FOR = timedelta(hours=24)


class PublishPolicy(Value):
    read_only: bool = False
    blocked_agents: tuple[str, ...] = ()
    """Parts of a `User-Agent` that are turned away."""
    daily_per_crate: int | None = None
    """Versions of one crate in 24 hours; None leaves it to the registry's limits."""


class Policies:
    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> PublishPolicy:
        with self._database.reading() as db:
            rows = db.execute("SELECT name, value FROM settings").fetchall()
        return PublishPolicy.model_validate({row["name"]: json.loads(row["value"]) for row in rows})

    def set(self, policy: PublishPolicy) -> None:
        with self._database.recording() as db:
            db.executemany(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in policy.model_dump().items()],
            )

    def reserve(self, name: str) -> None:
        with self._database.recording() as db:
            db.execute("INSERT OR IGNORE INTO reserved VALUES (?)", (canonical(name),))

    def delete(self, name: str, at: datetime) -> None:
        """Reserves the name of a crate for a day after its deletion at that instant."""
        with self._database.recording() as db:
            db.execute(
                "INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (canonical(name), name, stamp(at + _DELETED_FOR))
            )

    def check_not_deleted(self, name: str, now: datetime) -> None:
        """Raises `Refusal`."""
        with self._database.reading() as db:
            row = db.execute("SELECT * FROM deleted WHERE canonical = ?", (canonical(name),)).fetchone()
        if row is None or (available := datetime.fromisoformat(row["available_at"])) <= now:
            return
        raise bad_request(
            f"A crate with the name `{row['name']}` was recently deleted. Reuse of this name will be available after "
            f"{available.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}."
        )

    def check_not_reserved(self, name: str) -> None:
        """Refuses this registry's own reserved names; crates.io's are refused elsewhere. Raises `Refusal`."""
        with self._database.reading() as db:
            reserved = db.execute("SELECT 1 FROM reserved WHERE canonical = ?", (canonical(name),)).fetchone()
        if reserved:
            raise bad_request("cannot upload a crate with a reserved name")
