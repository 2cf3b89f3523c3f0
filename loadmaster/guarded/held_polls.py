"""Holds a worker's poll until there may be a run for it: an ASGI application around Prefect's.

A worker asks again and again which runs are due. Here the question waits for an answer instead: a run that somebody begins is
taken within a moment, from whichever page or program it comes, and a worker with nothing to do asks less often. Runs that become
due later are found in time all the same: Prefect gives a worker those of its next seconds, too.
"""

from __future__ import annotations

import asyncio
import re
from time import monotonic

from loadmaster.guarded.guard import Application, Message, Receive, Scope, Send

HELD_SECONDS = 5.0
"""Shorter than the ten seconds by which Prefect's worker asks ahead."""
BETWEEN_POLLS = 1.5
"""A run may begin after one poll and before the next, which a worker sends about a second later (`QUERY_SECONDS`): so long
afterwards polls are answered at once."""
POLL = re.compile(r"/work_pools/[^/]+/get_scheduled_flow_runs$")
BEGINS = re.compile(r"/(create_flow_run|set_state|resume|flow_runs/?)$")
"""The requests after which a run may be due: *Run*, *Retry*, *Resume*, and the same by API."""


class HeldPolls:
    """Answers polls when something may be due, and all else at once. `held`: seconds."""

    def __init__(self, application: Application, *, held: float = HELD_SECONDS) -> None:
        self._application, self._held = application, held
        self._begun, self._next = -BETWEEN_POLLS, asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" and scope["method"] == "POST" else ""
        if POLL.search(path) and monotonic() - self._begun > BETWEEN_POLLS:
            await self._wait()
        await self._application(scope, receive, self._telling(send) if BEGINS.search(path) else send)

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._next.wait(), self._held)
        except TimeoutError:
            return

    def _telling(self, send: Send) -> Send:
        """Lets the polls go on once the answer is sent: what it tells of is in the database by then."""

        async def send_and_tell(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._begun, waited_for, self._next = monotonic(), self._next, asyncio.Event()
                waited_for.set()

        return send_and_tell
