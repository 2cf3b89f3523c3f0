"""Follows a flow run's progress, line by line, until it has ended. Only reads: to stop following changes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime

from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.api import Api
from loadmaster.stack.runs import FlowRun, State, TaskRun

LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 600.0
"""How long the server may be away before following stops; the run itself goes on without it."""
LATE_RECORDS_SECONDS = 5.0
"""How long to wait for the last task runs when the run has ended: Prefect records them a little later than they happen."""


def follow(
    api: Api, flow_run_id: str, tell: Tell, *, look_seconds: float = LOOK_SECONDS, patience: float = PATIENCE_SECONDS
) -> State:
    """Reports the progress of the run's current attempt, and returns the state in which it ended.

    One line for each state of the run and of a task run, and for each log line of level WARNING or higher. If the server does
    not answer, reports it once and waits. Raises `PrefectUnreachable` after `patience` seconds without an answer.
    """
    progress = _Progress(api, flow_run_id)
    away_since: float | None = None
    while True:
        try:
            for line in progress.look():
                tell(line)
            if away_since is not None:
                tell("the Prefect server answers again")
                away_since = None
            if progress.ended is not None:
                return progress.ended
        except PrefectUnreachable:
            if away_since is None:
                away_since = time.monotonic()
                tell("the Prefect server does not answer; the run goes on, waiting for the server")
            elif time.monotonic() - away_since > patience:
                raise
        time.sleep(look_seconds)


class _Progress:
    """What was reported already, so that each look reports only what is new."""

    def __init__(self, api: Api, flow_run_id: str) -> None:
        self._api, self._id = api, flow_run_id
        self._since: datetime | None = None
        self._reported: set[tuple[str, datetime]] = set()
        self._terminal_since: float | None = None
        self.ended: State | None = None

    def look(self) -> Iterator[str]:
        """The new lines. Sets `ended` when the run has ended and its records are complete."""
        run = self._api.run(self._id)
        if self._since is None:
            self._since = _attempt_start(run)
        tasks = self._api.task_runs(self._id, self._since)
        if not run.state.is_terminal and self._is_new(run.id, run.state.timestamp):
            yield f"{_label(run.state.name)} run {run.name}"
        for task in tasks:
            state = task.state
            if state and state.name not in ("Pending", "Scheduled") and self._is_new(task.id, state.timestamp):
                seconds = f" ({task.total_run_time:.1f} s)" if state.is_terminal else ""
                yield f"{_label(state.name)} {task.name}{seconds}"
        for line in self._api.logs(self._id, self._since, logging.WARNING):
            if self._is_new(line.id, self._since):
                yield f"{_label(logging.getLevelName(line.level))} {line.message}"
        if run.state.is_terminal and self._records_are_complete(tasks):
            yield f"{_label(run.state.name)} run {run.name}"
            self.ended = run.state

    def _is_new(self, what: str, when: datetime) -> bool:
        known = len(self._reported)
        self._reported.add((what, when))
        return len(self._reported) > known

    def _records_are_complete(self, tasks: list[TaskRun]) -> bool:
        if self._terminal_since is None:
            self._terminal_since = time.monotonic()
            return False  # one more look, for records that Prefect has not written yet
        return all(task.is_settled for task in tasks) or time.monotonic() - self._terminal_since > LATE_RECORDS_SECONDS


def _attempt_start(run: FlowRun) -> datetime:
    """The start of the current attempt: after a retry, Prefect also lists the task runs of earlier attempts."""
    if run.state.is_terminal and run.start_time is not None:
        return run.start_time
    return run.state.timestamp


def _label(state: str) -> str:
    return f"{state.lower():>14}"
