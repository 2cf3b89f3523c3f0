"""What the client sends to Prefect and how it reads the refusals, on an injected transport."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from loadmaster.errors.prefect import DeploymentUnknown, ParametersRefused, PrefectRefused, PrefectUnreachable
from loadmaster.planning.deployment import JOB_TEMPLATE
from loadmaster.stack.api import CREATE_TRIES, PAGE, Api

RUN = {
    "id": "r1",
    "name": "blue-fox",
    "state": {"type": "SCHEDULED", "name": "Scheduled", "timestamp": "2026-01-01T00:00:00Z"},
}
DEPLOYMENT = {"id": "d1", "parameter_openapi_schema": {"properties": {"request": {}}}}

Answers = dict[str, tuple[int, Any]]


def api(answers: Answers, seen: list[httpx.Request] | None = None) -> Api:
    """A client whose server knows these `METHOD /path` only."""

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        status, body = answers[f"{request.method} {request.url.path.removeprefix('/api')}"]
        return httpx.Response(status, json=body)

    return Api("http://127.0.0.1:1/api", httpx.MockTransport(answer), busy_seconds=0, busy_patience=0.01)


def creating(status: int, body: object) -> Answers:
    return {
        "GET /deployments/name/rehearse/rehearse": (200, DEPLOYMENT),
        "POST /deployments/d1/create_flow_run": (status, body),
    }


def test_a_run_is_created_with_its_parameters() -> None:
    seen: list[httpx.Request] = []

    run = api(creating(201, RUN), seen).create_run("rehearse/rehearse", {"request": {"project": "demo"}})

    assert run.name == "blue-fox"
    assert json.loads(seen[-1].content)["parameters"] == {"request": {"project": "demo"}}


def test_a_run_whose_creation_was_not_answered_is_asked_for_again_by_the_same_key() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=DEPLOYMENT)
        asked.append(json.loads(request.content)["idempotency_key"])
        if len(asked) < CREATE_TRIES:
            raise httpx.ReadTimeout("timed out")
        return httpx.Response(201, json=RUN)

    client = Api("http://127.0.0.1:1/api", httpx.MockTransport(answer))
    assert client.create_run("rehearse/rehearse", {}).name == "blue-fox"
    assert (len(asked), len(set(asked))) == (CREATE_TRIES, 1)


def test_planted_a_run_is_not_asked_for_without_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=DEPLOYMENT)
        raise httpx.ReadTimeout("timed out")

    with pytest.raises(PrefectUnreachable, match="timed out"):
        Api("http://127.0.0.1:1/api", httpx.MockTransport(answer)).create_run("rehearse/rehearse", {})


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        pytest.param(409, {"detail": "'x' is not of type 'number'"}, "'x' is not of type 'number'", id="a wrong value"),
        pytest.param(
            422,
            {"exception_detail": [{"loc": ["body", "parameters"], "msg": "should be an object"}]},
            "`body.parameters`: should be an object",
            id="a wrong shape",
        ),
    ],
)
def test_refused_parameters_are_told_in_the_servers_words(status: int, body: object, told: str) -> None:
    with pytest.raises(ParametersRefused) as caught:
        api(creating(status, body)).create_run("rehearse/rehearse", {})

    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_parameter_that_the_flow_does_not_have_is_refused_before_a_run_exists() -> None:
    seen: list[httpx.Request] = []

    with pytest.raises(ParametersRefused, match="`vresion`"):
        api(creating(201, RUN), seen).create_run("rehearse/rehearse", {"vresion": "1.0.0"})

    assert [each.method for each in seen] == ["GET"]


def test_an_unknown_deployment_is_told_with_those_that_exist() -> None:
    answers: Answers = {
        "GET /deployments/name/rehearse/nightly": (404, {"detail": "Deployment not found"}),
        "POST /flows/filter": (200, [{"id": "f1", "name": "rehearse"}]),
        "POST /deployments/filter": (200, [{"flow_id": "f1", "name": "rehearse"}]),
    }

    with pytest.raises(DeploymentUnknown, match="`rehearse/rehearse`"):
        api(answers).create_run("rehearse/nightly", {})


def test_retry_sends_what_the_button_of_the_ui_sends() -> None:
    seen: list[httpx.Request] = []

    api({"POST /flow_runs/r1/set_state": (201, {"status": "ACCEPT"})}, seen).retry("r1")

    assert json.loads(seen[0].content) == {
        "state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"},
        "force": True,
    }


def test_a_state_that_the_server_rejects_is_an_error() -> None:
    rejected = {"status": "REJECT", "details": {"reason": "This run is gone."}}

    with pytest.raises(PrefectRefused, match=r"This run is gone\."):
        api({"POST /flow_runs/r1/set_state": (200, rejected)}).retry("r1")


def test_an_internal_error_is_worth_another_try_and_a_refusal_is_not() -> None:
    with pytest.raises(PrefectUnreachable, match="database is locked") as unreachable:
        api({"GET /flow_runs/r1": (503, {"detail": "database is locked"})}).run("r1")
    with pytest.raises(PrefectRefused, match="404") as refused:
        api({"GET /flow_runs/r1": (404, {"detail": "Flow run not found"})}).run("r1")

    assert (unreachable.value.transient, refused.value.transient) == (True, False)


def test_a_request_that_met_another_transaction_is_sent_again_as_the_same_request() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=DEPLOYMENT)
        seen.append(request)
        return httpx.Response(503 if len(seen) < 3 else 201, json=RUN)

    client = Api("http://127.0.0.1:1/api", httpx.MockTransport(answer), busy_seconds=0)

    assert client.create_run("rehearse/rehearse", {}).id == "r1"
    assert len({json.loads(each.content)["idempotency_key"] for each in seen}) == 1


def test_a_server_that_is_not_there_is_unreachable_and_not_healthy() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    client = Api("http://127.0.0.1:1/api", httpx.MockTransport(refuse))

    assert not client.is_healthy()
    with pytest.raises(PrefectUnreachable, match="Connection refused"):
        client.run("r1")


def test_more_task_runs_than_one_page_are_all_read() -> None:
    task = {"id": "t", "name": "publish", "state": RUN["state"]}

    def answer(request: httpx.Request) -> httpx.Response:
        offset = json.loads(request.content)["offset"]
        return httpx.Response(200, json=[task] * (PAGE if offset == 0 else 3))

    client = Api("http://127.0.0.1:1/api", httpx.MockTransport(answer))

    assert len(client.task_runs("r1", datetime(2026, 1, 1, tzinfo=UTC))) == PAGE + 3


def test_a_server_that_asks_for_a_token_against_forgery_gets_one_and_a_fresh_one() -> None:
    given, taken = list[str](), list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/csrf-token"):
            given.append(f"token {len(given)}")
            return httpx.Response(200, json={"token": given[-1]})
        if (
            not given
            or request.headers.get("Prefect-Csrf-Token") != given[-1]
            or "Prefect-Csrf-Client" not in request.headers
        ):
            return httpx.Response(403, json={"detail": "Missing CSRF token."})
        taken.append(request.headers["Authorization"])
        return httpx.Response(204)

    client = Api("http://127.0.0.1:1/api", httpx.MockTransport(answer), sign_in="me:x")
    client.pause_pool("loadmaster")
    given.append("one that the server has made for nobody: ours has expired")
    client.pause_pool("loadmaster")

    assert len(given) == 3
    assert taken == ["Basic bWU6eA=="] * 2


def test_a_pool_that_exists_is_left_as_it_is() -> None:
    there = {"GET /work_pools/loadmaster": (200, {"base_job_template": JOB_TEMPLATE})}
    create: Callable[[int], Answers] = lambda status: {"POST /work_pools/": (status, {"detail": "exists"}), **there}  # noqa: E731

    api(create(409)).ensure_pool("loadmaster", JOB_TEMPLATE)
    with pytest.raises(PrefectRefused):
        api(create(422)).ensure_pool("loadmaster", JOB_TEMPLATE)
