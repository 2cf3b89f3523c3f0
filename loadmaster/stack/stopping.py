"""Takes the stack down without harm: what runs is awaited, unless a person insists."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from loadmaster.errors import PrefectUnreachable
from loadmaster.stack.api import Api
from loadmaster.stack.processes import is_alive, stop
from loadmaster.stack.record import POOL, Stack, Tell, changing, recorded
from loadmaster.stack.runs import FlowRun

STOP_SECONDS = 15.0
LOOK_SECONDS = 1.0
"""Also long enough for a run that the worker took just before the pool was paused to become visible."""


def down(home: Path, force: bool, tell: Tell) -> None:
    """Stops the worker and the server of `home`; nothing to stop is no error.

    Without `force` it pauses the pool, tells what is running and waits until nothing is. If it is interrupted, or
    somebody opens the pool meanwhile, the pool is open and nothing was stopped. With `force` it stops at once and
    tells what it cut; those runs are set to Crashed, so that they can be retried. Raises `PrefectUnreachable`.
    """
    stack = recorded(home)
    if stack is None or not _lives(stack):
        tell("no Prefect server of this project is running")
        return
    if force:
        with changing(home, tell):
            _cut(stack, tell)
            _stop(stack, tell)
        return
    try:
        with Api(stack.api_url) as api:
            _drain_and_stop(home, stack, api, tell)
    except KeyboardInterrupt:
        tell("interrupted: nothing was stopped")
        raise


def has_process(run: FlowRun) -> bool:
    """Whether the process that a worker started for this run is alive."""
    if run.pid is None:
        return False
    try:
        return any("prefect" in word for word in psutil.Process(run.pid).cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def _lives(stack: Stack) -> bool:
    return is_alive(stack.server) or (stack.worker is not None and is_alive(stack.worker))


def _drain_and_stop(home: Path, stack: Stack, api: Api, tell: Tell) -> None:
    api.pause_pool(POOL)
    told: set[str] = set()
    stopped = False
    try:
        while not stopped:
            quiet = not _tell_running(stack, api, tell, told)
            time.sleep(LOOK_SECONDS)
            if not api.pool_is_paused(POOL):
                tell("the work pool was opened again meanwhile: nothing was stopped")
                return
            if quiet:
                with changing(home, tell):
                    if api.pool_is_paused(POOL) and not _in_progress(stack, api):
                        _stop(stack, tell)
                        stopped = True
    except PrefectUnreachable:
        if _lives(stack):
            raise
        tell("somebody else stopped it meanwhile")
    finally:
        if is_alive(stack.server) and not stopped:
            api.open_pool(POOL)


def _tell_running(stack: Stack, api: Api, tell: Tell, told: set[str]) -> list[FlowRun]:
    runs = _in_progress(stack, api)
    for run in runs:
        if run.id not in told:
            told.add(run.id)
            tell(f"waiting for {_described(run)}")
    return runs


def _in_progress(stack: Stack, api: Api) -> list[FlowRun]:
    """The runs that stopping would harm."""
    worker_lives = stack.worker is not None and is_alive(stack.worker)
    return [run for run in api.unfinished_runs() if _would_be_harmed(run, worker_lives)]


def _would_be_harmed(run: FlowRun, worker_lives: bool) -> bool:
    if run.is_suspended:
        return False
    if run.pid is not None:
        return has_process(run)
    # Without a pid: about to be started by the worker, or started by hand against this server.
    return run.work_pool_name != POOL or worker_lives


def _cut(stack: Stack, tell: Tell) -> None:
    """Stops the worker under its runs, and tells Prefect, which would otherwise show them as running for ever."""
    with Api(stack.api_url) as api:
        try:
            runs = _in_progress(stack, api)
            api.pause_pool(POOL)
        except PrefectUnreachable as error:
            tell(f"stopping without knowing what runs: {error.what}")
            runs = []
        if stack.worker is not None:
            stop(stack.worker, patience=STOP_SECONDS)
        for run in runs:
            tell(f"cut {_described(run)}")
            if run.work_pool_name == POOL and not api.run(run.id).state.is_terminal:
                api.set_state(run.id, "CRASHED", "Crashed", "cut by `make down FORCE=1`")


def _stop(stack: Stack, tell: Tell) -> None:
    for process in (stack.worker, stack.server):
        if process is not None:
            stop(process, patience=STOP_SECONDS)
    tell("stopped the worker and the Prefect server")


def _described(run: FlowRun) -> str:
    since = run.start_time or run.state.timestamp
    return f"run {run.name} ({run.state.name}, since {since.astimezone():%Y-%m-%d %H:%M:%S})"
