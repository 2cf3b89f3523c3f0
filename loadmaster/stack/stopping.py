"""Takes the stack down without harm: waits for running releases, unless a person insists."""

from __future__ import annotations

import time
from pathlib import Path

from loadmaster.errors.access import SignInMissing
from loadmaster.errors.prefect import PrefectUnreachable
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api
from loadmaster.stack.closing import close_dead, leave_receipt
from loadmaster.stack.liveness import has_died
from loadmaster.stack.processes import is_alive, stop
from loadmaster.stack.record import POOL, Stack, changing, read_record
from loadmaster.stack.runs import FlowRun

STOP_SECONDS = 15.0
CUT_SECONDS = 5.0
"""How long a run that is cut off may take to end by itself."""
LOOK_SECONDS = 1.0
"""Seconds between two looks. Long enough for a run to become visible that the worker took just before the pool was paused."""


def down(home: Path, force: bool, tell: Tell) -> None:
    """Stops the worker and the server of `home`; if none is running, that is no error.

    Without `force` it pauses the pool, lists the running runs and waits until none is left. It does not wait for a run whose
    process was killed: it reports it and sets it to Crashed. If it is interrupted, or somebody opens the pool meanwhile, the
    pool is open and nothing was stopped. With `force` it stops at once and lists the runs that it cut off; they are set to
    Cancelled, so that they can be resumed. Raises `PrefectUnreachable`.
    """
    stack = read_record(home)
    if stack is None or not lives(stack):
        if stack is not None:
            with changing(home, tell):
                _stop_keeper(read_record(home) or stack)
        tell("no Prefect server of this project is running")
        return
    if force:
        with changing(home, tell):
            try:
                _cut(home, stack, tell)
            except SignInMissing as error:
                tell(f"stopping without knowing what runs: {error.what}")
            stop_parts(stack, tell)
        return
    try:
        with connect(home, stack) as api:
            _drain_and_stop(home, stack, api, tell)
    except KeyboardInterrupt:
        tell("interrupted: nothing was stopped")
        raise


def lives(stack: Stack) -> bool:
    """Whether its server or its worker is alive."""
    return is_alive(stack.server) or (stack.worker is not None and is_alive(stack.worker))


def _drain_and_stop(home: Path, stack: Stack, api: Api, tell: Tell) -> None:
    api.pause_pool(POOL)
    reported: set[str] = set()
    stopped = False
    try:
        while not stopped:
            quiet = not _tell_running(home, stack, api, tell, reported)
            time.sleep(LOOK_SECONDS)
            if not api.pool_is_paused(POOL):
                tell("the work pool was opened again meanwhile: nothing was stopped")
                return
            if quiet:
                with changing(home, tell):
                    if api.pool_is_paused(POOL) and not runs_in_progress(home, stack, api):
                        close_dead(api, home, tell)
                        stop_parts(read_record(home) or stack, tell)
                        stopped = True
    except PrefectUnreachable:
        with changing(home, tell):  # whoever is stopping it has done so afterwards
            if lives(stack):
                raise
        tell("somebody else stopped it meanwhile")
    finally:
        if is_alive(stack.server) and not stopped:
            api.open_pool(POOL)


def _tell_running(home: Path, stack: Stack, api: Api, tell: Tell, reported: set[str]) -> list[FlowRun]:
    runs = runs_in_progress(home, stack, api)
    for run in runs:
        if run.id not in reported:
            reported.add(run.id)
            tell(f"waiting for {_describe(run)}; `loadmaster down --force` does not wait")
    return runs


def runs_in_progress(home: Path, stack: Stack, api: Api) -> list[FlowRun]:
    """The runs that stopping would harm."""
    worker_lives = stack.worker is not None and is_alive(stack.worker)
    return [run for run in api.unfinished_runs() if _would_be_harmed(run, home, worker_lives)]


def _would_be_harmed(run: FlowRun, home: Path, worker_lives: bool) -> bool:
    if run.is_suspended:
        return False
    if run.work_pool_name == POOL and run.pid is None:  # about to be started by the worker
        return worker_lives
    return not has_died(run, home)


def _cut(home: Path, stack: Stack, tell: Tell) -> None:
    """Stops the worker and its runs, leaves their receipts, and tells Prefect, which would show them as running for ever."""
    with connect(home, stack) as api:
        try:
            runs = runs_in_progress(home, stack, api)
            api.pause_pool(POOL)
        except PrefectUnreachable as error:
            tell(f"stopping without knowing what runs: {error.what}")
            runs = []
        for process in filter(None, (stack.supervisor, stack.worker)):
            stop(process, patience=CUT_SECONDS)
        for run in runs:
            tell(f"cut {_describe(run)}")
            if run.work_pool_name == POOL:
                leave_receipt(api, home, run.id, tell, cancelled=True)
                if not api.run(run.id).state.is_terminal:
                    api.set_state(run.id, "CANCELLED", "Cancelled", "cut off by `loadmaster down --force`")


def stop_parts(stack: Stack, tell: Tell) -> None:
    """Ends the processes that are recorded, in the order in which they would miss each other."""
    for process in filter(None, (stack.supervisor, stack.worker, stack.server)):
        stop(process, patience=STOP_SECONDS)
    _stop_keeper(stack)
    tell("stopped the worker and the Prefect server")


def _stop_keeper(stack: Stack) -> None:
    """After the supervisor, which would start it again: what it holds must not outlive the stack."""
    for process in filter(None, (stack.supervisor, stack.keeper)):
        stop(process, patience=STOP_SECONDS)


def _describe(run: FlowRun) -> str:
    since = run.start_time or run.state.timestamp
    return f"run {run.name} ({run.state.name}, since {since.astimezone():%Y-%m-%d %H:%M:%S})"
