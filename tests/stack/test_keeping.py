"""The keeper of a stack: it is started, given to, replaced where it has ended or hangs, and ended with the stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadmaster.credentials import asking
from loadmaster.errors.prefect import StackDidNotStart
from loadmaster.planning.profile.secret_variables import FORGE_TOKEN_VARIABLE, TOKEN_VARIABLE
from loadmaster.stack.keeping import ensure_keeper
from loadmaster.stack.processes import Process, is_alive, stop, this_process
from loadmaster.stack.record import Stack, read_record, write_down
from loadmaster.stack.settings import environment
from loadmaster.stack.stopping import down
from loadmaster.stack.supervising import Supervisor
from tests.kit.checkout import ROOT
from tests.kit.credentials import holding
from tests.kit.waiting import PATIENCE


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """What is left of a stack whose server has died; this process is its supervisor."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        dead = this_process(server.pid)
        server.kill()
        server.wait(timeout=PATIENCE)
    yield write_down(tmp_path, Stack(port=1, server=dead, supervisor=this_process(os.getpid())))
    if (left := read_record(tmp_path)) is not None and left.keeper is not None:
        stop(left.keeper, patience=PATIENCE)


def of(stack: Stack | None) -> Process:
    assert stack is not None
    assert stack.keeper is not None
    return stack.keeper


def test_a_command_gives_what_it_has_and_says_so_only_where_it_replaces_another(tmp_path: Path, stack: Stack) -> None:
    told = list[str]()
    with holding({TOKEN_VARIABLE: "the-first-token", FORGE_TOKEN_VARIABLE: "of-the-forge"}):
        first = ensure_keeper(tmp_path, ROOT, stack, told.append)
    assert told == []
    with holding({TOKEN_VARIABLE: "a-newer-token"}):
        again = ensure_keeper(tmp_path, ROOT, first, told.append)
    assert told == [f"the keeper held another `{TOKEN_VARIABLE}`, and has this newer one now"]
    assert (again, read_record(tmp_path)) == (first, first)
    held = [asking.ask(tmp_path, name) for name in (TOKEN_VARIABLE, FORGE_TOKEN_VARIABLE)]
    assert held == ["a-newer-token", "of-the-forge"]


def test_the_supervisor_starts_an_empty_one_in_place_of_one_that_was_killed_and_says_what_is_lost(
    tmp_path: Path, stack: Stack
) -> None:
    with holding({TOKEN_VARIABLE: "the-first-token"}):
        before = of(ensure_keeper(tmp_path, ROOT, stack, print))
    psutil.Process(before.pid).kill()
    psutil.wait_procs([psutil.Process(before.pid)], timeout=PATIENCE)
    told = list[str]()
    assert Supervisor(tmp_path, ROOT, stack, told.append).look()
    after = of(read_record(tmp_path))
    assert (is_alive(after), after != before) == (True, True)
    assert told == [
        f"the keeper (process {before.pid}) has ended, and the tokens that it held are lost; it is process {after.pid} "
        "now, and holds none. Give them again with the next command"
    ]
    assert asking.ask(tmp_path, TOKEN_VARIABLE) is None
    assert Supervisor(tmp_path, ROOT, stack, told.append).look()
    assert of(read_record(tmp_path)) == after


def test_up_replaces_one_that_hangs(tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.5)
    before = ensure_keeper(tmp_path, ROOT, stack, print)
    os.kill(of(before).pid, signal.SIGSTOP)
    told = list[str]()
    with holding({TOKEN_VARIABLE: "given-again"}):
        after = ensure_keeper(tmp_path, ROOT, before, told.append)
    assert (is_alive(of(before)), "It is started again, and holds nothing" in told[0]) == (False, True)
    assert (of(after) != of(before), asking.ask(tmp_path, TOKEN_VARIABLE)) == (True, "given-again")


def test_down_ends_it_even_where_the_server_and_the_worker_are_gone(tmp_path: Path, stack: Stack) -> None:
    keeper = of(
        ensure_keeper(tmp_path, ROOT, write_down(tmp_path, stack.model_copy(update={"supervisor": None})), print)
    )
    down(tmp_path, False, print)
    assert not is_alive(keeper)


def test_one_that_cannot_make_its_socket_is_told_with_its_log(tmp_path: Path, stack: Stack) -> None:
    (tmp_path / "keeper").write_text("in the way")
    with pytest.raises(StackDidNotStart, match=r"(?s)The keeper was not ready.*FileExistsError") as failed:
        ensure_keeper(tmp_path, ROOT, stack, print)
    assert failed.value.facts["part"] == "keeper"


def test_no_credential_is_handed_on_to_what_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed = dict.fromkeys((TOKEN_VARIABLE, "GITHUB_TOKEN", "AWS_PROFILE", f"{TOKEN_VARIABLE}_FILE"), "canary")
    for name, value in {**handed, "SSH_AUTH_SOCK": "agent"}.items():
        monkeypatch.setenv(name, value)
    env = environment(tmp_path, 1, ROOT)
    assert (handed.keys() & env.keys(), env["SSH_AUTH_SOCK"]) == (set(), "agent")
