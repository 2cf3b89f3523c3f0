"""Only a run whose process is known to be gone is closed, on an injected transport."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from loadmaster.run.store import Store
from loadmaster.stack.api import Api
from loadmaster.stack.closing import close_dead
from loadmaster.stack.record import POOL
from tests.kit.waiting import code_of

RUN = {
    "id": "taken",
    "name": "blue-fox",
    "state": {"type": "RUNNING", "name": "Running", "timestamp": "2026-01-01T00:00:00Z"},
    "work_pool_name": POOL,
    "infrastructure_pid": None,
}
"""Its worker ended before it could write the process down."""


def closed(home: Path) -> list[str]:
    """The states that the run was set to."""
    states = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/flow_runs/filter":
            return httpx.Response(200, json=[RUN])
        states.append(str(json.loads(request.content)["state"]["name"]))
        return httpx.Response(201, json={"status": "ACCEPT", "details": {}})

    with Api("http://127.0.0.1:1/api", httpx.MockTransport(answer)) as api:
        close_dead(api, home, print)
    return states


@pytest.mark.parametrize("directory", ["taken", "preflight-taken"])
def test_a_run_whose_environment_nobody_may_read_is_alive_while_it_holds_its_directory(
    directory: str, tmp_path: Path
) -> None:
    """As of a process that holds a token: no variable of its is found, as none of this process is."""
    Store(tmp_path).run(directory).lock.write_text(str(os.getpid()))
    assert closed(tmp_path) == []


def test_a_run_that_no_process_works_on_is_closed(tmp_path: Path) -> None:
    assert closed(tmp_path) == ["Crashed"]
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        code_of(gone, "a process that does nothing")
    Store(tmp_path).run("preflight-taken").lock.write_text(str(gone.pid))
    assert closed(tmp_path) == ["Crashed"]
