"""A flow run's progress, line by line, until it has ended. Reads only: stopping to follow changes nothing."""

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
"""How long the server may be away before following is given up; the run itself does not depend on it."""
LATE_RECORDS_SECONDS = 5.0
"""Prefect records task runs a little after they happened, so the last ones are awaited when the run has ended."""


def follow(
    api: Api, flow_run_id: str, tell: Tell, *, look_seconds: float = LOOK_SECONDS, patience: float = PATIENCE_SECONDS
) -> State:
    """Tells what the run's current attempt does, and returns the state that it ended in.

    One line for each state of the run and of a task run, and for each log line of level WARNING or higher.
    A server that does not answer is told once and awaited. Raises `PrefectUnreachable` after `patience` seconds of it.
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
    """What was told already, so that each look tells only what is new."""

    def __init__(self, api: Api, flow_run_id: str) -> None:
        self._api, self._id = api, flow_run_id
        self._since: datetime | None = None
        self._told: set[tuple[str, datetime]] = set()
        self._terminal_since: float | None = None
        self.ended: State | None = None

    def look(self) -> Iterator[str]:
        """The lines that are new; sets `ended` once the run has ended and its records are complete."""
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
        known = len(self._told)
        self._told.add((what, when))
        return len(self._told) > known

    def _records_are_complete(self, tasks: list[TaskRun]) -> bool:
        if self._terminal_since is None:
            self._terminal_since = time.monotonic()
            return False  # one more look for records that were on their way
        return all(each.is_settled for each in tasks) or time.monotonic() - self._terminal_since > LATE_RECORDS_SECONDS


def _attempt_start(run: FlowRun) -> datetime:
    """Since when what happens belongs to the current attempt: a retry lists earlier attempts' task runs as well."""
    if run.state.is_terminal and run.start_time is not None:
        return run.start_time
    return run.state.timestamp


def _label(state: str) -> str:
    return f"{state.lower():>14}"
