"""Processes are ended by identity only, with everything they started."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadmaster.stack.processes import Process, is_alive, spawn, stop, this_process
from tests.kit.waiting import line_of

WAITS = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
IGNORES = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
STUBBORN_PARENT = f"""{IGNORES}
import subprocess, sys
subprocess.run([sys.executable, "-c", "{IGNORES}{WAITS}"], start_new_session=True)
"""


@pytest.fixture
def waiting() -> Iterator[Process]:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE) as child:
        line_of(child.stdout, "the process that waits")
        yield this_process(child.pid)
        child.kill()


def test_a_process_is_known_by_its_pid_and_start_time(waiting: Process) -> None:
    assert is_alive(waiting)


def test_a_recycled_pid_is_neither_alive_nor_killed(waiting: Process) -> None:
    earlier = Process(pid=waiting.pid, created=waiting.created - 60)

    assert not is_alive(earlier)
    stop(earlier, patience=1)

    assert is_alive(waiting)


def test_stopping_ends_the_process_and_doing_it_again_is_no_error(waiting: Process) -> None:
    stop(waiting, patience=10)

    assert not is_alive(waiting)
    stop(waiting, patience=10)


STOPPED_BY_ANOTHER = """
import sys
from loadmaster.stack.processes import Process, stop
stop(Process.model_validate_json(sys.argv[1]), patience=60)
"""


def test_a_process_that_its_parent_does_not_wait_for_is_over_once_it_has_ended() -> None:
    """As below a process 1 that reaps nothing, in a container."""
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE) as child:
        line_of(child.stdout, "the process that waits")
        told = this_process(child.pid).model_dump_json()
        subprocess.run([sys.executable, "-c", STOPPED_BY_ANOTHER, told], check=True, timeout=30)


def test_descendants_that_ignore_being_asked_are_killed_too() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN_PARENT], stdout=subprocess.PIPE) as parent:
        grandchild = this_process(int(line_of(parent.stdout, "the grandchild")))

        stop(this_process(parent.pid), patience=0.2)

    assert not is_alive(grandchild)


def test_a_spawned_process_has_its_own_session_the_given_directory_and_a_log(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_text("of the time before\n")
    told = "import os; print(os.getcwd(), os.getsid(0) == os.getpid(), os.environ['SAID'], flush=True)"

    process = spawn(["-c", told], cwd=tmp_path, env={"SAID": "hello"}, log=log)
    psutil.Process(process.pid).wait(timeout=30)

    assert log.read_text() == f"{tmp_path} True hello\n"
    assert (tmp_path / "one.previous.log").read_text() == "of the time before\n"


def test_an_ignored_interrupt_is_not_handed_on(tmp_path: Path) -> None:
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        told = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
        process = spawn(["-c", told], cwd=tmp_path, env={}, log=tmp_path / "one.log")
        psutil.Process(process.pid).wait(timeout=30)
    finally:
        signal.signal(signal.SIGINT, ours)

    assert (tmp_path / "one.log").read_text() == "True\n"
