"""Keeps the worker at work: starts it and the keeper again when they have ended, and closes runs that nobody works on any more.
Ends the stack of a command when nobody needs it any longer, and any stack whose home was removed.

`up` starts it beside the server, and `down` stops it first. Its lines are in `supervisor.log`.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import FileUnreadable
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api
from loadmaster.stack.closing import close, close_dead
from loadmaster.stack.idling import IdleWatch
from loadmaster.stack.keeping import start_keeper
from loadmaster.stack.liveness import has_process
from loadmaster.stack.privacy import keep_to_ourselves
from loadmaster.stack.processes import is_alive, stop
from loadmaster.stack.record import POOL, Stack, changing, read_record
from loadmaster.stack.runs import FlowRun
from loadmaster.stack.starting import start_worker
from loadmaster.stack.stopping import STOP_SECONDS

LOOK_SECONDS = 2.0
LONGEST_PAUSE = 60.0
"""Between two starts of a worker that ends at once, again and again."""
CANCEL_SECONDS = 5.0
"""How long a run that is told to end may take before it is killed."""


class Supervisor:
    """Looks after one home. `look` is called every few seconds."""

    def __init__(
        self, home: Path, project_root: Path, stack: Stack, tell: Tell, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`stack`: as it was recorded last."""
        self._home, self._root, self._stack, self._tell, self._now = home, project_root, stack, tell, now
        self._pause, self._next_start = LOOK_SECONDS, 0.0
        self._dead: frozenset[str] = frozenset()
        self._idle = IdleWatch(home, tell, now)

    def look(self) -> bool:
        """One round. Whether there is still something to look after: not once another supervisor is recorded, or it was ended."""
        try:
            stack = read_record(self._home)
        except FileUnreadable as error:
            self._tell(error.what)
            return True
        if stack is None and not (self._home / "stack.json").exists():
            self._end_without_home()
            return False
        if stack is None or stack.supervisor is None or stack.supervisor.pid != os.getpid():
            return False
        self._stack = stack
        self._keep_keeper(stack)
        if not is_alive(stack.server):
            return True  # `up` starts it again, on its port; the worker and the runs wait for it
        try:
            with connect(self._home, stack, busy_patience=0.0) as api:
                self._keep_worker(stack, api)
                self._close_runs(stack, api)
                return not self._idle.look(stack, api)
        except LoadmasterError as error:
            self._tell(f"could not look after the runs: {error.what}")
        return True

    def _end_without_home(self) -> None:
        """A checkout that was removed takes the record of its stack along: nobody else could find these processes."""
        self._tell("the home was removed: ending the worker, the server and the keeper")
        for process in filter(None, (self._stack.worker, self._stack.server, self._stack.keeper)):
            stop(process, patience=STOP_SECONDS)

    def _keep_keeper(self, stack: Stack) -> None:
        """Starts an empty keeper in place of one that has ended, and says what is lost with it."""
        if stack.keeper is None or is_alive(stack.keeper):
            return
        try:
            with changing(self._home, self._tell):
                stack = read_record(self._home) or stack
                if stack.keeper is None or is_alive(stack.keeper):
                    return  # another command was faster
                started = start_keeper(self._home, self._root, stack)
            self._tell(
                f"the keeper (process {stack.keeper.pid}) has ended, and the tokens that it held are lost; it is process "
                f"{started.keeper.pid if started.keeper else '?'} now, and holds none. Give them again with the next command"
            )
        except LoadmasterError as error:
            self._tell(f"could not start the keeper again: {error.what}")

    def _keep_worker(self, stack: Stack, api: Api) -> None:
        if stack.worker is None or is_alive(stack.worker):
            self._pause = LOOK_SECONDS
            return
        if self._now() < self._next_start:
            return
        with changing(self._home, self._tell):
            stack = read_record(self._home) or stack
            if stack.worker is None or is_alive(stack.worker) or not is_alive(stack.server):
                return  # another command was faster
            self._tell(f"the worker (process {stack.worker.pid}) has ended; starting it again")
            started = start_worker(self._home, self._root, stack, api, self._tell)
        self._tell(f"the worker is process {started.worker.pid if started.worker else '?'} now")
        self._next_start, self._pause = self._now() + self._pause, min(self._pause * 2, LONGEST_PAUSE)

    def _close_runs(self, stack: Stack, api: Api) -> None:
        """Closes runs that were found dead twice: the worker is given the time to report the end of its own."""
        orphans = [run for run in api.unfinished_runs() if run.work_pool_name == POOL and _is_orphan(run, stack)]
        for run in orphans:
            if run.state.type == "CANCELLING" and has_process(run):
                self._tell(f"run {run.name} is cancelled, and its worker is gone: ending it")
                _end(run)
                close(api, self._home, run, "it was cancelled", self._tell)
        dead = frozenset(run.id for run in orphans if run.pid is not None and not has_process(run))
        if dead & self._dead:
            close_dead(api, self._home, self._tell)
        self._dead = dead


def _is_orphan(run: FlowRun, stack: Stack) -> bool:
    """Whether the worker that runs now is not the one that started the run's process, or the process is gone."""
    try:
        return run.pid is not None and (stack.worker is None or psutil.Process(run.pid).ppid() != stack.worker.pid)
    except psutil.NoSuchProcess:
        return True


def _end(run: FlowRun) -> None:
    """Tells the run's processes to end, as a worker would, and kills what is left. They may end meanwhile by themselves."""
    assert run.pid is not None  # it has a process
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        leader = psutil.Process(run.pid)
        family = [leader, *leader.children(recursive=True)]
        os.killpg(run.pid, signal.SIGTERM)
        _, left = psutil.wait_procs(family, timeout=CANCEL_SECONDS)
        for process in left:
            process.kill()


def supervise(home: Path, project_root: Path, stack: Stack) -> None:
    """Looks after `home` until it is told to end, or another supervisor is recorded. `stack`: as it was when this started."""
    keep_to_ourselves()
    supervisor = Supervisor(
        home, project_root, stack, lambda line: print(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {line}", flush=True)
    )
    time.sleep(LOOK_SECONDS)  # `up` records it only after it was started
    while supervisor.look():
        time.sleep(LOOK_SECONDS)
