"""The record of publishing: crates, versions, crate files (one each, named by its SHA-256), and every attempted upload.

It knows how to keep them so that concurrent uploads of one version yield one, and how attempts are counted. It refuses
to know HTTP and the rules that need no memory.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.planning.crates_io.requirement import strip_build
from loadmaster.planning.crates_io.rules import check_categories
from loadmaster.rehearsal.registry.database import Database, Row, stamp
from loadmaster.rehearsal.registry.index import index_line
from loadmaster.rehearsal.registry.limits import CountedBucket, CountedRate, take
from loadmaster.rehearsal.registry.ownership import Ownership, make_owner, may_publish
from loadmaster.rehearsal.registry.records import CrateRow, Owner, Published, Submission, Upload

NOT_AN_OWNER = (
    "this crate exists but you don't seem to be an owner. If you believe this is a mistake, "
    "perhaps you need to accept an invitation to be an owner before publishing."
)


class Ledger:
    def __init__(self, directory: Path, database: Database, ownership: Ownership) -> None:
        self._database = database
        self._ownership = ownership
        self.crate_files = directory / "crates"
        self.crate_files.mkdir(exist_ok=True)

    # looking ----------------------------------------------------------------------------------------------------------

    def crate(self, name: str) -> CrateRow | None:
        """The crate that was published, seeded or changed here under an equivalent name."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT id, name, trustpub_only FROM crates WHERE canonical = ?", (canonical(name),)
            ).fetchone()
        return None if row is None else CrateRow(**row)

    def names(self) -> tuple[str, ...]:
        """The crates with a version that was uploaded here."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT DISTINCT name FROM crates JOIN versions USING (canonical) ORDER BY name"
            ).fetchall()
        return tuple(row["name"] for row in rows)

    def published(self, name: str) -> tuple[Published, ...]:
        """The versions uploaded here, in that order."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT line, manifest, size, trustpub_data, published_at, yank_message, accounts.id, accounts.login "
                "FROM versions LEFT JOIN accounts ON accounts.login = published_by "
                "WHERE canonical = ? ORDER BY sequence",
                (canonical(name),),
            ).fetchall()
        return tuple(_published(row) for row in rows)

    def lines(self, name: str, accepted_by: datetime | None = None) -> tuple[str, ...]:
        """The index lines of the versions uploaded here; with `accepted_by`, only of those accepted by then."""
        until = "9" if accepted_by is None else stamp(accepted_by)
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT line FROM versions WHERE canonical = ? AND published_at <= ? ORDER BY sequence",
                (canonical(name), until),
            ).fetchall()
        return tuple(row["line"] for row in rows)

    def crate_file(self, checksum: str) -> Path:
        """The path of the crate file with that SHA-256, if it was uploaded here."""
        return self.crate_files / f"{checksum}.crate"

    def uploads(self) -> tuple[Upload, ...]:
        with self._database.reading() as db:
            rows = db.execute("SELECT * FROM uploads ORDER BY sequence").fetchall()
        return tuple(Upload(**row) for row in rows)

    # acting -----------------------------------------------------------------------------------------------------------

    def take_token(self, login: str, rate: CountedRate, now: datetime) -> CountedBucket:
        """Counts one attempt, whether it succeeds or not. Raises `Refusal` in read-only mode."""
        with self._database.writing() as db:
            row = db.execute(
                "SELECT tokens, last_refill FROM buckets WHERE login = ? AND what = ?", (login, rate.kind)
            ).fetchone()
            bucket = take(None if row is None else CountedBucket(**row), rate, now)
            db.execute(
                "INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?)",
                (login, rate.kind, bucket.tokens, stamp(bucket.last_refill)),
            )
        return bucket

    def log(self, crate: str, version: str, status: int, detail: str, now: datetime) -> None:
        with self._database.recording() as db:
            _log(db, crate, version, status, detail, now)

    def publish(self, submission: Submission, now: datetime, daily_limit: int | None) -> None:
        """Records a version, its upload and its file, or nothing. Raises `Refusal` if the records forbid it.

        The file has its name before the transaction that records it ends.
        """
        manifest = submission.manifest
        with self._database.writing() as db:
            self._settle_crate(db, submission, now)
            _check_daily(db, manifest.name, now, daily_limit)
            plain = strip_build(manifest.version)
            if plain in submission.upstream_versions or _has_version(db, manifest.name, plain):
                raise bad_request(f"crate version `{plain}` is already uploaded")
            _check_dependencies(db, submission)
            check_categories(manifest.categories)
            self._insert(db, submission, now)
            _log(db, manifest.name, manifest.version, 200, "", now)

    def seed(self, name: str, owners: tuple[str, ...], *, trustpub_only: bool, now: datetime) -> None:
        """Adds a crate that is older than the world, or updates it."""
        with self._database.recording() as db:
            db.execute(
                "INSERT INTO crates (canonical, name, created_at, trustpub_only) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (canonical) DO UPDATE SET trustpub_only = excluded.trustpub_only",
                (canonical(name), name, stamp(now), trustpub_only),
            )
            for owner in owners:
                make_owner(db, canonical(name), owner)

    def seed_version(self, submission: Submission, now: datetime) -> None:
        """Adds a version of a seeded crate, unless it exists."""
        manifest = submission.manifest
        with self._database.recording() as db:
            if not _has_version(db, manifest.name, strip_build(manifest.version)):
                self._insert(db, submission, now)

    def _settle_crate(self, db: sqlite3.Connection, submission: Submission, now: datetime) -> None:
        """A new crate becomes the uploader's. An existing crate, also upstream's, must be theirs, and must be spelled the same."""
        name, key = submission.manifest.name, canonical(submission.manifest.name)
        if submission.upstream_name is not None:
            self._ownership.adopt(db, submission.upstream_name, now)
        row = db.execute("SELECT name FROM crates WHERE canonical = ?", (key,)).fetchone()
        if row is None and submission.login is not None:
            db.execute("INSERT INTO crates (canonical, name, created_at) VALUES (?, ?, ?)", (key, name, stamp(now)))
            make_owner(db, key, submission.login)
        if submission.login is not None and not may_publish(db, key, submission.login):
            raise forbidden(NOT_AN_OWNER)
        if row is not None and row["name"] != name:
            raise bad_request(f"crate was previously named `{row['name']}`")

    def _insert(self, db: sqlite3.Connection, submission: Submission, now: datetime) -> None:
        manifest, tarball = submission.manifest, submission.tarball
        put_in_place(tarball.path, self.crate_file(tarball.sha256))
        db.execute(
            "INSERT INTO versions (canonical, plain_version, line, manifest, checksum, size, published_by, "
            "trustpub_data, published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                canonical(manifest.name),
                strip_build(manifest.version),
                index_line(manifest, tarball.sha256, now),
                manifest.model_dump_json(),
                tarball.sha256,
                tarball.size,
                submission.login,
                submission.trustpub_data and json.dumps(submission.trustpub_data),
                stamp(now),
            ),
        )


def _published(row: Row) -> Published:
    identity, login = row.pop("id"), row.pop("login")
    return Published(
        **row
        | {field: json.loads(row[field] or "null") for field in ("manifest", "trustpub_data")}
        | {"published_by": None if login is None else Owner(kind="user", id=identity, login=login)}
    )


def put_in_place(file: Path, place: Path) -> None:
    """Gives the file its name only when it is whole."""
    file.replace(place)


def _log(db: sqlite3.Connection, crate: str, version: str, status: int, detail: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO uploads (crate, version, status, detail, at) VALUES (?, ?, ?, ?, ?)",
        (crate, version, status, detail, stamp(now)),
    )


def _check_daily(db: sqlite3.Connection, name: str, now: datetime, limit: int | None) -> None:
    since = stamp(now - timedelta(hours=24))
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
    """Each dependency must exist as a crate, in its spelling; its versions are not checked."""
    for dependency in submission.manifest.dependencies:
        here = db.execute("SELECT 1 FROM crates WHERE name = ?", (dependency.crate,)).fetchone()
        if here is None and dependency.crate not in submission.upstream_crates:
            raise bad_request(f"no known crate named `{dependency.crate}`")
