"""A disk that is full, or cannot be written: what the message says to run makes room, and shows what is out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.errors.files import DiskFull, NotWritten
from loadmaster.run.store import Store
from tests.kit.next_step import run_as_printed
from tests.kit.receipts import CRATE, receipt


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """On a file system of its own, of two megabytes."""
    home.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(home)]
    if (tried := subprocess.run(mounted, capture_output=True, text=True, check=False)).returncode != 0:
        pytest.skip(f"mounting is not permitted: {tried.stderr.strip()}")
    yield Store(home)
    subprocess.run(["umount", "--lazy", home], check=True)


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    crate = tmp_path / "hangar-1.0.0.crate"
    crate.write_bytes(bytes(1_000_000))
    return crate


def test_a_full_disk_has_room_again(store: Store, crate: Path, tmp_path: Path) -> None:
    build = store.build_directory("demo", "default", "an old tree")
    build.mkdir()
    (build / "libhangar.rlib").write_bytes(bytes(1_500_000))
    with pytest.raises(DiskFull) as caught:
        store.keep_crate(crate)

    here = {"LOADMASTER_HOME": str(store.root)}
    run_as_printed("DiskFull", "loadmaster runs", str(caught.value), tmp_path, here)
    run_as_printed("DiskFull", "loadmaster prune --older-than 0", str(caught.value), tmp_path, here)

    assert store.crate("hangar@1.0.0", store.keep_crate(crate)) == crate.read_bytes()


def test_a_disk_that_cannot_be_written_shows_what_is_out(store: Store, crate: Path, tmp_path: Path) -> None:
    cut = store.run("3f2a8c1e-0000-4000-8000-000000000000")
    cut.lock.touch()
    noted = {"receipt": receipt(outcome="crashed", objects=()).model_dump(mode="json")}
    crates = ({"object": CRATE.model_dump(mode="json")},)
    cut.journal.write_text("".join(f"{json.dumps(line)}\n" for line in (noted, *crates)))
    subprocess.run(["mount", "-o", "remount,ro", str(store.root)], check=True)
    with pytest.raises(NotWritten) as caught:
        store.keep_crate(crate)

    here = {"LOADMASTER_HOME": str(store.root)}
    shown = run_as_printed("NotWritten", "loadmaster runs", str(caught.value), tmp_path, here)
    assert "3f2a8c1e" in shown.stdout
    assert "1 of 1 crates published" in shown.stdout
    subprocess.run(["mount", "-o", "remount,rw", str(store.root)], check=True)

    assert store.crate("hangar@1.0.0", store.keep_crate(crate)) == crate.read_bytes()
