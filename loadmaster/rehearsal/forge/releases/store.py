"""The memory of releases and assets. The bytes of an asset are a file of its own; those of a simulated one are nowhere.

Each function is one transaction, so that a killed process leaves a whole state. It refuses to know HTTP and JSON.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.forge.memory.premises import Premises, stamp

_SCHEMA = """
create table if not exists releases (
    id integer primary key autoincrement, tag_name text, target_commitish text, name text, body text,
    draft integer, prerelease integer, immutable integer, created_at text, published_at text
);
create table if not exists latest (id integer primary key check (id = 1), release integer);
create table if not exists assets (
    id integer primary key autoincrement, release integer references releases on delete cascade, name text, label text,
    content_type text, size integer, digest text, content blob, created_at text, unique (release, name)
);
create table if not exists used_tags (tag text primary key);
"""
_ADDED = {"releases": ("updated_at text",), "assets": ("state text", "updated_at text", "downloads integer")}
"""Columns that came later."""
_ASSET = "id, release, name, label, content_type, size, digest, created_at, state, updated_at, downloads"
_PIECE = 1024 * 1024


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
    updated_at: str | None = None


class StoredAsset(Value):
    id: int
    release: int
    name: str
    label: str | None
    content_type: str
    size: int
    digest: str | None
    """`sha256:…`; None for a simulated asset, and one whose upload broke off."""
    created_at: str
    state: str
    updated_at: str
    downloads: int


class ReleaseStore:
    def __init__(self, premises: Premises) -> None:
        self._premises, self._file = premises, premises.file
        self._contents = premises.directory / "assets"
        with self._file.opened() as database:
            database.executescript(_SCHEMA)
            for table, columns in _ADDED.items():
                for column in columns:
                    with suppress(sqlite3.OperationalError):  # it is there
                        database.execute(f"alter table {table} add column {column}")

    def releases(self) -> tuple[StoredRelease, ...]:
        """Newest first."""
        with self._file.opened() as database:
            rows = database.execute("select * from releases order by id desc").fetchall()
        return tuple(StoredRelease(**row) for row in rows)

    def release(self, identity: int) -> StoredRelease | None:
        return next((each for each in self.releases() if each.id == identity), None)

    def published(self, tag: str) -> StoredRelease | None:
        return next((each for each in self.releases() if each.tag_name == tag and not each.draft), None)

    def add_release(self, values: Mapping[str, object]) -> StoredRelease:
        """`values` by the columns' names, without `id` and the instants."""
        now = stamp(self._premises.now())
        columns = {**values, "created_at": now, "updated_at": now}
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self._file.opened() as database:
            cursor = database.execute(f"insert into releases ({names}) values ({marks})", tuple(columns.values()))
            row = database.execute("select * from releases where id = ?", (cursor.lastrowid,)).fetchone()
        return StoredRelease(**row)

    def change_release(self, identity: int, values: Mapping[str, object]) -> StoredRelease:
        """`values` by the columns' names. The instant of the change is noted only if there is one."""
        with self._file.opened() as database:
            before = database.execute("select * from releases where id = ?", (identity,)).fetchone()
            changed = {name: value for name, value in values.items() if before[name] != value}
            if changed:
                changed["updated_at"] = stamp(self._premises.now())
                changes = ", ".join(f"{name} = ?" for name in changed)
                database.execute(f"update releases set {changes} where id = ?", (*changed.values(), identity))
            row = database.execute("select * from releases where id = ?", (identity,)).fetchone()
        return StoredRelease(**row)

    def delete_release(self, identity: int) -> None:
        for asset in self.assets(identity):
            self._place(asset.id).unlink(missing_ok=True)
        with self._file.opened() as database:
            database.execute("delete from releases where id = ?", (identity,))

    def make_latest(self, identity: int) -> None:
        with self._file.opened() as database:
            database.execute("insert or replace into latest values (1, ?)", (identity,))

    def latest(self) -> StoredRelease | None:
        """The release that was made the latest one; without one, the newest that is public and no pre-release."""
        public = [release for release in self.releases() if not release.draft and not release.prerelease]
        with self._file.opened() as database:
            row = database.execute("select release from latest").fetchone()
        return next((release for release in public if row and release.id == row["release"]), next(iter(public), None))

    def use_up(self, tag: str) -> None:
        """No other release may have this tag, whatever becomes of the one that is immutable."""
        with self._file.opened() as database:
            database.execute("insert or ignore into used_tags values (?)", (tag,))

    def is_used_up(self, tag: str) -> bool:
        with self._file.opened() as database:
            return database.execute("select 1 from used_tags where tag = ?", (tag,)).fetchone() is not None

    def assets(self, release: int | None = None) -> tuple[StoredAsset, ...]:
        """Oldest first; of every release, if none is named."""
        with self._file.opened() as database:
            rows = database.execute(
                f"select {_ASSET} from assets where ?1 is null or release = ?1 order by id", (release,)
            ).fetchall()
        return tuple(_asset(row) for row in rows)

    def asset(self, identity: int) -> StoredAsset | None:
        return next((each for each in self.assets() if each.id == identity), None)

    def add_asset(self, release: int, name: str, label: str | None, kind: str, source: Path) -> StoredAsset | None:
        """Keeps a file's bytes as an asset. None, and nothing is changed, if the release has an asset of that name."""
        digest, size = hashlib.sha256(), source.stat().st_size
        with source.open("rb") as content:
            while piece := content.read(_PIECE):
                digest.update(piece)
        added = self._add(release, name, label, kind, size, f"sha256:{digest.hexdigest()}", "uploaded")
        if added is not None:
            self._contents.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, self._place(added.id))
        return added

    def add_simulated(self, release: int, name: str, size: int, state: str = "uploaded") -> StoredAsset | None:
        """An asset of zeros that are nowhere kept; or, with the state `starter`, what a broken upload leaves."""
        return self._add(release, name, None, "application/octet-stream", size, None, state)

    def _add(
        self, release: int, name: str, label: str | None, kind: str, size: int, digest: str | None, state: str
    ) -> StoredAsset | None:
        now = stamp(self._premises.now())
        values = (release, name, label, kind, size, digest, now, state, now)
        with self._file.opened() as database:
            cursor = database.execute(
                "insert or ignore into assets (release, name, label, content_type, size, digest, created_at, state, "
                "updated_at, downloads) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                values,
            )
            if cursor.rowcount == 0:
                return None
            row = database.execute(f"select {_ASSET} from assets where id = ?", (cursor.lastrowid,)).fetchone()
        return _asset(row)

    def change_asset(self, identity: int, name: str, label: str | None) -> StoredAsset | None:
        """None if another asset of its release has that name."""
        with self._file.opened() as database, suppress(sqlite3.IntegrityError):
            values = (name, label, stamp(self._premises.now()), identity)
            database.execute("update assets set name = ?, label = ?, updated_at = ? where id = ?", values)
            row = database.execute(f"select {_ASSET} from assets where id = ?", (identity,)).fetchone()
            return _asset(row)
        return None

    def delete_asset(self, identity: int) -> None:
        with self._file.opened() as database:
            database.execute("delete from assets where id = ?", (identity,))
        self._place(identity).unlink(missing_ok=True)

    def content(self, asset: StoredAsset) -> Iterator[bytes]:
        """Piece by piece."""
        with self._file.opened() as database:
            database.execute("update assets set downloads = coalesce(downloads, 0) + 1 where id = ?", (asset.id,))
            row = database.execute("select content from assets where id = ?", (asset.id,)).fetchone()
        if row is not None and row["content"] is not None:  # of a world that an earlier version made
            yield bytes(row["content"])
        elif self._place(asset.id).exists():
            with self._place(asset.id).open("rb") as source:
                while piece := source.read(_PIECE):
                    yield piece
        else:
            for begun in range(0, asset.size, _PIECE):
                yield bytes(min(_PIECE, asset.size - begun))

    def _place(self, identity: int) -> Path:
        return self._contents / str(identity)


def _asset(row: sqlite3.Row) -> StoredAsset:
    values: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    defaults = {"state": "uploaded", "updated_at": values["created_at"], "downloads": 0}
    values |= {name: value for name, value in defaults.items() if values[name] is None}
    return StoredAsset(**values)
