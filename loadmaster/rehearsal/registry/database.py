"""The file with a registry's memory. It is opened so that a SIGKILL at any instant leaves it consistent.

It knows the tables, transactions and the read-only mode. It refuses to know what the rows mean. Other processes may
open the same directory. A power cut may lose the last facts, which saves a rehearsal most of its waiting.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.faults.fault import READ_ONLY

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY, login TEXT UNIQUE NOT NULL COLLATE NOCASE, email_verified INTEGER NOT NULL,
    lock_reason TEXT, lock_until TEXT, limits TEXT);
CREATE TABLE IF NOT EXISTS teams (
    id INTEGER PRIMARY KEY, login TEXT UNIQUE NOT NULL COLLATE NOCASE, restricted INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    team TEXT NOT NULL COLLATE NOCASE REFERENCES teams (login),
    login TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (login), PRIMARY KEY (team, login));
CREATE TABLE IF NOT EXISTS tokens (
    id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL,
    login TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (login),
    scopes TEXT, crates TEXT, expires TEXT, revoked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS crates (
    id INTEGER PRIMARY KEY, canonical TEXT UNIQUE NOT NULL, name TEXT NOT NULL, created_at TEXT NOT NULL,
    trustpub_only INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS owners (
    canonical TEXT NOT NULL, login TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (login),
    PRIMARY KEY (canonical, login));
CREATE TABLE IF NOT EXISTS team_owners (
    canonical TEXT NOT NULL, login TEXT NOT NULL COLLATE NOCASE REFERENCES teams (login),
    PRIMARY KEY (canonical, login));
CREATE TABLE IF NOT EXISTS invitations (
    canonical TEXT NOT NULL REFERENCES crates (canonical),
    login TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (login), token TEXT UNIQUE NOT NULL, expires TEXT NOT NULL,
    PRIMARY KEY (canonical, login));
CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY, canonical TEXT NOT NULL REFERENCES crates (canonical), plain_version TEXT NOT NULL,
    line TEXT NOT NULL, manifest TEXT NOT NULL, checksum TEXT NOT NULL, size INTEGER NOT NULL,
    published_by TEXT, trustpub_data TEXT, published_at TEXT NOT NULL, yank_message TEXT, UNIQUE (canonical, plain_version));
CREATE TABLE IF NOT EXISTS buckets (
    login TEXT NOT NULL, what TEXT NOT NULL, tokens INTEGER NOT NULL, last_refill TEXT NOT NULL,
    PRIMARY KEY (login, what));
CREATE TABLE IF NOT EXISTS deleted (canonical TEXT PRIMARY KEY, name TEXT NOT NULL, available_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reserved (canonical TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS github_configs (
    id INTEGER PRIMARY KEY, canonical TEXT NOT NULL, repository_owner TEXT NOT NULL,
    repository_owner_id INTEGER NOT NULL, repository_name TEXT NOT NULL, workflow_filename TEXT NOT NULL,
    environment TEXT, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gitlab_configs (
    id INTEGER PRIMARY KEY, canonical TEXT NOT NULL, namespace TEXT NOT NULL, namespace_id TEXT, project TEXT NOT NULL,
    workflow_filepath TEXT NOT NULL, environment TEXT, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trusted_tokens (
    digest TEXT PRIMARY KEY, crates TEXT NOT NULL, run TEXT NOT NULL, expires TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS used_jtis (jti TEXT PRIMARY KEY, expires TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, crate TEXT NOT NULL, version TEXT NOT NULL, status INTEGER NOT NULL,
    detail TEXT NOT NULL, at TEXT NOT NULL);
"""

Row = dict[str, Any]


class Database:
    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = directory / "registry.sqlite"
        self._opened = threading.local()
        connection = self._connection()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        yield self._connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction for a client's request. Raises `Refusal` in read-only mode."""
        with self.recording() as connection:
            if connection.execute("SELECT 1 FROM settings WHERE name = 'read_only' AND value = 'true'").fetchone():
                raise Refusal(503, READ_ONLY)
            yield connection

    @contextmanager
    def recording(self) -> Iterator[sqlite3.Connection]:
        """One transaction for the world's own records, in read-only mode too."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield connection

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread: to open one takes longer than most queries."""
        connection: sqlite3.Connection | None = getattr(self._opened, "connection", None)
        if connection is None:
            connection = self._opened.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        connection.row_factory = _as_dict
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def stamp(instant: datetime) -> str:
    """An instant in the tables' format: in UTC and of equal length, so that texts sort by time."""
    return instant.astimezone(UTC).isoformat()


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
