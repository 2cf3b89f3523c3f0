"""The memory of the package index: its files, and what was said of them when they were uploaded."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from loadmaster.planning.values.value import Value

_SCHEMA = """
create table if not exists files (
    id integer primary key autoincrement, project text, shown_name text, version text, filename text unique, sha256 text,
    size integer, uploaded text, yanked text, requires_python text, summary text, packagetype text
);
"""


class DistributionFile(Value):
    project: str
    """Its normalised name."""
    shown_name: str
    version: str
    filename: str
    sha256: str
    size: int
    uploaded: str
    yanked: str | None
    """Why; None if it is not yanked."""
    requires_python: str | None
    summary: str
    packagetype: str


class DistributionStore:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        with self._opened() as database:
            database.executescript(_SCHEMA)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._directory / "python.sqlite", timeout=30)) as database:
            database.row_factory = sqlite3.Row
            with database:
                yield database

    def files(self, project: str | None = None) -> tuple[DistributionFile, ...]:
        """Oldest first; of every project, if none is named by its normalised name."""
        with self._opened() as database:
            rows = database.execute(
                "select * from files where ?1 is null or project = ?1 order by id", (project,)
            ).fetchall()
        return tuple(DistributionFile(**{name: row[name] for name in DistributionFile.model_fields}) for row in rows)

    def file(self, filename: str) -> DistributionFile | None:
        return next((each for each in self.files() if each.filename == filename), None)

    def add(self, file: DistributionFile, content: bytes) -> None:
        """Its bytes first: what is listed can be fetched."""
        self.place(file).write_bytes(content)
        columns = file.model_dump()
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self._opened() as database:
            database.execute(f"insert or ignore into files ({names}) values ({marks})", tuple(columns.values()))

    def yank(self, project: str, version: str, why: str | None) -> None:
        """`why` None takes it back."""
        with self._opened() as database:
            database.execute("update files set yanked = ? where project = ? and version = ?", (why, project, version))

    def place(self, file: DistributionFile) -> Path:
        return self._directory / f"{file.sha256}-{file.filename}"


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
