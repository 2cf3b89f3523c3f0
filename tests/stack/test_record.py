"""A record of what was started is believed only as far as its processes live."""

import os
import threading
from pathlib import Path

import pytest

from loadmaster.clients.serving import serving
from loadmaster.errors.prefect import NoStackRunning
from loadmaster.errors.rehearsal import PortTaken
from loadmaster.stack.processes import Process, this_process
from loadmaster.stack.record import Stack, changing, read_record, running, write_down
from loadmaster.stack.settings import environment
from loadmaster.stack.starting import _choose_port
from loadmaster.stack.stopping import down
from tests.kit.waiting import beside, eventually, result_of

GONE = Process(pid=os.getpid(), created=1.0)


def ourselves() -> Process:
    return this_process(os.getpid())


def test_what_was_written_down_is_read_back(tmp_path: Path) -> None:
    stack = write_down(tmp_path, Stack(port=4300, server=ourselves(), worker=ourselves()))

    assert read_record(tmp_path) == running(tmp_path) == stack
    assert stack.run_url("abc") == "http://127.0.0.1:4300/v2/runs/flow-run/abc"


@pytest.mark.parametrize("content", ["", "{", "{}", '{"port": 1, "server": 7}'])
def test_a_record_that_cannot_be_read_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)

    assert read_record(tmp_path) is None
    with pytest.raises(NoStackRunning, match="loadmaster up"):
        running(tmp_path)


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(Stack(port=1, server=GONE, worker=ourselves()), id="the server is gone"),
        pytest.param(Stack(port=1, server=ourselves(), worker=GONE), id="the worker is gone"),
        pytest.param(Stack(port=1, server=ourselves()), id="the worker was never started"),
    ],
)
def test_half_a_stack_is_not_running(tmp_path: Path, stack: Stack) -> None:
    write_down(tmp_path, stack)

    with pytest.raises(NoStackRunning):
        running(tmp_path)


@pytest.mark.parametrize("force", [False, True])
def test_taking_down_what_a_reboot_has_ended_says_so(tmp_path: Path, force: bool) -> None:
    write_down(tmp_path, Stack(port=1, server=GONE, worker=GONE))
    told: list[str] = []

    down(tmp_path, force, told.append)

    assert told == ["no Prefect server of this project is running"]


def test_one_command_at_a_time_changes_the_stack(tmp_path: Path) -> None:
    waits, order = threading.Event(), list[str]()

    def second() -> None:
        with changing(tmp_path, lambda line: waits.set()):
            order.append("second")

    with changing(tmp_path, order.append):
        changed = beside(second)
        eventually(waits.is_set, "the second command waited")
        order.append("first")
    result_of(changed, "the second command ended")

    assert order == ["first", "second"]


def test_a_taken_port_is_an_error_when_asked_for_and_passed_over_when_remembered() -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        pass

    with serving(silent) as url:
        taken = int(url.rpartition(":")[2])
        with pytest.raises(PortTaken, match=str(taken)):
            _choose_port(taken, last=0)
        assert _choose_port(None, last=taken) != taken


def test_a_port_that_nobody_asked_for_is_given_to_no_connection_before_the_server_binds_it() -> None:
    given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 <= _choose_port(None, last=0) < given for _ in range(100))


def test_other_prefect_settings_and_the_ban_on_byte_code_stay_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "of another server")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("KEPT", "yes")

    env = environment(tmp_path, 4300, tmp_path)

    assert not {"PREFECT_API_KEY", "PYTHONDONTWRITEBYTECODE"} & env.keys()
    assert (env["KEPT"], env["PREFECT_API_URL"]) == ("yes", "http://127.0.0.1:4300/api")
