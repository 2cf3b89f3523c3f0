"""A server that is of another version, that lost its worker, or that is silent: what the doctor says to run mends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.cli.commands.doctor.service import look_at_service
from loadmaster.planning.doctor.check import Check, CheckOutcome
from loadmaster.stack.processes import stop
from loadmaster.stack.record import Stack, running, write_down
from loadmaster.stack.stopping import down
from tests.kit.next_step import run_as_printed
from tests.kit.running import loadmaster

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("stack")]


@pytest.fixture
def stack(home: Path) -> Iterator[Stack]:
    """A server and its worker."""
    try:
        started = loadmaster(home, "up")
        assert started.code == 0, started.err
        yield running(home)
    finally:
        down(home, True, print)


def ailing(home: Path, name: str) -> Check:
    """The check, which is not well; the others before it are."""
    checks = {check.name: check for check in look_at_service(home)}
    assert checks["database"].outcome is CheckOutcome.OK
    assert checks[name].outcome in (CheckOutcome.WARN, CheckOutcome.FAIL)
    return checks[name]


def test_what_the_doctor_says_mends_a_server_and_its_worker(stack: Stack, home: Path, tmp_path: Path) -> None:
    here = {"LOADMASTER_HOME": str(home)}

    def all_is_well() -> bool:
        return {check.outcome for check in look_at_service(home)} == {CheckOutcome.OK}

    assert all_is_well()
    assert stack.worker is not None
    assert stack.supervisor is not None
    for process in (stack.supervisor, stack.worker):
        stop(process, patience=5)
    fix = ailing(home, "worker").fix or ""
    run_as_printed("service.UP", "loadmaster up", fix, tmp_path, here)
    assert all_is_well()

    write_down(home, running(home).model_copy(update={"loadmaster": "0.0.9"}))
    fix = ailing(home, "server").fix or ""
    run_as_printed("service.ANEW", "loadmaster down", fix, tmp_path, here)
    run_as_printed("service.ANEW", "loadmaster up", fix, tmp_path, here)
    assert all_is_well()

    os.kill(running(home).server.pid, signal.SIGSTOP)
    fix = ailing(home, "server").fix or ""
    run_as_printed("service.AT_ONCE", "loadmaster down --force", fix, tmp_path, here)
    run_as_printed("service.AT_ONCE", "loadmaster up", fix, tmp_path, here)
    assert all_is_well()
