"""The stack under test, used as a user does: runs are started and retried through Prefect's API and carried out by its worker.

Whatever is waited for is an event with a deadline: a state, an upload, a line of the worker's log.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import psutil

from deployments import REHEARSE
from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.values.receipt import Receipt
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.api import Api
from loadmaster.stack.record import POOL, running
from loadmaster.stack.runs import FlowRun, State
from loadmaster.stack.starting import up
from tests.kit.evidence import receipt_of

PATIENCE = 120.0


def eventually(question: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Asks until the answer is yes; fails, saying `what` did not happen, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"in {seconds:.0f} s it did not happen that {what}"
        time.sleep(0.1)


def _was_taken(path: str, change: dict[str, bool]) -> bool:
    """Not while the server is busy (503)."""
    return httpx.patch(path, json=change, trust_env=False).is_success


class Service:
    """A server, a worker and the project's own deployments, with a home of their own. Their schedules are off."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self.stack = up(home, ROOT)
        self.api = Api(self.stack.api_url)
        self._switch_schedules(active=False)

    @contextlib.contextmanager
    def scheduling(self) -> Iterator[None]:
        """The schedules are on within, and nothing is started by them, whatever the hour: the pool is paused meanwhile."""
        self.api.pause_pool(POOL)
        self._switch_schedules(active=True)
        try:
            yield
        finally:
            self._switch_schedules(active=False)  # which takes back the runs that were created ahead
            self.api.open_pool(POOL)

    def _switch_schedules(self, *, active: bool) -> None:
        for deployment in self.api.deployments():
            for schedule in deployment["schedules"]:
                path = f"{self.stack.api_url}/deployments/{deployment['id']}/schedules/{schedule['id']}"
                eventually(partial(_was_taken, path, {"active": active}), "the server switched a schedule")

    def start(self, version: str, *faults: Fault) -> Run:
        """Starts the deployment `rehearse` for the demo, as the form of the UI does."""
        request = {
            "project": "demo",
            "version": version,
            "faults": [each.model_dump(mode="json", exclude_defaults=True) for each in faults],
        }
        return Run(self, self.api.create_run(REHEARSE, {"request": request}))

    def kill_server(self) -> None:
        server = psutil.Process(running(self.store.root).server.pid)
        server.kill()
        server.wait()  # its threads hold the port for a moment longer than it is seen alive

    def up(self) -> None:
        """Brings back what is missing, on the same port."""
        up(self.store.root, ROOT)

    def has_let_go_of(self, run: Run) -> bool:
        """Whether the worker has said its last about an attempt: the event comes after its late report of a crash."""
        wanted = {
            "event": {"name": ["prefect.worker.executed-flow-run"]},
            "related": {"id": [f"prefect.flow-run.{run.id}"]},
        }
        answer = httpx.post(f"{self.stack.api_url}/events/filter", json={"filter": wanted}, trust_env=False)
        return bool(answer.raise_for_status().json()["events"])


class Run:
    """One flow run through its attempts."""

    def __init__(self, service: Service, created: FlowRun) -> None:
        self._service, self.id, self._since = service, created.id, datetime.now(UTC)

    @property
    def directory(self) -> RunDirectory:
        return self._service.store.run(self.id)

    @property
    def receipt(self) -> Receipt:
        return receipt_of(self.directory)

    @property
    def pid(self) -> int:
        """The process that works on the release."""
        return int((self.directory.path / "lock").read_text(encoding="ascii"))

    def state(self) -> State:
        return self._service.api.run(self.id).state

    def ended(self) -> State:
        """The state that the current attempt ends in. A server that is starting, or busy, is asked again."""
        found: list[State] = []

        def has_ended() -> bool:
            with contextlib.suppress(PrefectUnreachable):
                found.append(self.state())
            return bool(found) and found[-1].is_terminal

        eventually(has_ended, f"run {self.id} ended")
        return found[-1]

    def retry(self) -> None:
        """What the button Retry does."""
        self._since = datetime.now(UTC)
        self._service.api.retry(self.id)

    def task_states(self) -> dict[str, str]:
        """The tasks of the current attempt and their states; Prefect records them a little after they happened."""
        found = self._service.api.task_runs(self.id, self._since)
        return {each.name: each.state.name for each in found if each.state is not None}
