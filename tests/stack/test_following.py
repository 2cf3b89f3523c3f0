"""Following shows the run at every look, warns of each thing once, ends with the run, and outlives a server that goes away."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.stack.api import Api
from loadmaster.stack.following import follow
from loadmaster.stack.runs import FlowRun, State

START = datetime(2026, 1, 1, tzinfo=UTC)


def state(kind: str, second: int, name: str = "") -> dict[str, Any]:
    when = (START + timedelta(seconds=second)).isoformat()
    return {"type": kind, "name": name or kind.capitalize(), "timestamp": when}


def look(run: dict[str, Any], *logs: tuple[str, int, str]) -> dict[str, Any]:
    lines = [{"id": name, "level": level, "message": message} for name, level, message in logs]
    return {"run": {"id": "r1", "name": "blue-fox", "state": run}, "logs": lines}


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
        return httpx.Response(200, json=current["run" if request.method == "GET" else "logs"])

    return Api("http://127.0.0.1:1/api", httpx.MockTransport(answer))


def followed(*looks: dict[str, Any] | None) -> tuple[list[str], list[str | None], State]:
    """What was warned of, the state at each look that was shown, and the end."""
    warned: list[str] = []
    shown: list[str | None] = []

    def show(run: FlowRun | None) -> None:
        shown.append(run.state.name if run else None)

    ended = follow(server(looks), "r1", warned.append, show, look_seconds=0)
    return warned, shown, ended


RUNNING = state("RUNNING", 1)
DONE = state("COMPLETED", 9)
LAGS = ("l1", 30, "the index lags behind")


def test_every_look_is_shown_and_each_warning_is_told_once() -> None:
    warned, shown, _ = followed(
        look(state("SCHEDULED", 0)), look(RUNNING), look(RUNNING, LAGS), look(RUNNING, LAGS), look(DONE, LAGS)
    )
    assert warned == ["the index lags behind"]
    assert shown == ["Scheduled", "Running", "Running", "Running", "Completed"]


def test_an_error_is_left_to_the_receipt() -> None:
    assert followed(look(RUNNING), look(DONE, ("l2", 40, "gates-closed: …")))[0] == []


@pytest.mark.parametrize("cut", ["CRASHED", "CANCELLED"])
def test_a_warning_that_arrives_after_a_run_was_cut_off_is_told_before_following_ends(cut: str) -> None:
    ended = state(cut, 9)
    assert followed(look(RUNNING), look(ended), look(ended, LAGS))[0] == ["the index lags behind"]


@pytest.mark.parametrize("by_itself", ["COMPLETED", "FAILED"])
def test_a_run_that_ends_by_itself_has_sent_its_warnings_before(by_itself: str) -> None:
    ended = state(by_itself, 9)
    assert followed(look(RUNNING), look(ended, LAGS), look(ended))[:2] == (
        ["the index lags behind"],
        ["Running", by_itself.capitalize()],
    )


def test_a_server_that_goes_away_is_told_once_and_awaited() -> None:
    warned, shown, _ = followed(look(RUNNING), None, None, None, look(RUNNING), look(DONE))
    assert warned == [
        "the Prefect server does not answer; the run goes on, waiting for the server",
        "the Prefect server answers again",
    ]
    assert shown == ["Running", None, None, None, "Running", "Completed"]


def test_a_server_that_stays_away_is_given_up_in_the_end() -> None:
    with pytest.raises(PrefectUnreachable):
        follow(server([look(RUNNING), None]), "r1", lambda line: None, look_seconds=0, patience=0)


def test_the_state_that_the_run_ended_in_is_returned() -> None:
    ended = followed(look({**state("CRASHED", 3), "message": "Process exited with status 1"}))[2]
    assert (ended.type, ended.name, ended.message) == ("CRASHED", "Crashed", "Process exited with status 1")


def test_a_run_that_seems_over_is_looked_at_at_once() -> None:
    glances = iter([False, True])
    ended = follow(
        server([look(RUNNING), look(DONE)]), "r1", print, seems_over=lambda: next(glances), look_seconds=3600
    )
    assert ended.type == "COMPLETED"
