"""Whether the process of a flow run is alive, by two witnesses: the pid that our worker wrote down, and the run directory's lock.

Knows only this machine. If neither witness knows the run, it is not known to be dead, and counts as alive.
"""

from __future__ import annotations

from pathlib import Path

import psutil

from loadmaster.run.store import RunDirectory
from loadmaster.stack.processes import CLOCK_SLACK
from loadmaster.stack.record import POOL
from loadmaster.stack.runs import FlowRun

ENGINES = ("loadmaster.guarded.engine", "prefect")
"""What is in the command line of a run's process: of our worker's, and of one that was started by Prefect alone."""


def has_died(run: FlowRun, home: Path) -> bool:
    """Whether this run is known to have had a process, which is gone."""
    witnesses = [holder_lives(RunDirectory(home / "runs" / run.id))]
    if run.work_pool_name == POOL and run.pid is not None:
        witnesses.append(has_process(run))
    return False in witnesses and True not in witnesses


def has_process(run: FlowRun) -> bool:
    """Whether the process that a worker started for this run is alive."""
    if run.pid is None:
        return False
    try:
        words = psutil.Process(run.pid).cmdline()
        return any(engine in word for engine in ENGINES for word in words)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def holder_lives(directory: RunDirectory) -> bool | None:
    """Whether the process that holds the lock, or held it last, is alive. A later process with the same pid does not count.

    None if no process ever held the lock, or if one has only just taken it. Reads the pid in the file and does not try the lock:
    to take it, even for a moment, could block a Retry.
    """
    if (holder := directory.last_holder()) is None:
        return None
    pid, since = holder
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + CLOCK_SLACK
    except psutil.NoSuchProcess:
        return False
