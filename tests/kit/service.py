"""The stack under test, used as a user does: runs are started and retried through Prefect's API and carried out by its worker.

Whatever is waited for is an event with a deadline: a state, an upload, a line of the worker's log.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil

from loadmaster.deployments import REHEARSE
from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.values.receipt import Receipt
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.allowed import Place, allow, places_of
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.access import connect
from loadmaster.stack.record import POOL, running
from loadmaster.stack.runs import FlowRun, State
from loadmaster.stack.settings import environment
from loadmaster.stack.starting import up
from tests.kit.attempts import Attempt, Attempts
from tests.kit.checkout import ROOT
from tests.kit.evidence import receipt_of
from tests.kit.signed_in import ask
from tests.kit.waiting import PATIENCE, eventually


@dataclass(frozen=True)
class Given:
    places: tuple[Place, ...]


class Service:
    """A server, a worker and the project's own deployments, with a home of their own. Their schedules are off."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self.stack = up(home, ROOT)
        self.api = connect(home, self.stack)
        self._switch_schedules(active=False)

    @cached_property
    def _attempts(self) -> Attempts:
        return Attempts(environment(self.store.root, self.stack.port, ROOT))

    def close(self) -> None:
        if "_attempts" in vars(self):
            self._attempts.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Prefect's answer, below `/api`; one that is busy (503: SQLite was written to by another) is asked again.

        A server that hangs, as one on SQLite sometimes does after it was killed and started again, is replaced, and the
        test's output says so.
        """
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            try:
                answers.append(ask(self.store.root, method, path, body))
            except httpx.TimeoutException:
                print(f"the Prefect server hung at {method} {path}; it is started again")
                self.kill_server()
                self.up()
                return False
            return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        eventually(is_answered, f"Prefect had time for {method} {path}")
        answer = answers[-1]
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

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
            path = f"/deployments/{deployment['id']}"
            for schedule in deployment["schedules"]:
                self.ask("PATCH", f"{path}/schedules/{schedule['id']}", {"active": active})
            # Prefect creates runs of a deployment that was just changed within seconds, else once a minute.
            self.ask("PATCH", path, {"paused": deployment["paused"]})

    def start(self, version: str, *faults: Fault) -> Run:
        """Starts the deployment `rehearse` for the demo, as the form of the UI does."""
        request = {
            "project": "demo",
            "version": version,
            "faults": [each.model_dump(mode="json", exclude_defaults=True) for each in faults],
        }
        return self.begin(request)

    def begin(self, request: Mapping[str, object]) -> Run:
        """Starts the deployment `rehearse`, as the form of the UI does; a repository was given at a terminal before."""
        self.allow(request)
        return Run(self, self.api.create_run(REHEARSE, {"request": request}))

    def allow(self, request: Mapping[str, object]) -> None:
        """As a command does with what it is given, whatever profiles this process knows."""
        named = {name: value for name, value in request.items() if name == "repository" and isinstance(value, str)}
        allow(Given(places_of(str(request["project"]), **named)), self.store)

    def pages(self, run: Run) -> list[str]:
        """The texts of the receipts on a run's page, the oldest first."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run.id]}, "type": {"any_": ["markdown"]}}}
        found = self.ask("POST", "/artifacts/filter", wanted)
        receipts = [each for each in found if (each["key"] or "").endswith("receipt")]
        return [str(each["data"]) for each in sorted(receipts, key=lambda each: str(each["created"]))]

    def create_run(self, request: Mapping[str, object]) -> str:
        """The id of a run of the flow without a deployment, so that no worker takes it."""
        self.allow(request)
        flow = self.ask("POST", "/flows/", {"name": "rehearse"})
        wanted = {"flow_id": flow["id"], "parameters": {"request": request}, "state": {"type": "PENDING"}}
        return str(self.ask("POST", "/flow_runs/", {**wanted, "idempotency_key": str(uuid.uuid4())})["id"])

    def set_parameters(self, run: str, request: Mapping[str, object]) -> None:
        """What nobody can do on a page: the same run, in a world that was repaired."""
        self.allow(request)
        self.ask("PATCH", f"/flow_runs/{run}", {"parameters": {"request": request}})

    def attempt(self, run: str, **environment: str) -> Attempt:
        """A process that works on the run, as the worker's child would."""
        return self._attempts.start(run, self.store.run(run).path / "attempt.log", **environment)

    def kill_server(self) -> None:
        server = psutil.Process(running(self.store.root).server.pid)
        server.kill()
        server.wait(timeout=PATIENCE)  # its threads hold the port for a moment longer than it is seen alive

    def up(self) -> None:
        """Brings back what is missing, on the same port."""
        up(self.store.root, ROOT)

    def has_let_go_of(self, run: Run) -> bool:
        """Whether the worker has said its last about an attempt: the event comes after its late report of a crash."""
        return self.api.has_let_go(run.id, run.since)


class Run:
    """One flow run through its attempts."""

    def __init__(self, service: Service, created: FlowRun) -> None:
        self._service, self.id, self.since = service, created.id, datetime.now(UTC)

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

    def held(self, part: Literal["registry", "forge"], what: str) -> Path:
        """The file of a request that a fault holds in the run's world: it is there while the request is held, no longer."""
        return self.directory.world / part / "held" / what

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
        self.since = datetime.now(UTC)
        self._service.api.retry(self.id)

    def task_states(self) -> dict[str, str]:
        """The tasks of the current attempt and their states; Prefect records them a little after they happened."""
        found = self._service.api.task_runs(self.id, self.since)
        return {each.name: each.state.name for each in found if each.state is not None}
