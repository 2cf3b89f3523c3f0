"""The memory of a rehearsal's forge: releases, assets, known tokens and requests. One SQLite file.

Each function is one transaction, so that a killed process leaves a whole state. It refuses to know HTTP and JSON.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from loadmaster.planning.values.value import Value

_SCHEMA = """
create table if not exists tokens (digest text primary key);
create table if not exists requests (id integer primary key, method text, path text, status integer);
create table if not exists releases (
    id integer primary key autoincrement, tag_name text, target_commitish text, name text, body text,
    draft integer, prerelease integer, immutable integer, created_at text, published_at text
);
create table if not exists latest (id integer primary key check (id = 1), release integer);
create table if not exists assets (
    id integer primary key autoincrement, release integer references releases on delete cascade, name text, label text,
    content_type text, size integer, digest text, content blob, created_at text, unique (release, name)
);
create table if not exists dispatches (
    id integer primary key autoincrement, file text, ref text, sha text, inputs text, title text, looks integer default 0
);
"""
_ASSET = "id, release, name, label, content_type, size, digest, created_at"


class LoggedRequest(Value):
    """One line of the log."""

    method: str
    path: str
    """Within the forge, without the query."""
    status: int


class StoredRelease(Value):
    id: int
    tag_name: str
    target_commitish: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    immutable: bool
    created_at: str
    published_at: str | None


class StoredAsset(Value):
    id: int
    release: int
    name: str
    label: str | None
    content_type: str
    size: int
    digest: str
    created_at: str


class Dispatch(Value):
    """The dispatch of a workflow."""

    id: int
    file: str
    ref: str
    sha: str
    inputs: str
    """As JSON."""
    title: str
    looks: int
    """The number of requests for its run."""


class ForgeStore:
    """Opens the file anew for each call: the forge is asked from several threads."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "forge.sqlite"
        with self._open() as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(_SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            database.execute("pragma foreign_keys = on")
            with database:
                yield database

    def add_token(self, token: str) -> None:
        with self._open() as database:
            database.execute("insert or ignore into tokens values (?)", (_digest(token.encode()),))

    def knows(self, token: str) -> bool:
        with self._open() as database:
            return (
                database.execute("select 1 from tokens where digest = ?", (_digest(token.encode()),)).fetchone()
                is not None
            )

    def log(self, method: str, path: str, status: int) -> None:
        with self._open() as database:
            database.execute("insert into requests (method, path, status) values (?, ?, ?)", (method, path, status))

    def requests(self) -> tuple[LoggedRequest, ...]:
        with self._open() as database:
            rows = database.execute("select method, path, status from requests order by id").fetchall()
        return tuple(LoggedRequest(**row) for row in rows)

    def releases(self) -> tuple[StoredRelease, ...]:
        """Newest first."""
        with self._open() as database:
            rows = database.execute("select * from releases order by id desc").fetchall()
        return tuple(StoredRelease(**row) for row in rows)

    def add_release(self, values: dict[str, object]) -> StoredRelease:
        """`values` by the columns' names, without `id` and `created_at`."""
        columns = {**values, "created_at": now()}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self._open() as database:
            cursor = database.execute(f"insert into releases ({names}) values ({marks})", tuple(columns.values()))
            row = database.execute("select * from releases where id = ?", (cursor.lastrowid,)).fetchone()
        return StoredRelease(**row)

    def change_release(self, identity: int, values: dict[str, object]) -> StoredRelease:
        """`values` by the columns' names."""
        changes = ", ".join(f"{name} = ?" for name in values)
        with self._open() as database:
            if values:
                database.execute(f"update releases set {changes} where id = ?", (*values.values(), identity))
            row = database.execute("select * from releases where id = ?", (identity,)).fetchone()
        return StoredRelease(**row)

    def make_latest(self, identity: int) -> None:
        with self._open() as database:
            database.execute("insert or replace into latest values (1, ?)", (identity,))

    def latest(self) -> StoredRelease | None:
        """The release that was made the latest one; without one, the newest that is public and no pre-release."""
        public = [release for release in self.releases() if not release.draft and not release.prerelease]
        with self._open() as database:
            row = database.execute("select release from latest").fetchone()
        return next((release for release in public if row and release.id == row["release"]), next(iter(public), None))

    def delete_release(self, identity: int) -> None:
        with self._open() as database:
            database.execute("delete from releases where id = ?", (identity,))

    def assets(self, release: int | None = None) -> tuple[StoredAsset, ...]:
        """Oldest first; of every release, if none is named."""
        with self._open() as database:
            rows = database.execute(
                f"select {_ASSET} from assets where ?1 is null or release = ?1 order by id", (release,)
            ).fetchall()
        return tuple(StoredAsset(**row) for row in rows)

    def add_asset(
        self, release: int, name: str, label: str | None, content_type: str, content: bytes
    ) -> StoredAsset | None:
        """None, and nothing is changed, if the release has an asset of that name."""
        values = (release, name, label, content_type, len(content), f"sha256:{_digest(content)}", content, now())
        with self._open() as database:
            cursor = database.execute(
                "insert or ignore into assets (release, name, label, content_type, size, digest, content, created_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            if cursor.rowcount == 0:
                return None
            row = database.execute(f"select {_ASSET} from assets where id = ?", (cursor.lastrowid,)).fetchone()
        return StoredAsset(**row)

    def add_dispatch(self, file: str, ref: str, sha: str, inputs: str, title: str) -> None:
        values = (file, ref, sha, inputs, title)
        with self._open() as database:
            database.execute("insert into dispatches (file, ref, sha, inputs, title) values (?, ?, ?, ?, ?)", values)

    def dispatches(self) -> tuple[Dispatch, ...]:
        """Newest first."""
        with self._open() as database:
            rows = database.execute("select * from dispatches order by id desc").fetchall()
        return tuple(Dispatch(**row) for row in rows)

    def looked_at(self, dispatch: int) -> None:
        with self._open() as database:
            database.execute("update dispatches set looks = looks + 1 where id = ?", (dispatch,))

    def content(self, asset: int) -> bytes | None:
        with self._open() as database:
            row = database.execute("select content from assets where id = ?", (asset,)).fetchone()
        return bytes(row["content"]) if row else None


def now() -> str:
    """The present instant, in the forge's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
