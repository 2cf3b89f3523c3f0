"""The forge's SQLite file, and shelves in it: numbered values of one kind, kept as JSON.

Each call is one transaction, so that a killed process leaves a whole state. It refuses to know what the values mean.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from loadmaster.planning.values.value import Value


class Numbered(Value):
    """A value of a shelf."""

    id: int


T = TypeVar("T", bound=Numbered)


class ForgeFile:
    """Opens the file anew for each call: the forge is asked from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self.opened() as database:
            database.execute("pragma journal_mode = wal")
            database.execute("create table if not exists facts (name text primary key, value text not null)")

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with closing(sqlite3.connect(self._path, timeout=30)) as database:
            database.row_factory = sqlite3.Row
            database.execute("pragma foreign_keys = on")
            with database:
                yield database

    def fact(self, name: str) -> str | None:
        """A text that was noted under that name."""
        with self.opened() as database:
            row = database.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])

    def note(self, name: str, value: str) -> None:
        with self.opened() as database:
            database.execute("insert or replace into facts values (?, ?)", (name, value))

    def count(self, name: str) -> int:
        """How often this was called for the name before; notes one more."""
        with self.opened() as database:
            database.execute("insert or ignore into facts values (?, '0')", (name,))
            row = database.execute("select value from facts where name = ?", (name,)).fetchone()
            database.execute("update facts set value = ? where name = ?", (str(int(row["value"]) + 1), name))
        return int(row["value"])


class Shelf(Generic[T]):
    def __init__(self, file: ForgeFile, name: str, kind: type[T]) -> None:
        """`name` is the table's."""
        self._file, self._name, self._kind = file, name, kind
        with file.opened() as database:
            database.execute(
                f"create table if not exists {name} (id integer primary key autoincrement, body text not null)"
            )

    def add(self, make: Callable[[int], T]) -> T:
        """Keeps the value that `make` gives for the next number. `make` asks nothing of the file, which is locked meanwhile."""
        with self._file.opened() as database:
            cursor = database.execute(f"insert into {self._name} (body) values ('')")
            made = make(int(cursor.lastrowid or 0))
            database.execute(f"update {self._name} set body = ? where id = ?", (made.model_dump_json(), made.id))
        return made

    def put(self, value: T) -> T:
        """Replaces the value of that number."""
        with self._file.opened() as database:
            database.execute(f"update {self._name} set body = ? where id = ?", (value.model_dump_json(), value.id))
        return value

    def drop(self, number: int) -> None:
        with self._file.opened() as database:
            database.execute(f"delete from {self._name} where id = ?", (number,))

    def get(self, number: int) -> T | None:
        with self._file.opened() as database:
            row = database.execute(f"select body from {self._name} where id = ?", (number,)).fetchone()
        return None if row is None else self._kind.model_validate_json(row["body"])

    def all(self) -> tuple[T, ...]:
        """Newest first."""
        with self._file.opened() as database:
            rows = database.execute(f"select body from {self._name} order by id desc").fetchall()
        return tuple(self._kind.model_validate_json(row["body"]) for row in rows)
