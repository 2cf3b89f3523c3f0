"""A stack that a command started ends by itself, once nobody has needed it for long enough, and not before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.errors.files import NotWritten
from loadmaster.errors.prefect import IdleMinutesBroken, PrefectUnreachable
from loadmaster.stack.api import Api
from loadmaster.stack.idling import IDLE_MINUTES, IDLE_VARIABLE, IdleWatch, idle_minutes, in_use, kept_from_users
from loadmaster.stack.processes import is_alive, stop, this_process
from loadmaster.stack.record import Stack, read_record, write_down
from tests.kit.waiting import PATIENCE, killed_at_last, line_of

MINUTES = 30.0
RUN = {"id": "r1", "name": "blue-fox", "work_pool_name": "loadmaster"}
AT_WORK = {**RUN, "state": {"type": "RUNNING", "name": "Running", "timestamp": "2026-01-01T00:00:00Z"}}
TO_BEGIN = {**RUN, "state": {"type": "SCHEDULED", "name": "Scheduled", "timestamp": "2026-01-01T00:00:00Z"}}
USER = """
import sys
from pathlib import Path
from loadmaster.stack.idling import in_use
with in_use(Path(sys.argv[1])):
    print("in use", flush=True)
    sys.stdin.readline()
"""


class Server:
    """Answers as Prefect does, and remembers whether the pool was paused."""

    def __init__(self) -> None:
        self.at_work: list[dict[str, Any]] = []
        self.to_begin: list[dict[str, Any]] = []
        self.paused: list[bool] = [False]
        self.when_paused: Callable[[], None] = lambda: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/flow_runs/filter":
            return httpx.Response(
                200, json=self.to_begin if b"expected_start_time" in request.content else self.at_work
            )
        assert request.url.path == "/api/work_pools/loadmaster"
        if request.method == "PATCH":
            self.paused.append(b"true" in request.content)
            if self.paused[-1]:
                self.when_paused()
        return httpx.Response(200, json={"is_paused": self.paused[-1]})

    @property
    def api(self) -> Api:
        return Api("http://127.0.0.1:1/api", httpx.MockTransport(self.answer), busy_seconds=0, busy_patience=0.01)


class Watched:
    """A stack of two processes, of which this one is the supervisor, and a clock that is set by hand."""

    def __init__(self, home: Path, stack: Stack) -> None:
        self.home, self.stack, self.server = home, write_down(home, stack), Server()
        self.time, self.told = 0.0, list[str]()
        self.watch = IdleWatch(home, self.told.append, lambda: self.time)

    def after(self, minutes: float) -> bool:
        """Whether the stack was ended by a look so many minutes later."""
        self.time += minutes * 60
        return self.watch.look(self.stack, self.server.api)

    def lives(self) -> bool:
        return is_alive(self.stack.server)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        part = this_process(server.pid)
        try:
            yield Watched(
                tmp_path,
                Stack(port=1, server=part, worker=part, supervisor=this_process(os.getpid()), idle_minutes=MINUTES),
            )
        finally:
            stop(part, patience=PATIENCE)


def test_it_ends_when_nobody_needed_it_for_so_long_and_the_supervisor_is_released(watched: Watched) -> None:
    assert not watched.after(0)
    assert not watched.after(MINUTES - 0.1)
    assert watched.lives()
    assert watched.after(0.2)
    assert not watched.lives()
    left = read_record(watched.home)
    assert left is not None
    assert left.supervisor is None  # the next `up` starts another, even while this process is about to end
    assert "nobody needed the server for 30 minutes" in watched.told[0]


def test_one_that_up_keeps_does_not_end(watched: Watched) -> None:
    watched.stack = write_down(watched.home, watched.stack.model_copy(update={"idle_minutes": None}))
    assert not any(watched.after(minutes) for minutes in (0, 10_000))
    assert watched.lives()


def test_a_run_at_work_keeps_it_and_the_time_begins_anew_at_its_end(watched: Watched) -> None:
    watched.after(MINUTES - 1)
    watched.server.at_work = [AT_WORK]
    assert not watched.after(10 * MINUTES)
    watched.server.at_work = []
    assert not watched.after(0)
    assert not watched.after(MINUTES - 1)
    assert watched.after(1)


def test_a_run_that_is_due_within_the_time_keeps_it_for_as_long_again(watched: Watched) -> None:
    watched.server.to_begin = [TO_BEGIN]
    assert not any(watched.after(minutes) for minutes in (0, MINUTES, MINUTES, MINUTES))
    assert watched.server.paused == [False]
    watched.server.to_begin = []
    assert watched.after(MINUTES) or watched.after(MINUTES)


def test_a_command_that_waits_keeps_it_until_its_process_is_gone_however_that_ends(watched: Watched) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", USER, str(watched.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with killed_at_last(command):
        assert line_of(command.stdout, "the command that uses the stack") == "in use\n"
        assert not any(watched.after(minutes) for minutes in (0, MINUTES, MINUTES))
    assert not watched.after(0)
    assert watched.after(MINUTES)


def test_a_run_that_the_worker_took_at_the_last_moment_keeps_it_and_the_pool_is_open_again(watched: Watched) -> None:
    watched.server.when_paused = lambda: watched.server.at_work.append(AT_WORK)
    watched.after(0)
    assert not watched.after(MINUTES)
    assert watched.server.paused == [False, True, False]
    assert watched.lives()


def test_a_pool_that_a_person_paused_stays_paused_if_it_does_not_end(watched: Watched) -> None:
    watched.server.paused = [True]
    watched.server.when_paused = lambda: watched.server.at_work.append(AT_WORK)
    watched.after(0)
    assert not watched.after(MINUTES)
    assert watched.server.paused == [True, True]


def test_a_server_that_does_not_answer_while_it_is_asked_is_not_taken_for_idle(watched: Watched) -> None:
    def gone() -> None:
        raise httpx.ConnectError("refused")

    watched.server.when_paused = gone
    watched.after(0)
    with pytest.raises(PrefectUnreachable):
        watched.after(MINUTES)
    assert watched.lives()


def test_up_that_comes_first_keeps_it_though_the_supervisor_saw_the_older_record(watched: Watched) -> None:
    watched.after(0)
    write_down(watched.home, watched.stack.model_copy(update={"idle_minutes": None}))
    assert not watched.after(MINUTES)
    assert watched.lives()


class TestUse:
    def test_a_command_that_comes_while_it_ends_waits_until_it_has_ended(self, tmp_path: Path) -> None:
        with kept_from_users(tmp_path) as free:
            assert free
            command = subprocess.Popen(
                [sys.executable, "-c", USER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        with killed_at_last(command):
            assert line_of(command.stdout, "the command that waited") == "in use\n"
            with kept_from_users(tmp_path) as free:
                assert not free

    def test_several_commands_may_use_it_at_once(self, tmp_path: Path) -> None:
        with in_use(tmp_path), in_use(tmp_path), kept_from_users(tmp_path) as free:
            assert not free
        with kept_from_users(tmp_path) as free:
            assert free

    def test_a_home_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(NotWritten), in_use(tmp_path / "file" / "home"):
            pass


@pytest.mark.parametrize(
    ("given", "minutes"), [({}, IDLE_MINUTES), ({IDLE_VARIABLE: "2.5"}, 2.5), ({IDLE_VARIABLE: "0"}, 0)]
)
def test_the_time_is_a_setting(given: dict[str, str], minutes: float) -> None:
    assert idle_minutes(given) == minutes


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "inf"])
def test_planted_what_is_no_time_is_refused(given: str) -> None:
    with pytest.raises(IdleMinutesBroken, match=given):
        idle_minutes({IDLE_VARIABLE: given})
