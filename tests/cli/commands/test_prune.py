"""`loadmaster prune`, as a program, on a home with real locks."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from loadmaster.clients.disk import remove_tree, walk
from loadmaster.run.store import RunDirectory, Store
from tests.kit.deep import dig
from tests.kit.running import Ran, loadmaster

DAY = 86400
INDEX = "sparse+http://127.0.0.1:1/index/"


def aged(path: Path, days: float) -> None:
    """As if nobody had touched it for so long."""
    then = time.time() - days * DAY
    for each in [path, *(Path(entry.path) for entry in walk(path))]:
        os.utime(each, (then, then), follow_symlinks=False)


def run(store: Store, name: str, outcome: str | None, index: str | None = None, days: float = 30) -> RunDirectory:
    """A run's directory as a flow leaves it."""
    directory = store.run(name)
    directory.checkout.mkdir()
    (directory.checkout / "lib.rs").write_text("x" * 100_000)
    pinned = {
        "project": "demo",
        "asked": "minor",
        "commit": "0" * 40,
        "on_branch": True,
        "started": "2026-01-01T00:00:00Z",
        "as_of": "2026-01-01T00:00:00Z",
        "index": index,
        "version": "1.0.0",
    }
    directory.pinned.write_text(json.dumps(pinned))
    if outcome:
        said = {"project": "demo", "version": "1.0.0", "commit": "0" * 40, "base_commit": "0" * 40, "outcome": outcome}
        rest = {"world": "rehearsal", "plan": "", "toolchain": "", "started": "2026-01-01T00:00:00Z", "seconds": 1.0}
        directory.receipt.write_text(json.dumps(said | rest))
    aged(directory.path, days)
    return directory


def build(store: Store, name: str, days: float = 30) -> Path:
    target = store.part("build") / name
    (target / "debug").mkdir(parents=True)
    (target / "debug" / ".cargo-lock").touch()
    (target / "debug" / "libhangar.rlib").write_text("x" * 50_000)
    aged(target, days)
    return target


def files(store: Store) -> set[str]:
    """Without what says which format the store has."""
    found = {each for each in store.root.rglob("*") if not each.is_dir()} - {store.mark_file}
    return {str(each.relative_to(store.root)) for each in found}


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)


def fates(ran: Ran) -> dict[str, bool]:
    assert ran.code == 0, ran.err
    places: list[dict[str, Any]] = ran.document["places"]
    return {each["path"]: each["removed"] for each in places}


def test_a_finished_run_goes_and_its_records_stay(store: Store) -> None:
    run(store, "done", "released")
    ran = loadmaster(store.root, "prune", "--json")
    assert fates(ran) == {"runs/done": True}
    assert ran.document["freed"] >= 100_000
    assert files(store) == {f"runs/done/{each}" for each in ("receipt.json", "pinned.json", "lock")}
    again = loadmaster(store.root, "prune", "--json", "--older-than", "0")
    assert (fates(again), again.document["freed"]) == ({}, 0)


@pytest.mark.parametrize("outcome", ["failed", None], ids=["failed", "killed before its receipt"])
def test_a_run_that_retry_could_finish_stays_whole(store: Store, outcome: str | None) -> None:
    run(store, "half", outcome)
    before = files(store)
    ran = loadmaster(store.root, "prune", "--older-than", "0")
    assert "not finished: another attempt goes on with it" in ran.out
    assert files(store) == before


def test_a_release_that_another_run_finished_is_finished(store: Store) -> None:
    run(store, "first", "failed", INDEX)
    run(store, "elsewhere", "failed", "sparse+http://127.0.0.1:2/index/")
    run(store, "second", "released", INDEX)
    removed = fates(loadmaster(store.root, "prune", "--json"))
    assert removed == {"runs/first": True, "runs/second": True, "runs/elsewhere": False}


def test_a_run_at_work_stays(store: Store) -> None:
    directory = run(store, "retried", "released")
    with directory.locked():
        ran = loadmaster(store.root, "prune", "--older-than", "0")
    assert f"in use by process {os.getpid()}" in ran.out
    assert (directory.checkout / "lib.rs").exists()


def test_a_build_that_cargo_holds_stays_and_an_unused_one_goes(store: Store) -> None:
    held, unused = build(store, "demo-default-aa"), build(store, "demo-default-bb")
    build(store, "demo-default-clippy", days=1)
    with (held / "debug" / ".cargo-lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        removed = fates(loadmaster(store.root, "prune", "--json"))
    assert removed == {
        "build/demo-default-aa": False,
        "build/demo-default-bb": True,
        "build/demo-default-clippy": False,
    }
    assert (held.exists(), unused.exists()) == (True, False)


def test_what_a_build_dug_and_planted_is_measured_and_removed(store: Store) -> None:
    target = build(store, "demo-default-aa")
    dig(target)
    checkout = run(store, "done", "released").checkout
    dig(checkout)
    for place, make in (
        ("pipe", os.mkfifo),
        ("directory", Path.mkdir),
        ("link", lambda lock: lock.symlink_to("/dev/tty")),
    ):
        (target / place).mkdir()
        make(target / place / ".cargo-lock")
    for each in (target, checkout.parent):
        aged(each, 30)
    try:
        removed = fates(loadmaster(store.root, "prune", "--json"))
        assert (removed, target.exists()) == ({"runs/done": True, "build/demo-default-aa": True}, False)
        assert not checkout.exists()
    finally:
        remove_tree(store.root)


def test_what_a_killed_look_left_goes_whole(store: Store) -> None:
    left = store.run("audit-0d5b3a5c")
    (left.path / "checkout").mkdir()
    aged(left.path, 30)
    assert fates(loadmaster(store.root, "prune", "--json")) == {"runs/audit-0d5b3a5c": True}
    assert not left.path.exists()


def test_a_dry_run_tells_and_changes_nothing(store: Store) -> None:
    run(store, "done", "released")
    build(store, "demo-default-aa")
    before = files(store)
    ran = loadmaster(store.root, "prune", "--dry-run")
    assert ran.out.count("would be removed") == 2
    assert "would free" in ran.out
    assert files(store) == before


def test_links_are_not_followed(store: Store, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "file").write_text("mine")
    run(store, "done", "released").checkout.joinpath("out").symlink_to(treasure)
    (store.root / "runs" / "linked").symlink_to(treasure)
    store.part("build").joinpath("linked").symlink_to(treasure)
    aged(store.root / "runs" / "done", 30)
    assert fates(loadmaster(store.root, "prune", "--json")) == {"runs/done": True}
    assert (treasure / "file").read_text() == "mine"


def test_a_home_that_is_not_there_is_not_made(home: Path) -> None:
    ran = loadmaster(home, "prune", "--json")
    assert (fates(ran), ran.document["freed"], home.exists()) == ({}, 0, False)


def test_days_below_zero_are_refused(store: Store) -> None:
    run(store, "done", "released")
    before = files(store)
    assert loadmaster(store.root, "prune", "--older-than", "-1").code == 2
    assert files(store) == before
