"""What the registry remembers, in a directory: SQLite for facts, one file per crate file, named by its SHA-256.

It knows how to keep facts so that a SIGKILL at any instant leaves them consistent, and concurrent uploads of one
version yield one. A power cut may lose the last of them, which saves a rehearsal most of its waiting. It refuses to know
HTTP and the rules that need no memory. Other processes may open the same directory.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.planning.crates_io.requirement import without_build
from loadmaster.planning.crates_io.rules import check_categories
from loadmaster.rehearsal.registry.credentials import Grant, token_digest
from loadmaster.rehearsal.registry.index import index_line
from loadmaster.rehearsal.registry.limits import Bucket, Rate, take
from loadmaster.rehearsal.registry.records import Owner, Published, Submission, Upload

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY, login TEXT UNIQUE NOT NULL, email_verified INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY, login TEXT NOT NULL REFERENCES accounts (login), scopes TEXT, crates TEXT, expires TEXT);
CREATE TABLE IF NOT EXISTS crates (canonical TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS owners (
    canonical TEXT NOT NULL, login TEXT NOT NULL REFERENCES accounts (login), PRIMARY KEY (canonical, login));
CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY, canonical TEXT NOT NULL REFERENCES crates (canonical), plain_version TEXT NOT NULL,
    line TEXT NOT NULL, manifest TEXT NOT NULL, checksum TEXT NOT NULL, size INTEGER NOT NULL,
    published_by TEXT NOT NULL, published_at TEXT NOT NULL, UNIQUE (canonical, plain_version));
CREATE TABLE IF NOT EXISTS buckets (
    login TEXT NOT NULL, what TEXT NOT NULL, tokens INTEGER NOT NULL, last_refill TEXT NOT NULL,
    PRIMARY KEY (login, what));
CREATE TABLE IF NOT EXISTS uploads (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, crate TEXT NOT NULL, version TEXT NOT NULL, status INTEGER NOT NULL,
    detail TEXT NOT NULL, at TEXT NOT NULL);
"""

NOT_AN_OWNER = (
    "this crate exists but you don't seem to be an owner. If you believe this is a mistake, "
    "perhaps you need to accept an invitation to be an owner before publishing."
)


