"""Prefect's REST interface, as far as the command line needs it. Every call tries once.

Knows shapes and addresses; decides nothing. A 503 is asked again: Prefect answers it if two transactions meet in SQLite
and one is rolled back, and all of Prefect's own clients repeat the request, for about as long. So is a new run, which has a key.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from loadmaster.clients import bounded
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.errors.prefect import DeploymentUnknown, ParametersRefused, PrefectRefused, PrefectUnreachable
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.json_text import NotJson, read_json
from loadmaster.stack.runs import FlowRun, LogLine, TaskRun

BUSY = httpx.codes.SERVICE_UNAVAILABLE
PAGE = 200
"""The most that Prefect returns at once."""
BUSY_PATIENCE = 30.0
"""Seconds for which a server that is busy is asked again; under load, two were not enough."""
CREATE_TRIES = 4
"""How often the server is asked for one run, each time for 15 seconds at most."""


class Api:
    """A connection to one Prefect server. Every method raises `PrefectUnreachable` and `PrefectRefused`.

    `sign_in`: what the server asks for, `USER:PASSWORD`.
    """

    def __init__(
        self,
        api_url: str,
        transport: httpx.BaseTransport | None = None,
        *,
        sign_in: str | None = None,
        busy_seconds: float = 0.05,
        busy_patience: float = BUSY_PATIENCE,
    ) -> None:
        self._busy_seconds, self._busy_patience = busy_seconds, busy_patience
        # Without `trust_env`: no proxy of the user may come between us and loopback.
        self._client = bounded.Client(base_url=api_url, transport=transport, timeout=15, trust_env=False)
        if sign_in is not None:
            self._client.headers["Authorization"] = f"Basic {base64.b64encode(sign_in.encode()).decode()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def is_healthy(self) -> bool:
        try:
            return self._ask("GET", "/health") is True
        except (PrefectUnreachable, PrefectRefused):
            return False

    # --- runs ---

    def create_run(self, deployment: str, parameters: Mapping[str, object]) -> FlowRun:
        """Schedules a run of `FLOW/DEPLOYMENT` for now. Raises `DeploymentUnknown`, `ParametersRefused`."""
        answer = self._try("GET", f"/deployments/name/{deployment}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise DeploymentUnknown(deployment, self._deployment_names())
        definition = self._require_success(answer)
        # Prefect checks values, but accepts names that the flow does not have; the run would then crash without a reason.
        known = (definition["parameter_openapi_schema"] or {}).get("properties") or {}
        if strange := sorted(set(parameters) - set(known)):
            raise ParametersRefused(deployment, f"it has no parameter `{'`, `'.join(strange)}`.")
        body = {"parameters": dict(parameters), "idempotency_key": str(uuid.uuid4())}
        created = self._create(f"/deployments/{definition['id']}/create_flow_run", body)
        if created.status_code in (httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY):
            raise ParametersRefused(deployment, _details_of(created))
        return FlowRun.model_validate(self._require_success(created))

    def _create(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """Asks again where no answer came: whoever names a key gets one run, however often he asks, and would else not know
        whether there is one. On SQLite a lock was seen to last longer than a call waits.
        """
        for _ in range(CREATE_TRIES - 1):
            with suppress(PrefectUnreachable):
                return self._try("POST", path, body)
        return self._try("POST", path, body)

    def run(self, flow_run_id: str) -> FlowRun:
        return FlowRun.model_validate(self._ask("GET", f"/flow_runs/{flow_run_id}"))

    def runs(self, flow_run_ids: Sequence[str]) -> list[FlowRun]:
        """Those of the runs that the server knows."""
        query = {"flow_runs": {"id": {"any_": list(flow_run_ids)}}}
        return TypeAdapter(list[FlowRun]).validate_python(self._pages("/flow_runs/filter", query))

    def unfinished_runs(self) -> list[FlowRun]:
        """Every run that has left the queue and not ended, except runs inside another run."""
        started = {"state": {"type": {"any_": ["PENDING", "RUNNING", "PAUSED", "CANCELLING"]}}}
        query = {"flow_runs": {**started, "parent_task_run_id": {"is_null_": True}}}
        return TypeAdapter(list[FlowRun]).validate_python(self._pages("/flow_runs/filter", query))

    def due_runs(self, flows: Collection[str], due: datetime) -> list[FlowRun]:
        """The runs of these flows that should have begun by `due` and have not ended."""
        states = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]
        wanted = {"state": {"type": {"any_": states}}, "expected_start_time": {"before_": due.isoformat()}}
        query = {"flows": {"name": {"any_": list(flows)}}, "flow_runs": wanted}
        return TypeAdapter(list[FlowRun]).validate_python(self._pages("/flow_runs/filter", query))

    def runs_to_begin(self, due: datetime) -> list[FlowRun]:
        """The runs that wait in a queue, or are scheduled, to begin by `due`."""
        wanted = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": due.isoformat()}}
        return TypeAdapter(list[FlowRun]).validate_python(self._pages("/flow_runs/filter", {"flow_runs": wanted}))

    def scheduled_runs(self, deployment: str) -> list[FlowRun]:
        """The runs that the deployment's schedules have created in advance."""
        flow, _, name = deployment.partition("/")
        query = {
            "flows": {"name": {"any_": [flow]}},
            "deployments": {"name": {"any_": [name]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
        return TypeAdapter(list[FlowRun]).validate_python(self._pages("/flow_runs/filter", query))

    def task_runs(self, flow_run_id: str, since: datetime) -> list[TaskRun]:
        """The task runs of a run that were called at or after `since`, in the order of the calls."""
        query = {
            "flow_runs": {"id": {"any_": [flow_run_id]}},
            "task_runs": {"expected_start_time": {"after_": since.isoformat()}},
            "sort": "EXPECTED_START_TIME_ASC",
        }
        return TypeAdapter(list[TaskRun]).validate_python(self._pages("/task_runs/filter", query))

    def logs(self, flow_run_id: str, since: datetime, level: int) -> list[LogLine]:
        """The log lines of a run since `since`, of at least `level` (a number of Python's logging), oldest first."""
        wanted = {
            "flow_run_id": {"any_": [flow_run_id]},
            "level": {"ge_": level},
            "timestamp": {"after_": since.isoformat()},
        }
        query = {"logs": wanted, "sort": "TIMESTAMP_ASC"}
        return TypeAdapter(list[LogLine]).validate_python(self._pages("/logs/filter", query))

    def retry(self, flow_run_id: str) -> None:
        """Sends the same request as the button Retry of the UI, byte for byte."""
        self.set_state(flow_run_id, "SCHEDULED", "AwaitingRetry", "Retry from the UI")

    def set_state(self, flow_run_id: str, kind: str, name: str, message: str) -> None:
        """Sets a run's state and skips the server's rules. Raises `PrefectRefused` if the server does not accept it."""
        path = f"/flow_runs/{flow_run_id}/set_state"
        state = {"type": kind, "name": name, "message": message}
        answer = self._ask("POST", path, {"state": state, "force": True})
        if answer["status"] != "ACCEPT":
            raise PrefectRefused(f"POST {path}", f"{answer['status']}: {answer['details'].get('reason')}")

    def has_let_go(self, flow_run_id: str, since: datetime) -> bool:
        """Whether the worker has said its last about an attempt, at or after `since`.

        It reports a process that was killed twice. The second report would crash an attempt that was begun in between.
        """
        wanted = {
            "event": {"name": ["prefect.worker.executed-flow-run"]},
            "related": {"id": [f"prefect.flow-run.{flow_run_id}"]},
            "occurred": {"since": since.isoformat()},
        }
        return bool(self._ask("POST", "/events/filter", {"filter": wanted})["events"])

    def cancel(self, flow_run_id: str) -> None:
        """Sends the same request as the button Cancel of the UI. A run that has not begun is Cancelled at once."""
        self.set_state(flow_run_id, "CANCELLING", "Cancelling", "Cancelled by `loadmaster cancel`")

    def show_receipt(self, flow_run_id: str, project: str, title: str, markdown: str) -> None:
        """Makes the artifact on the run's page."""
        artifact = {"type": "markdown", "description": title, "data": markdown, "flow_run_id": flow_run_id}
        self._ask("POST", "/artifacts/", {"key": artifact_key(project, "receipt"), **artifact})

    # --- blocks ---

    def read_secret(self, name: str) -> str:
        """The text in a Secret block. Raises `SecretBlockMissing`, `SecretBlockUnread`."""
        path = f"/block_types/slug/secret/block_documents/name/{quote(name)}?include_secrets=true"
        try:
            answer = self._try("GET", path)
        except PrefectUnreachable as error:
            raise SecretBlockUnread(name, error.what) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise SecretBlockMissing(name)
        if not answer.is_success:
            raise SecretBlockUnread(name, f"status {answer.status_code}")
        try:
            value = read_json(answer.content)["data"].get("value")
        except (NotJson, LookupError, TypeError, AttributeError):
            # Not its text, which may hold the block's contents.
            raise SecretBlockUnread(name, "the answer is not a Prefect server's") from None
        if not isinstance(value, str):
            raise SecretBlockMissing(name)
        return value

    # --- the pool and the deployments ---

    def ensure_pool(self, pool: str, template: Mapping[str, object], *, is_paused: bool = True) -> None:
        """Creates the pool of process workers, or gives the one that exists this job template."""
        wanted = {"name": pool, "type": "process", "is_paused": is_paused, "base_job_template": dict(template)}
        answer = self._try("POST", "/work_pools/", wanted)
        if answer.status_code != httpx.codes.CONFLICT:
            self._require_success(answer)
        elif self._ask("GET", f"/work_pools/{pool}")["base_job_template"] != template:
            self._ask("PATCH", f"/work_pools/{pool}", {"base_job_template": dict(template)})

    def pool_is_paused(self, pool: str) -> bool:
        return bool(self._ask("GET", f"/work_pools/{pool}")["is_paused"])

    def pause_pool(self, pool: str) -> None:
        self._ask("PATCH", f"/work_pools/{pool}", {"is_paused": True})

    def open_pool(self, pool: str) -> None:
        self._ask("PATCH", f"/work_pools/{pool}", {"is_paused": False})

    def has_seen_worker(self, pool: str, since: datetime) -> bool:
        """Whether a worker of the pool has reported at or after `since`."""
        query = {"workers": {"last_heartbeat_time": {"after_": since.isoformat()}}}
        return bool(self._ask("POST", f"/work_pools/{pool}/workers/filter", query))

    def deployments(self) -> list[dict[str, Any]]:
        """Every deployment, in Prefect's own shape."""
        return self._pages("/deployments/filter", {})

    def give_form(self, deployment_id: str, schema: Mapping[str, object]) -> None:
        """Gives the deployment another schema of its parameters, and leaves the rest of it as it is."""
        self._ask("PATCH", f"/deployments/{deployment_id}", {"parameter_openapi_schema": dict(schema)})

    def _deployment_names(self) -> list[str]:
        flows = {flow["id"]: flow["name"] for flow in self._pages("/flows/filter", {})}
        return [f"{flows.get(one['flow_id'], '?')}/{one['name']}" for one in self.deployments()]

    # --- the wire ---

    def _pages(self, path: str, query: Mapping[str, object]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        while True:
            page = self._ask("POST", path, {**query, "limit": PAGE, "offset": len(items)})
            items += page
            if len(page) < PAGE:
                return items

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self._require_success(self._try(method, path, body))

    def _try(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        begun = time.monotonic()
        try:
            while (response := self._send(method, path, body)).status_code == BUSY:
                if time.monotonic() - begun > self._busy_patience:
                    break
                time.sleep(self._busy_seconds)
        except httpx.TransportError as error:
            raise PrefectUnreachable(str(self._client.base_url), f"{type(error).__name__}: {error}") from error
        if response.is_server_error:
            raise PrefectUnreachable(str(response.url), f"status {response.status_code}: {_details_of(response)}")
        return response

    def _send(self, method: str, path: str, body: Mapping[str, object] | None) -> httpx.Response:
        """Sends it, and again with a token against forgery if the server asks for one, or for a fresh one."""
        response = self._client.request(method, path, json=body)
        if response.status_code != httpx.codes.FORBIDDEN or "CSRF" not in response.text:
            return response
        client = str(uuid.uuid4())
        given = self._client.get("/csrf-token", params={"client": client})
        if not given.is_success:
            return response
        self._client.headers.update(
            {"Prefect-Csrf-Client": client, "Prefect-Csrf-Token": read_json(given.content)["token"]}
        )
        return self._client.request(method, path, json=body)

    @staticmethod
    def _require_success(response: httpx.Response) -> Any:
        request = f"{response.request.method} {response.request.url.path}"
        if not response.is_success:
            raise PrefectRefused(request, f"status {response.status_code}: {_details_of(response)}")
        try:
            return read_json(response.content) if response.content else None
        except NotJson as error:
            raise PrefectRefused(request, f"the answer is not JSON: {error}") from error


def _details_of(response: httpx.Response) -> str:
    """The server's own words: Prefect puts them in `detail`, or in a list of `exception_detail`."""
    try:
        body = read_json(response.content)
    except ValueError:
        return response.text[:500]
    if not isinstance(body, dict):
        return response.text[:500]
    details = body.get("exception_detail")
    if isinstance(details, Sequence) and not isinstance(details, str):
        return "; ".join(f"`{'.'.join(map(str, detail['loc']))}`: {detail['msg']}" for detail in details)
    return str(body.get("detail", response.text[:500]))
