"""Attempts at flow runs of `rehearse`, each in a process of its own, as the worker's child is: forked from this one.

This one has imported Prefect and the flow, which takes longer than many an attempt, and does nothing else: it has one
thread, and no connection but the socket to whoever asks, `python -m tests.kit.attempt DESCRIPTOR`. For each line of JSON
that comes (`run`, `log`, `environment`) it answers with the pid of the attempt, and with its return code once it has ended.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow
from pydantic import BaseModel

from loadmaster.flows.rehearse import rehearse


class Wanted(BaseModel):
    run: UUID
    log: Path
    environment: Mapping[str, str]
    """Beside the environment that this process has."""


def main(descriptor: int) -> int:
    with socket.socket(fileno=descriptor) as asking:
        wanted = forked(asking)
    return 0 if wanted is None else carry_out(wanted)


def forked(asking: socket.socket) -> Wanted | None:
    """What this process is to do, which is the child by then; None once nobody asks any more."""
    for line in asking.makefile("r", encoding="utf-8"):
        wanted = Wanted.model_validate_json(line)
        pid = os.fork()
        if pid == 0:
            return wanted
        asking.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        asking.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return None


def carry_out(wanted: Wanted) -> int:
    os.environ.update(wanted.environment)
    with wanted.log.open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(wanted.run)
    state = run_flow(rehearse, flow_run=run, parameters=run.parameters, return_type="state")
    return 0 if isinstance(state, State) and state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
