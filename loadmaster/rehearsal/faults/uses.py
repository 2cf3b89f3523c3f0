"""Counts the requests that each fault has seen, in a file: a world that is opened again continues to count, even after SIGKILL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from loadmaster.rehearsal.faults.fault import Use


class Uses:
    """`file` is created by the first count."""

    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None:
        self._file, self._clock = file, clock

    def count(self, key: str, after: int) -> Use:
        """Notes one more request; `after` of them come before number 0, which starts the time."""
        now = self._clock()
        with closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            seen, since = db.execute("SELECT seen, since FROM uses WHERE key = ?", (key,)).fetchone() or (0, None)
            start = datetime.fromisoformat(since) if since is not None and seen > after else now
            db.execute("INSERT OR REPLACE INTO uses VALUES (?, ?, ?)", (key, seen + 1, start.isoformat()))
            db.execute("COMMIT")
        return Use(seen - after, (now - start).total_seconds())

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("CREATE TABLE IF NOT EXISTS uses (key TEXT PRIMARY KEY, seen INTEGER NOT NULL, since TEXT NOT NULL)")
        return db
