"""Prefect's database in the store, as far as its schema goes: whether the Prefect that is installed can open it.

Prefect brings an older schema up to date when its server starts. A newer one it does not know: it would end with a traceback in
its log. The schema's revision is in the database's own table, and the revisions that are known lie beside Prefect's code, so
neither Prefect nor its migrations are imported.
"""

from __future__ import annotations

import importlib.util
import re
import sqlite3
from contextlib import closing
from importlib import metadata
from pathlib import Path

from loadmaster import __version__
from loadmaster.errors.prefect import DatabaseBroken, DatabaseNewer
from loadmaster.stack.access import database

_MIGRATIONS = "server/database/_migrations/versions/sqlite"
_REVISION = re.compile(r"""^revision(?:: str)? = ["'](\w+)["']""", re.MULTILINE)


def installed_prefect() -> str:
    """The version of Prefect that a server would be started with."""
    return metadata.version("prefect")


def known_revisions() -> frozenset[str]:
    """The revisions of the schema that the installed Prefect knows; empty if its files lie elsewhere than they did."""
    found = importlib.util.find_spec("prefect")
    places = (found.submodule_search_locations or ()) if found is not None else ()
    files = (file for place in places for file in (Path(place) / _MIGRATIONS).glob("*.py"))
    return frozenset(revision for file in files for revision in _REVISION.findall(file.read_text(encoding="utf-8")))


def revision_of(file: Path) -> str | None:
    """The revision of a database's schema; None if there is no database, or none that a server has made its own yet.

    Raises `DatabaseBroken`.
    """
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            named = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if named else None
    except sqlite3.DatabaseError as error:
        raise DatabaseBroken(str(file), str(error)) from error
    return None if row is None else str(row[0])


def require_known_database(home: Path, version: str | None) -> None:
    """Call it before a server is started. `version`: the Loadmaster that started the last one, if it wrote that down.

    Raises `DatabaseNewer`, `DatabaseBroken`.
    """
    revision, known = revision_of(database(home)), known_revisions()
    if revision is not None and known and revision not in known:
        other = None if version == __version__ else version  # else only Prefect was exchanged
        raise DatabaseNewer(str(database(home)), revision, installed_prefect(), other)
