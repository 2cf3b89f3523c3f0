"""A run is dead only where its process is known to be gone; everything else counts as alive."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadmaster.run.store import Store
from loadmaster.stack.liveness import has_died
from loadmaster.stack.record import POOL
from loadmaster.stack.runs import FlowRun
from tests.kit.waiting import code_of

DAY = 86400


def run(*, pool: str | None = None, pid: int | None = None, state: str = "RUNNING") -> FlowRun:
    return FlowRun.model_validate(
        {
            "id": "one",
            "name": "blue-fox",
            "state": {"type": state, "name": state.title(), "timestamp": "2026-01-01T00:00:00Z"},
            "work_pool_name": pool,
            "infrastructure_pid": None if pid is None else str(pid),
        }
    )


@pytest.fixture
def gone() -> int:
    """The pid of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        code_of(child, "a process that does nothing")
    return child.pid


def lock(home: Path, content: str) -> Path:
    file = Store(home).run("one").lock
    file.write_text(content)
    return file


def test_a_run_of_which_nothing_is_known_is_not_dead(tmp_path: Path) -> None:
    assert not has_died(run(), tmp_path)
    assert not (tmp_path / "runs").exists()


def test_a_run_whose_lock_is_just_being_taken_is_not_dead(tmp_path: Path) -> None:
    lock(tmp_path, "")
    assert not has_died(run(), tmp_path)


def test_a_run_that_this_process_holds_is_not_dead(tmp_path: Path) -> None:
    with Store(tmp_path).run("one").locked():
        assert not has_died(run(), tmp_path)


def test_a_run_that_has_let_go_of_its_lock_and_not_ended_yet_is_not_dead(tmp_path: Path) -> None:
    with Store(tmp_path).run("one").locked():
        pass
    assert not has_died(run(), tmp_path)


def test_a_run_whose_process_is_gone_is_dead(tmp_path: Path, gone: int) -> None:
    lock(tmp_path, str(gone))
    assert has_died(run(), tmp_path)


def test_a_later_process_with_the_same_pid_does_not_keep_it_alive(tmp_path: Path) -> None:
    file = lock(tmp_path, str(os.getpid()))
    os.utime(file, (0, file.stat().st_mtime - DAY))
    assert has_died(run(), tmp_path)


class TestOnOurPool:
    def test_it_is_dead_when_its_process_is_gone(self, tmp_path: Path, gone: int) -> None:
        assert has_died(run(pool=POOL, pid=gone), tmp_path)

    def test_a_pid_of_an_earlier_attempt_does_not_make_it_dead(self, tmp_path: Path, gone: int) -> None:
        with Store(tmp_path).run("one").locked():
            assert not has_died(run(pool=POOL, pid=gone), tmp_path)
        assert not has_died(run(pool=POOL, pid=gone, state="PENDING"), tmp_path / "elsewhere")

    def test_on_another_pool_its_pid_may_be_of_another_machine(self, tmp_path: Path, gone: int) -> None:
        assert not has_died(run(pool="ebpf", pid=gone), tmp_path)
