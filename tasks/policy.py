"""The policy of all tasks: which errors are waited out and which are retried, how a step is timed, the key of a cached result."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Completed

from loadmaster.errors.base import LoadmasterError, is_worth_retrying
from loadmaster.errors.registry import RateLimited
from loadmaster.planning.patience import asked_again, told_of
from loadmaster.planning.schedule import Postponed
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.clock import SystemClock
from loadmaster.run.job import Job
from loadmaster.run.outages import Outages
from loadmaster.run.profiles import load_project
from loadmaster.tasks.waiting import Tries

PAUSES = [1.0, 4.0]
"""Seconds before the second and the third attempt."""

P = ParamSpec("P")
R = TypeVar("R")


def asks_the_world(
    name: str, run_name: str | None = None
) -> Callable[[Callable[Concatenate[Job, P], R]], Task[Concatenate[Job, P], R]]:
    """A task that looks at the world or changes it. It is never cached, waits while somebody is out of reach, and is retried
    for other reasons if another attempt may help.
    """

    def label(step: Callable[Concatenate[Job, P], R]) -> Task[Concatenate[Job, P], R]:
        return retried(name, run_name)(waits_out_outages(step))

    return label


def retried(name: str, run_name: str | None = None) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A task that is never cached, and is retried a few times if another attempt may help."""
    return task(
        name=name,
        task_run_name=run_name or name,
        cache_policy=NO_CACHE,
        retries=len(PAUSES),
        retry_delay_seconds=PAUSES,
        retry_condition_fn=_is_transient,
    )


def _is_transient(_task: object, _task_run: object, state: State[Any]) -> bool:
    """An outage has been waited out already, for longer than a few retries take."""
    failure = state.result(raise_on_failure=False)
    return isinstance(failure, LoadmasterError) and is_worth_retrying(failure) and not failure.outage


def waits_out_outages(step: Callable[Concatenate[Job, P], R]) -> Callable[Concatenate[Job, P], R]:
    """The step, made again for as long as somebody is out of reach, and the profile is patient. It observes first, every time.

    A record gets its wall time, and the tries that it took.
    """

    @functools.wraps(step)
    def patiently(job: Job, /, *args: P.args, **kwargs: P.kwargs) -> R:
        tries = Tries(job.outages, job.project.name)
        while True:
            try:
                answer = step(job, *args, **kwargs)
            except RateLimited as limit:  # no failure: other crates are uploaded meanwhile
                return cast(R, _postponed(job, limit))
            except LoadmasterError as error:
                tries.wait_after(error)
            else:
                tries.note_answer()
                return cast(R, _stamped(answer, tries)) if isinstance(answer, ObjectRecord) else answer

    return patiently


def wait_out(project: str, call: Callable[[], R]) -> R:
    """As `waits_out_outages`, for what a flow does before it has a job."""
    tries = Tries(Outages(load_project(project).patience, SystemClock()), project)
    while True:
        try:
            answer = call()
        except LoadmasterError as error:
            tries.wait_after(error)
        else:
            tries.note_answer()
            return answer


def _stamped(record: ObjectRecord, tries: Tries) -> ObjectRecord:
    attempts = record.attempts + tries.failed
    says = record.why or f"{attempts} attempt{'s' * (attempts > 1)}"
    get_run_logger().info("%s %s: %s, %s", record.kind, record.id, record.state, says)
    return record.model_copy(update={"seconds": tries.seconds, "attempts": attempts})


def _postponed(job: Job, limit: RateLimited) -> State[Postponed]:
    at = asked_again(limit.until, job.clock.now())
    why = f"{limit.what.rstrip('.')}{told_of(limit.until, at)}"
    get_run_logger().warning(why)
    return Completed(name="Postponed", message=why, data=Postponed(until=at, why=why))


def keyed_by(version: int, *names: str) -> Callable[[TaskRunContext, dict[str, Any]], str]:
    """A cache key made from the task's name, a number to raise when the step changes, and the named parameters.

    Never from the run's id: equal inputs give an equal key in another run.
    """

    def key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
        blob = json.dumps({name: parameters[name] for name in names}, sort_keys=True, default=str)
        return f"{context.task.name}-v{version}-{hashlib.sha256(blob.encode()).hexdigest()[:32]}"

    return key