class Ledger:
    def __init__(self, directory: Path, upstream_owner: str | None = None) -> None:
        self._upstream_owner = upstream_owner
        directory.mkdir(parents=True, exist_ok=True)
        self._database = directory / "registry.sqlite"
        self.crate_files = directory / "crates"
        self.crate_files.mkdir(exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    # accounts ---------------------------------------------------------------------------------------------------------

    def add_account(self, login: str, *, email_verified: bool) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT INTO accounts (login, email_verified) VALUES (?, ?) "
                "ON CONFLICT (login) DO UPDATE SET email_verified = excluded.email_verified",
                (login, email_verified),
            )

    def add_token(
        self,
        login: str,
        token: str,
        *,
        scopes: tuple[str, ...] | None,
        crates: tuple[str, ...] | None,
        expires: datetime | None,
    ) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?)",
                (
                    token_digest(token),
                    login,
                    None if scopes is None else json.dumps(scopes),
                    None if crates is None else json.dumps(crates),
                    None if expires is None else expires.astimezone(UTC).isoformat(),
                ),
            )

    def add_owner(self, crate: str, login: str) -> None:
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", (canonical(crate), login))

    def grant(self, token: str) -> Grant | None:
        with self._reading() as db:
            row = db.execute(
                "SELECT login, email_verified, scopes, crates, expires FROM tokens JOIN accounts USING (login) "
                "WHERE digest = ?",
                (token_digest(token),),
            ).fetchone()
        if row is None:
            return None
        return Grant(
            login=row["login"],
            email_verified=bool(row["email_verified"]),
            scopes=None if row["scopes"] is None else tuple(json.loads(row["scopes"])),
            crates=None if row["crates"] is None else tuple(json.loads(row["crates"])),
            expires=None if row["expires"] is None else datetime.fromisoformat(row["expires"]),
        )

    # looking ----------------------------------------------------------------------------------------------------------

    def spelling(self, name: str) -> str | None:
        """How the crate is spelled that was published here under a name like this."""
        with self._reading() as db:
            row = db.execute("SELECT name FROM crates WHERE canonical = ?", (canonical(name),)).fetchone()
        return None if row is None else str(row["name"])

    def owners(self, name: str) -> tuple[Owner, ...]:
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, login FROM owners JOIN accounts USING (login) WHERE canonical = ? ORDER BY id",
                (canonical(name),),
            ).fetchall()
        return tuple(Owner(**row) for row in rows)

    def published(self, name: str) -> tuple[Published, ...]:
        """The versions uploaded here, in that order."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT line, manifest, size, published_by, published_at FROM versions "
                "WHERE canonical = ? ORDER BY sequence",
                (canonical(name),),
            ).fetchall()
        return tuple(Published(**row | {"manifest": json.loads(row["manifest"])}) for row in rows)

    def lines(self, name: str, accepted_by: datetime | None = None) -> tuple[str, ...]:
        """The index lines of the versions uploaded here; of those only that were accepted by then."""
        until = "9" if accepted_by is None else accepted_by.astimezone(UTC).isoformat()
        with self._reading() as db:
            rows = db.execute(
                "SELECT line FROM versions WHERE canonical = ? AND published_at <= ? ORDER BY sequence",
                (canonical(name), until),
            ).fetchall()
        return tuple(row["line"] for row in rows)

    def crate_file(self, checksum: str) -> Path:
        """Where the crate file with that SHA-256 is, if it was uploaded here."""
        return self.crate_files / f"{checksum}.crate"

    def uploads(self) -> tuple[Upload, ...]:
        with self._reading() as db:
            rows = db.execute("SELECT * FROM uploads ORDER BY sequence").fetchall()
        return tuple(Upload(**row) for row in rows)

    # acting -----------------------------------------------------------------------------------------------------------

    def take_token(self, login: str, rate: Rate, now: datetime) -> Bucket:
        """Counts one attempt, whatever becomes of it."""
        with self._writing() as db:
            row = db.execute(
                "SELECT tokens, last_refill FROM buckets WHERE login = ? AND what = ?", (login, rate.what)
            ).fetchone()
            bucket = take(None if row is None else Bucket(**row), rate, now)
            db.execute(
                "INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?)",
                (login, rate.what, bucket.tokens, bucket.last_refill.isoformat()),
            )
        return bucket

    def log(self, crate: str, version: str, status: int, detail: str, now: datetime) -> None:
        with self._writing() as db:
            _log(db, crate, version, status, detail, now)

    def publish(self, submission: Submission, now: datetime, daily_limit: int | None) -> None:
        """Records a version, its upload and its file, or nothing. Raises `Refusal` where memory says no.

        The file has its name before the transaction that records it ends.
        """
        manifest = submission.manifest
        with self._writing() as db:
            _check_owner(db, submission, now, self._upstream_owner)
            _check_daily(db, manifest.name, now, daily_limit)
            plain = without_build(manifest.version)
            if plain in submission.upstream_versions or _has_version(db, manifest.name, plain):
                raise bad_request(f"crate version `{plain}` is already uploaded")
            _check_dependencies(db, submission)
            check_categories(manifest.categories)
            checksum = submission.tarball.sha256
            put_in_place(submission.tarball.path, self.crate_file(checksum))
            db.execute(
                "INSERT INTO versions (canonical, plain_version, line, manifest, checksum, size, published_by, "
                "published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    canonical(manifest.name),
                    plain,
                    index_line(manifest, checksum, now),
                    manifest.model_dump_json(),
                    checksum,
                    submission.tarball.size,
                    submission.login,
                    now.isoformat(),
                ),
            )
            _log(db, manifest.name, manifest.version, 200, "", now)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._database, timeout=30, isolation_level=None)
        connection.row_factory = _as_dict
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection


def put_in_place(file: Path, place: Path) -> None:
    """The name comes with the whole file."""
    file.replace(place)


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _log(db: sqlite3.Connection, crate: str, version: str, status: int, detail: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO uploads (crate, version, status, detail, at) VALUES (?, ?, ?, ?, ?)",
        (crate, version, status, detail, now.isoformat()),
    )


def _check_owner(db: sqlite3.Connection, submission: Submission, now: datetime, upstream_owner: str | None) -> None:
    """A new crate becomes the uploader's; an existing one, also upstream's, must be theirs and spelled as it is."""
    name, key = submission.manifest.name, canonical(submission.manifest.name)
    row = db.execute("SELECT name FROM crates WHERE canonical = ?", (key,)).fetchone()
    if row is None:
        spelled = submission.upstream_name or name
        db.execute("INSERT INTO crates VALUES (?, ?, ?)", (key, spelled, now.isoformat()))
        owner = submission.login if submission.upstream_name is None else upstream_owner
        if owner is not None:
            db.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", (key, owner))
    else:
        spelled = row["name"]
    if not db.execute("SELECT 1 FROM owners WHERE canonical = ? AND login = ?", (key, submission.login)).fetchone():
        raise forbidden(NOT_AN_OWNER)
    if spelled != name:
        raise bad_request(f"crate was previously named `{spelled}`")


def _check_daily(db: sqlite3.Connection, name: str, now: datetime, limit: int | None) -> None:
    since = (now - timedelta(hours=24)).isoformat()
    today = db.execute(
        "SELECT count(*) AS number FROM versions WHERE canonical = ? AND published_at > ?", (canonical(name), since)
    ).fetchone()["number"]
    if limit is not None and today >= limit:
        raise Refusal(429, "You have published too many versions of this crate in the last 24 hours")


def _has_version(db: sqlite3.Connection, name: str, plain: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM versions WHERE canonical = ? AND plain_version = ?", (canonical(name), plain)
    ).fetchone()
    return found is not None


def _check_dependencies(db: sqlite3.Connection, submission: Submission) -> None:
    """Only the crate must exist, in its spelling; its versions are not looked at."""
    for dependency in submission.manifest.dependencies:
        here = db.execute("SELECT 1 FROM crates WHERE name = ?", (dependency.crate,)).fetchone()
        if here is None and dependency.crate not in submission.upstream_crates:
            raise bad_request(f"no known crate named `{dependency.crate}`")
