"""The sign-in and the key of the Secret blocks: where they come from, and what becomes of the one in the database."""

from __future__ import annotations

import json
import sqlite3
import stat
import tomllib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography.fernet import Fernet

from loadmaster.errors.access import BlockKeyBroken, BlockKeyDiffers, SignInMissing
from loadmaster.stack.access import (
    block_key_file,
    database,
    read_block_key,
    read_sign_in,
    settle_access,
    sign_in_file,
)

OTHER_SERVER = "https://prefect.example/api"


def settle(home: Path, environment: Mapping[str, str] = MappingProxyType({}), *, may_change: bool = True) -> None:
    settle_access(home, environment, may_change=may_change)


class TestSignIn:
    def test_it_is_made_once_and_prefect_reads_it_from_the_profile(self, tmp_path: Path) -> None:
        settle(tmp_path)
        first = read_sign_in(tmp_path)
        settle(tmp_path)

        assert read_sign_in(tmp_path) == first
        assert len(first) > len("loadmaster:") + 40
        profiles = tomllib.loads((tmp_path / "prefect" / "profiles.toml").read_text())
        assert profiles["profiles"][profiles["active"]] == {
            "PREFECT_SERVER_API_AUTH_STRING": first,
            "PREFECT_API_AUTH_STRING": first,
        }

    @pytest.mark.parametrize("name", ["PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"])
    def test_a_persons_own_is_taken_over_and_stays_without_the_variable(self, name: str, tmp_path: Path) -> None:
        settle(tmp_path, {name: 'me:"quoted" \\ pass'})
        settle(tmp_path)
        assert read_sign_in(tmp_path) == 'me:"quoted" \\ pass'
        profiles = tomllib.loads((tmp_path / "prefect" / "profiles.toml").read_text())
        assert profiles["profiles"]["loadmaster"][name] == 'me:"quoted" \\ pass'

    def test_that_of_another_server_is_not(self, tmp_path: Path) -> None:
        settle(tmp_path, {"PREFECT_API_AUTH_STRING": "theirs:x", "PREFECT_API_URL": OTHER_SERVER})
        assert read_sign_in(tmp_path) != "theirs:x"

    def test_while_a_worker_waits_for_the_server_it_stays(self, tmp_path: Path) -> None:
        settle(tmp_path)
        known = read_sign_in(tmp_path)
        settle(tmp_path, {"PREFECT_SERVER_API_AUTH_STRING": "me:x"}, may_change=False)
        assert read_sign_in(tmp_path) == known

    def test_one_that_is_gone_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SignInMissing, match=str(sign_in_file(tmp_path))):
            read_sign_in(tmp_path)


class TestBlockKey:
    KEY = Fernet.generate_key().decode()

    def in_database(self, home: Path) -> Path:
        """As Prefect writes it by itself: in the database, which is in write-ahead mode."""
        file = database(home)
        file.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE configuration (key TEXT, value TEXT)")
            value = json.dumps({"fernet_key": self.KEY})
            connection.execute("INSERT INTO configuration VALUES ('ENCRYPTION_KEY', ?)", (value,))
            connection.commit()
        return file

    def test_it_is_made_once_and_is_one(self, tmp_path: Path) -> None:
        settle(tmp_path)
        key = read_block_key(tmp_path)
        Fernet(key)
        settle(tmp_path)
        assert read_block_key(tmp_path) == key

    @pytest.mark.parametrize("name", ["PREFECT_SERVER_ENCRYPTION_KEY", "PREFECT_API_ENCRYPTION_KEY"])
    def test_a_persons_own_is_taken_over(self, name: str, tmp_path: Path) -> None:
        settle(tmp_path, {name: self.KEY})
        assert read_block_key(tmp_path) == self.KEY

    def test_that_in_the_database_moves_into_the_file_and_leaves_no_byte(self, tmp_path: Path) -> None:
        file = self.in_database(tmp_path)
        assert self.KEY.encode() in file.read_bytes()  # planted: whoever reads the file has it

        settle(tmp_path)

        assert read_block_key(tmp_path) == self.KEY
        left = b"".join(each.read_bytes() for each in file.parent.glob("prefect.db*"))
        assert self.KEY.encode() not in left

    def test_another_one_than_the_blocks_were_encrypted_with_is_refused_and_nothing_is_lost(
        self, tmp_path: Path
    ) -> None:
        file = self.in_database(tmp_path)
        with pytest.raises(BlockKeyDiffers, match="`PREFECT_SERVER_ENCRYPTION_KEY` and the database"):
            settle(tmp_path, {"PREFECT_SERVER_ENCRYPTION_KEY": Fernet.generate_key().decode()})
        assert not block_key_file(tmp_path).exists()
        assert self.KEY.encode() in file.read_bytes()

    def test_a_database_of_another_time_is_told(self, tmp_path: Path) -> None:
        settle(tmp_path)
        self.in_database(tmp_path)
        with pytest.raises(BlockKeyDiffers, match="and the database do not agree"):
            settle(tmp_path)

    @pytest.mark.parametrize("given", ["password", "x" * 44, "\N{SNOWMAN}"])
    def test_what_is_no_key_is_refused_at_once(self, given: str, tmp_path: Path) -> None:
        with pytest.raises(BlockKeyBroken):
            settle(tmp_path, {"PREFECT_SERVER_ENCRYPTION_KEY": given})

    def test_a_database_that_is_none_is_left_to_the_server(self, tmp_path: Path) -> None:
        database(tmp_path).parent.mkdir()
        database(tmp_path).write_text("This is no database.\n" * 100)
        settle(tmp_path)
        assert "This is no database" in database(tmp_path).read_text()


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    settle(tmp_path)
    for file in (sign_in_file(tmp_path), block_key_file(tmp_path), tmp_path / "prefect" / "profiles.toml"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
