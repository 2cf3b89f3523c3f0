"""Prefect's database, before a server is started on it: one of a newer Prefect, and one that is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loadmaster import __version__
from loadmaster.errors.prefect import DatabaseBroken, DatabaseNewer
from loadmaster.stack.access import database
from loadmaster.stack.database import installed_prefect, known_revisions, require_known_database, revision_of
from loadmaster.stack.starting import up
from tests.kit.checkout import ROOT


def planted(home: Path, revision: str) -> Path:
    """A database as Prefect keeps it, as far as its schema's revision goes."""
    file = database(home)
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    return file


def test_the_installed_prefect_says_which_revisions_it_knows() -> None:
    assert len(known_revisions()) > 100
    assert all(revision.isalnum() for revision in known_revisions())


@pytest.mark.parametrize("revision", sorted(known_revisions())[:3])
def test_an_older_one_is_left_to_the_server_which_brings_it_up_to_date(tmp_path: Path, revision: str) -> None:
    assert revision_of(planted(tmp_path, revision)) == revision
    require_known_database(tmp_path, None)


def test_none_is_none(tmp_path: Path) -> None:
    assert revision_of(database(tmp_path)) is None
    require_known_database(tmp_path, None)
    database(tmp_path).parent.mkdir()
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("CREATE TABLE other (x)")
    assert revision_of(database(tmp_path)) is None


@pytest.mark.parametrize("version", [None, "0.9.0", __version__])
def test_a_newer_one_is_refused_with_both_ways_out(tmp_path: Path, version: str | None) -> None:
    file = planted(tmp_path, "f" * 12)
    with pytest.raises(DatabaseNewer) as told:
        require_known_database(tmp_path, version)
    assert f"Prefect {installed_prefect()}" in told.value.what
    assert ("loadmaster-0.9.0-py3-none-any.whl" in told.value.fix) == (version == "0.9.0")
    assert "pipx install --force" in told.value.fix
    assert f"mv {file.parent} {file.parent}.newer" in told.value.fix


def test_what_is_no_database_is_told_and_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    file = database(tmp_path)
    file.parent.mkdir()
    file.write_bytes(b"this is no database" * 99)
    with pytest.raises(DatabaseBroken, match="cannot be read"):
        require_known_database(tmp_path, None)


def test_no_server_is_started_on_a_newer_one(tmp_path: Path) -> None:
    planted(tmp_path, "f" * 12)
    with pytest.raises(DatabaseNewer):
        up(tmp_path, ROOT)
    assert not (tmp_path / "server.log").exists()
    assert not (tmp_path / "stack.json").exists()
