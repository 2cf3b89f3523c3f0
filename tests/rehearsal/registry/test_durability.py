"""What survives: other processes, concurrent uploads, and SIGKILL."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from loadmaster.errors.files import NotWritten
from loadmaster.rehearsal.registry import Limits, Registry, new_token
from loadmaster.rehearsal.registry.accounts import Accounts
from loadmaster.rehearsal.registry.database import Database
from loadmaster.run.store import write_atomically
from tests.kit.checkout import ROOT
from tests.kit.packing import upload
from tests.kit.registry_world import fresh, served
from tests.kit.waiting import code_of, line_of

SERVE_UNTIL_KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from loadmaster.rehearsal.registry import Registry, ledger
from loadmaster.clients.serving import serving

directory, instant = Path(sys.argv[1]), sys.argv[2]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if instant == "before the file":
    ledger.put_in_place = die
elif instant == "between file and facts":
    ledger.index_line = lambda *arguments: die()
elif instant == "before the commit":
    ledger._log = die
with serving(Registry(directory).app()) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


def test_a_directory_that_is_reopened_is_the_same_registry(tmp_path: Path) -> None:
    with fresh(tmp_path) as first:
        first.put(upload())
        index = first.client.get("/index/ou/rs/ours").text
    with fresh(tmp_path) as second:
        assert second.client.get("/index/ou/rs/ours").text == index
        assert second.put(upload(), first.token).status_code == 400
        assert [entry.status for entry in second.registry.uploads()] == [200, 400]


def test_of_concurrent_uploads_of_one_version_exactly_one_wins(tmp_path: Path) -> None:
    bodies = [upload(fields=f'description = "attempt {attempt}"') for attempt in range(8)]
    with (
        served(Registry(tmp_path, limits=Limits(new_burst=99, update_burst=99))) as world,
        ThreadPoolExecutor(8) as pool,
    ):
        answers = list(pool.map(world.put, bodies))
        lines = world.client.get("/index/ou/rs/ours").text.splitlines()
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert len(lines) == 1


@pytest.mark.parametrize("instant", ["before the file", "between file and facts", "before the commit"])
def test_a_registry_killed_in_an_upload_has_all_of_it_or_nothing(tmp_path: Path, instant: str) -> None:
    registry, token = Registry(tmp_path), new_token()
    registry.add_account("mia")
    registry.add_token("mia", token)
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_KILLED, str(tmp_path), instant],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = line_of(child.stdout, "the registry").strip()
    with pytest.raises(httpx.TransportError):
        httpx.put(f"{address}/api/v1/crates/new", content=upload(), headers={"Authorization": token}, timeout=30)
    assert code_of(child, "the registry") == -signal.SIGKILL
    with served(registry) as world:
        assert world.client.get("/index/ou/rs/ours").status_code == 404
        assert world.put(upload()).status_code == 200, "the name and the version are still free"
        line = json.loads(world.client.get("/index/ou/rs/ours").text)
        file = world.client.get("/crates/ours/ours-1.0.0.crate").content
        assert hashlib.sha256(file).hexdigest() == line["cksum"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match="the disk is full"):
        write_atomically(tmp_path / "deep" / "file", b"x")
    assert list((tmp_path / "deep").iterdir()) == []


def test_only_the_digest_of_a_token_is_kept(tmp_path: Path) -> None:
    token = new_token()
    accounts = Accounts(Database(tmp_path))
    accounts.add("mia")
    accounts.add_token("mia", token, scopes=None, crates=None, expires=None)
    assert accounts.grant(token) is not None
    assert accounts.grant(token[:-1]) is None
    assert not any(token.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
