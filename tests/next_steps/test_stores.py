"""A store, its database or a machine that is not as it should be: what is said to be run mends it, or shows it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadmaster.cli.commands.doctor.outside import look_outside
from loadmaster.cli.commands.doctor.place import look_at_store
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.files import StoreMarkBroken
from loadmaster.errors.prefect import DatabaseBroken
from loadmaster.planning.doctor.place import SpaceSeen, judge_disk
from loadmaster.planning.doctor.programs import judge_engine
from loadmaster.planning.smoke.host import EngineFacts
from loadmaster.run.store import Store
from loadmaster.smoke.running.doctor import host_facts
from loadmaster.stack.access import database
from loadmaster.stack.database import require_known_database
from tests.kit.engine import NOWHERE
from tests.kit.next_step import BIN, run_as_printed
from tests.kit.running import loadmaster
from tests.kit.spoilt_machine import SpoiltMachine, in_an_empty_directory, without_git

NO_INDEX = "sparse+http://127.0.0.1:1/index/"


def test_a_mark_that_cannot_be_read_is_removed_and_written_anew(home: Path, tmp_path: Path) -> None:
    store = Store(home)
    home.mkdir()
    store.mark_file.write_text("{")
    with pytest.raises(StoreMarkBroken) as caught:
        store.require_readable()

    run_as_printed("StoreMarkBroken", "rm {shlex.quote(path)}", str(caught.value), tmp_path)

    store.claim()
    assert store.mark() is not None


def test_a_database_that_is_none_is_set_aside_with_what_lies_beside_it(home: Path, tmp_path: Path) -> None:
    database(home).parent.mkdir(parents=True)
    for name in ("prefect.db", "prefect.db-wal"):
        (database(home).parent / name).write_bytes(b"this is no database" * 99)
    with pytest.raises(DatabaseBroken) as caught:
        require_known_database(home, None)

    run_as_printed("prefect.set_aside", "mv {shlex.quote(directory)} {shlex.quote(aside)}", str(caught.value), tmp_path)

    require_known_database(home, None)
    assert (home / "prefect.broken" / "prefect.db-wal").exists()
    assert not database(home).parent.exists()


def test_runs_that_cannot_be_read_are_shown_with_the_reason(home: Path, tmp_path: Path) -> None:
    run = Store(home).run("3f2a8c1e-0000-4000-8000-000000000000")
    run.lock.touch()
    run.pinned.write_text("{}")
    (check,) = look_at_store(Store(home))

    here = {"LOADMASTER_HOME": str(home)}
    shown = run_as_printed("place.judge_store", "loadmaster runs", check.fix or "", tmp_path, here)

    assert "3f2a8c1e" in shown.stdout
    assert "Field required" in shown.stdout


def test_a_disk_with_little_room_is_pruned(home: Path, tmp_path: Path) -> None:
    build = Store(home).build_directory("demo", "default", "an old tree")
    build.mkdir()
    (build / "libhangar.rlib").write_bytes(bytes(100_000))
    fix = judge_disk((SpaceSeen(what="the store", path=str(home), free=0),)).fix or ""

    here = {"LOADMASTER_HOME": str(home)}
    run_as_printed("place.judge_disk", "loadmaster prune --older-than 0", fix, tmp_path, here)

    assert not build.exists()


def test_where_no_registry_answers_it_is_left_out(home: Path, tmp_path: Path) -> None:
    check, _ = look_outside(RegistryClient(NO_INDEX))

    here = {"LOADMASTER_HOME": str(home)}
    said = run_as_printed(
        "outside.judge_registry", "loadmaster doctor --offline", check.fix or "", tmp_path, here, succeeds=False
    )

    assert "-     registry  left out" in said.stdout


def test_what_an_engine_can_do_is_shown(home: Path, tmp_path: Path) -> None:
    """The engine is planted, because the words are of one that is there; the command is asked where there is none."""
    engine = EngineFacts(version="20.10", machine="x86_64", kernel="6.1", system="linux", rootless=False)
    check = judge_engine(host_facts(NOWHERE).model_copy(update={"engine": engine}))

    here = {"LOADMASTER_HOME": str(home), "DOCKER_HOST": NOWHERE}
    said = run_as_printed("programs.judge_engine", "loadmaster smoke --doctor", check.seen, tmp_path, here)

    assert "native" in said.stdout


def test_without_git_the_doctor_says_how_to_get_it(tmp_path: Path) -> None:
    with ExitStack() as opened:
        machine = SpoiltMachine(tmp_path, opened)
        without_git(machine)
        in_an_empty_directory(machine)
        variables = {"PATH": f"{BIN}{os.pathsep}{machine.variables['PATH']}", "LOADMASTER_HOME": str(machine.home)}
        printed = loadmaster(machine.home, **variables).out

        said = run_as_printed(
            "standing._next", "loadmaster doctor", printed, machine.directory, variables, succeeds=False
        )

    assert "FAIL  git" in said.stdout
