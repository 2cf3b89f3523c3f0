"""A poll of a worker, and what ends its wait. Time is measured only where a wait would be thirty seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from loadmaster.guarded.guard import Message, Receive, Scope, Send
from loadmaster.guarded.held_polls import BETWEEN_POLLS, HeldPolls

POLL = "/api/work_pools/loadmaster/get_scheduled_flow_runs"
LONG = 30.0


class Prefects:
    """Prefect's, as far as this goes: answers, and notes what it was asked in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"[", "more_body": True})
        await send({"type": "http.response.body", "body": b"]"})


async def request(held: HeldPolls, path: str, method: str = "POST") -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        pass

    await held({"type": "http", "method": method, "path": path}, receive, send)


def within(seconds: float, script: Callable[[HeldPolls, Prefects], Awaitable[None]], *, held: float = LONG) -> Prefects:
    server = Prefects()
    asyncio.run(asyncio.wait_for(script(HeldPolls(server, held=held), server), seconds))
    return server


@pytest.mark.parametrize(
    "begins",
    [
        "/api/deployments/3f/create_flow_run",
        "/api/flow_runs/3f/set_state",
        "/api/flow_runs/3f/resume",
        "/api/flow_runs/",
    ],
)
def test_a_poll_is_answered_as_soon_as_a_run_has_begun(begins: str) -> None:
    async def script(held: HeldPolls, server: Prefects) -> None:
        polls = [asyncio.create_task(request(held, POLL)) for _ in range(2)]  # of two workers
        await asyncio.sleep(0)
        await request(held, "/api/flow_runs/filter")
        assert server.asked == ["/api/flow_runs/filter"]
        await request(held, begins)
        await asyncio.gather(*polls)

    assert within(LONG / 2, script).asked == ["/api/flow_runs/filter", begins, POLL, POLL]


def test_a_run_that_begins_between_two_polls_is_not_waited_for() -> None:
    async def script(held: HeldPolls, server: Prefects) -> None:
        await request(held, "/api/deployments/3f/create_flow_run")
        await request(held, POLL)

    assert within(LONG / 2, script).asked[-1] == POLL


def test_a_poll_while_nothing_begins_is_answered_in_the_end_and_held_again_after_a_while() -> None:
    async def script(held: HeldPolls, server: Prefects) -> None:
        await request(held, "/api/deployments/3f/create_flow_run")
        await asyncio.sleep(BETWEEN_POLLS * 1.1)
        poll = asyncio.create_task(request(held, POLL))
        await asyncio.sleep(0)
        assert POLL not in server.asked
        await poll

    assert within(LONG, script, held=0.05).asked[-1] == POLL


def test_a_question_that_only_looks_like_a_beginning_ends_no_wait() -> None:
    async def script(held: HeldPolls, server: Prefects) -> None:
        poll = asyncio.create_task(request(held, POLL))
        await asyncio.sleep(0)
        await request(held, "/api/deployments/3f/create_flow_run", "GET")
        await request(held, "/api/task_runs/filter")
        assert POLL not in server.asked
        await poll

    within(LONG, script, held=0.05)
