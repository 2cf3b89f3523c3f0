"""Follows a flow run until it has ended. Only reads: to stop following changes nothing.

What the run does, it notes itself in its directory; the server says whether it is still at work, and what it warned of.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.api import Api
from loadmaster.stack.runs import FlowRun, State

LOOK_SECONDS = 0.5
GLANCE_SECONDS = 0.1
"""Between two glances at what the run left here. They cost nothing; a look is two questions to the server."""
PATIENCE_SECONDS = 600.0
"""How long the server may be away before following stops; the run itself goes on without it."""

SENDS_ITS_LOG_FIRST = ("COMPLETED", "FAILED")
"""States that a flow ends in by itself, after its log was sent (`loadmaster.run.logged`)."""

Show = Callable[[FlowRun | None], None]
"""What is done at each look, to show how the run goes: with the run, or with None while the server does not answer."""


def follow(
    api: Api,
    flow_run_id: str,
    warn: Tell,
    show: Show = lambda run: None,
    seems_over: Callable[[], bool] = lambda: False,
    *,
    look_seconds: float = LOOK_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> State:
    """Shows how the run goes at every look, and returns the state in which it ended.

    Warns once of each log line of level WARNING; an error is in the receipt, or in the state. If the server does not answer,
    warns once and waits. `seems_over`: whether the run has done all that it does here; then the next look is taken at once.
    Raises `PrefectUnreachable` after `patience` seconds without an answer.
    """
    looks = _Looks(api, flow_run_id)
    away_since: float | None = None
    while True:
        try:
            for line in looks.look():
                warn(line)
            if away_since is not None:
                warn("the Prefect server answers again")
                away_since = None
            show(looks.run)
            if looks.ended is not None:
                return looks.ended
        except PrefectUnreachable:
            show(None)
            if away_since is None:
                away_since = time.monotonic()
                warn("the Prefect server does not answer; the run goes on, waiting for the server")
            elif time.monotonic() - away_since > patience:
                raise
        _pause(look_seconds, seems_over)


def _pause(seconds: float, seems_over: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, GLANCE_SECONDS))
        if seems_over():
            return


class _Looks:
    """What was told already, so that each look tells only what is new."""

    def __init__(self, api: Api, flow_run_id: str) -> None:
        self._api, self._id = api, flow_run_id
        self._since: datetime | None = None
        self._told: set[str] = set()
        self.run: FlowRun | None = None
        self.ended: State | None = None

    def look(self) -> Iterator[str]:
        """The new warnings. Sets `ended` with the last of them: a run that was cut off may have its last lines recorded later than
        its end, so one more look is taken.
        """
        had_ended = self.run is not None and self.run.state.is_terminal
        self.run = self._api.run(self._id)
        if self._since is None:
            self._since = _attempt_start(self.run)
        for line in self._api.logs(self._id, self._since, logging.WARNING):
            if line.level < logging.ERROR and line.id not in self._told:
                self._told.add(line.id)
                yield line.message
        if self.run.state.type in SENDS_ITS_LOG_FIRST or (had_ended and self.run.state.is_terminal):
            self.ended = self.run.state


def _attempt_start(run: FlowRun) -> datetime:
    """The start of the current attempt: after a retry, Prefect also lists the log lines of earlier attempts."""
    if run.state.is_terminal and run.start_time is not None:
        return run.start_time
    return run.state.timestamp
