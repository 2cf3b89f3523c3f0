"""The key of the Secret blocks, where Prefect keeps it by itself: in the same database as what it encrypts.

An earlier version of ours left it there. It is read, and then taken out so that no byte of it stays in the files.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

_NAME = "ENCRYPTION_KEY"
_READ = "SELECT value FROM configuration WHERE key = ?"


def key_in_database(database: Path) -> str | None:
    """The key that the database of a server that is not running holds; None if it holds none, or cannot be read.

    The server will say what is wrong with a database that cannot be read.
    """
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(database)) as connection:
            row = connection.execute(_READ, (_NAME,)).fetchone() if _has_table(connection) else None
    except sqlite3.DatabaseError:
        return None
    return None if row is None else str(json.loads(row[0])["fernet_key"])


def take_from_database(database: Path) -> None:
    """Removes the key. SQLite overwrites what it deletes, also in the log that it writes ahead."""
    if key_in_database(database) is None:
        return
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM configuration WHERE key = ?", (_NAME,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _has_table(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'configuration'")
    return found.fetchone() is not None
