"""The policy of all tasks: which errors are retried, the key of a cached result, and how a step is timed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.runtime import task_run

from loadmaster.errors.base import is_worth_retrying
from loadmaster.planning.values.receipt import ObjectRecord

PAUSES = [1.0, 4.0]
"""Seconds before the second and the third attempt."""

P = ParamSpec("P")
R = TypeVar("R")


def asks_the_world(name: str, run_name: str | None = None) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A task that looks at the world or changes it: never cached, and retried if another attempt may help."""
    return task(
        name=name,
        task_run_name=run_name or name,
        cache_policy=NO_CACHE,
        retries=len(PAUSES),
        retry_delay_seconds=PAUSES,
        retry_condition_fn=_is_transient,
    )


def _is_transient(_task: object, _task_run: object, state: State[Any]) -> bool:
    failure = state.result(raise_on_failure=False)
    return isinstance(failure, BaseException) and is_worth_retrying(failure)


def keyed_by(version: int, *names: str) -> Callable[[TaskRunContext, dict[str, Any]], str]:
    """A cache key made from the task's name, a number to raise when the step changes, and the named parameters.

    Never from the run's id: equal inputs give an equal key in another run.
    """

    def key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
        blob = json.dumps({name: parameters[name] for name in names}, sort_keys=True, default=str)
        return f"{context.task.name}-v{version}-{hashlib.sha256(blob.encode()).hexdigest()[:32]}"

    return key


class Stopwatch:
    """Runs from its making on: the wall time of one task, and the attempts that it took."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def stamp(self, record: ObjectRecord) -> ObjectRecord:
        """The record with both; attempts of this task that failed before are counted in."""
        # An earlier attempt of this task may have acted and lost the answer; a Retry of the flow counts anew.
        attempts = record.attempts + max(int(task_run.run_count or 1) - 1, 0)
        get_run_logger().info(
            "%s %s: %s, %s",
            record.kind,
            record.id,
            record.state,
            record.why or f"{attempts} attempt{'s' * (attempts > 1)}",
        )
        seconds = round(time.monotonic() - self._start, 3)
        return record.model_copy(update={"seconds": seconds, "attempts": attempts})
