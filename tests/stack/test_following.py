"""Following tells each thing once, ends with the run, and outlives a server that goes away."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.stack.api import Api
from loadmaster.stack.following import follow

START = datetime(2026, 1, 1, tzinfo=UTC)


def state(kind: str, second: int, name: str = "") -> dict[str, Any]:
    when = (START + timedelta(seconds=second)).isoformat()
    return {"type": kind, "name": name or kind.capitalize(), "timestamp": when}


def look(run: dict[str, Any], tasks: list[dict[str, Any]], logs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"run": {"id": "r1", "name": "blue-fox", "state": run}, "task_runs": tasks, "logs": logs}


def task(name: str, now: dict[str, Any] | None, seconds: float = 0) -> dict[str, Any]:
    return {"id": name, "name": name, "state": now, "total_run_time": seconds}


def server(looks: Sequence[dict[str, Any] | None]) -> Api:
    """Answers from the first look, then the second, ...; the last one for ever; None does not answer.

    A look begins with reading the run.
    """
    turn: Iterator[dict[str, Any] | None] = iter(looks)
    current: dict[str, Any] | None = None

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal current
        if request.method == "GET":
            current = next(turn, current)
        if current is None:
            raise httpx.ConnectError("Connection refused", request=request)
        part = "run" if request.method == "GET" else request.url.path.split("/")[2]
        return httpx.Response(200, json=current[part])

    return Api("http://127.0.0.1:1/api", httpx.MockTransport(answer))


def followed(looks: Sequence[dict[str, Any] | None]) -> list[str]:
    told: list[str] = []
    follow(server(looks), "r1", lambda line: told.append(line.strip()), look_seconds=0)
    return told


RUNNING = state("RUNNING", 1)
DONE = state("COMPLETED", 9)


def test_each_start_end_and_warning_is_told_once() -> None:
    warning = {"id": "l1", "level": 30, "message": "the index lags behind"}
    publishing, published = (
        task("publish a 1.0.0", state("RUNNING", 2)),
        task("publish a 1.0.0", state("COMPLETED", 4), 2),
    )

    assert followed(
        [
            look(state("SCHEDULED", 0), [], []),
            look(RUNNING, [publishing], []),
            look(RUNNING, [publishing], [warning]),
            look(RUNNING, [published], [warning]),
            look(DONE, [published], [warning]),
        ]
    ) == [
        "scheduled run blue-fox",
        "running run blue-fox",
        "running publish a 1.0.0",
        "warning the index lags behind",
        "completed publish a 1.0.0 (2.0 s)",
        "completed run blue-fox",
    ]


def test_every_retry_of_a_task_is_told() -> None:
    states = [state("RUNNING", 1), state("SCHEDULED", 2, "AwaitingRetry"), state("RUNNING", 3, "Retrying")]
    states += [state("SCHEDULED", 4, "AwaitingRetry"), state("RUNNING", 5, "Retrying"), state("COMPLETED", 6)]

    told = followed(
        [look(RUNNING, [task("t", each)], []) for each in states] + [look(DONE, [task("t", states[-1])], [])]
    )

    assert [line.split()[0] for line in told if " t" in line and "run " not in line] == [
        "running", "awaitingretry", "retrying", "awaitingretry", "retrying", "completed",
    ]  # fmt: skip


def test_records_that_arrive_after_the_end_are_told_before_it() -> None:
    late = task("verify", state("COMPLETED", 8), 1)

    told = followed(
        [look(RUNNING, [], []), look(DONE, [task("verify", state("RUNNING", 7))], []), look(DONE, [late], [])]
    )

    assert told[-2:] == ["completed verify (1.0 s)", "completed run blue-fox"]


def test_a_server_that_goes_away_is_told_once_and_awaited() -> None:
    told = followed([look(RUNNING, [], []), None, None, None, look(RUNNING, [], []), look(DONE, [], [])])

    assert told == [
        "running run blue-fox",
        "the Prefect server does not answer; the run goes on, waiting for the server",
        "the Prefect server answers again",
        "completed run blue-fox",
    ]


def test_a_server_that_stays_away_is_given_up_in_the_end() -> None:
    with pytest.raises(PrefectUnreachable):
        follow(server([look(RUNNING, [], []), None]), "r1", lambda line: None, look_seconds=0, patience=0)


def test_the_state_that_the_run_ended_in_is_returned() -> None:
    crashed = {**state("CRASHED", 3), "message": "Process exited with status 1"}

    ended = follow(server([look(crashed, [], [])]), "r1", lambda line: None, look_seconds=0)

    assert (ended.type, ended.name, ended.message) == ("CRASHED", "Crashed", "Process exited with status 1")
