"""Processes that outlive the command that started them. They are ended only by their identity: pid and start time.

Knows nothing of Prefect.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from loadmaster.planning.values.value import Value

CLOCK_SLACK = 2.0
"""Seconds by which two readings of a process's start time may differ: the clock may be set, and the boot time is rounded."""
LOOK_SECONDS = 0.1


class Process(Value):
    """A process that cannot be confused with a later one with the same pid."""

    pid: int
    created: float
    """When it was started: seconds since the epoch."""


def this_process(pid: int) -> Process:
    """The identity of the process that has this pid now. Raises `psutil.NoSuchProcess`."""
    return Process(pid=pid, created=psutil.Process(pid).create_time())


def spawn(arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Process:
    """Runs this Python with `arguments`, in a session of its own, with its output in `log`. The earlier log is kept beside it.

    Ctrl-C in the terminal, or closing the terminal, does not reach it. SIGINT and SIGTERM are reset to their defaults: a Prefect
    worker that inherits an ignored SIGINT (as from `make up &` in a script) would not end when it is told to.
    """
    if log.exists():
        log.replace(log.with_name(f"{log.stem}.previous{log.suffix}"))
    write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", 'cd "$0" && exec "$@"', str(cwd), sys.executable, *arguments],
        dict(env),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    )
    return this_process(pid)


def is_alive(process: Process) -> bool:
    """Whether this same process runs. Another process with its pid does not count, nor does a zombie."""
    return _find(process) is not None


def stop(process: Process, *, patience: float) -> None:
    """Asks the process and all its descendants to end, waits `patience` seconds, then kills what is left.

    If another process has its pid by now, that one is left alone.
    """
    leader = _find(process)
    if leader is None:
        return
    try:
        family = [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for signalling in (psutil.Process.terminate, psutil.Process.kill):
        for member in family:
            try:
                signalling(member)
            except psutil.NoSuchProcess:
                continue
        family = _left_after(patience, family)


def _left_after(seconds: float, family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are alive after so many seconds. One that is over, and that its parent does not wait for, is not."""
    deadline = time.monotonic() + seconds
    while family and time.monotonic() < deadline:
        _, family = psutil.wait_procs(family, timeout=LOOK_SECONDS)
        family = [member for member in family if not _is_zombie(member)]
    return family


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def processes_with(variable: str, value: str) -> list[psutil.Process]:
    """Every process of this user with that variable in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def _find(process: Process) -> psutil.Process | None:
    try:
        current = psutil.Process(process.pid)
        if current.status() == psutil.STATUS_ZOMBIE or abs(current.create_time() - process.created) > CLOCK_SLACK:
            return None
    except psutil.NoSuchProcess:
        return None
    return current
