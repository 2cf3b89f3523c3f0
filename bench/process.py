"""Runs a program to its end and measures its time and memory. Knows processes, and nothing of releases."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic

import psutil

from bench.figures import Cost

SAMPLE_SECONDS = 0.1
MIB = 1024 * 1024
PR_SET_CHILD_SUBREAPER = 36
"""Of `linux/prctl.h`."""
SANDBOX = "bwrap"


class ProgramFailed(Exception):
    """A contender failed; a figure for it would mean nothing."""


Workers = Callable[[], Iterable[psutil.Process]]
"""Processes that do a program's work and are no children of it, as they are now."""


def measure(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, workers: Workers = lambda: ()
) -> Cost:
    """Runs `argv` and measures it. CPU time is exact for all children that were waited for; memory is sampled, of the largest
    among the program's process and its `workers`.

    Raises `ProgramFailed`.
    """
    begun = monotonic()
    with log.open("ab") as sink:
        child = subprocess.Popen(argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
    memory = MemoryWatch(child.pid, workers)
    try:
        # Only `wait4` gives the CPU time of one child.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:
        child.kill()
        raise
    finally:
        memory.stop()
    seconds = monotonic() - begun
    if child.returncode != 0:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise ProgramFailed(f"`{' '.join(argv)}` exited with {child.returncode}:\n{last}")
    return Cost(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        own_peak_mib=memory.own / MIB,
        tree_peak_mib=memory.tree / MIB,
    )


class MemoryWatch:
    """The highest resident memory of one process and of one tree, in bytes, from now until `stop`."""

    def __init__(self, pid: int, workers: Workers = lambda: ()) -> None:
        self.own = self.tree = 0
        self._workers, self._ended = workers, threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(psutil.Process(pid),), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self, process: psutil.Process) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            with contextlib.suppress(psutil.Error):
                for leader in (process, *self._workers()):
                    own = _rss(leader)
                    self.own = max(self.own, own)
                    self.tree = max(self.tree, own + sum(map(_rss, leader.children(recursive=True))))


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def adopt_orphans() -> None:
    """From now on a process whose parent ends becomes a child of this one, as those of Prefect's server do, and what a sandbox
    leaves behind. This process waits for none of them, so that the time of one that has ended stays to be read.

    Raises OSError where the kernel does not know this.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def cpu_seconds(pids: Sequence[int]) -> float:
    """The CPU time of these processes since they were started, of all that live below them, and of the children that any of
    them waited for.
    """
    return sum(_cpu_of_tree(psutil.Process(pid)) for pid in pids)


def sandboxed_cpu_seconds() -> float:
    """The CPU time of all that ran in a sandbox until now: cargo, and what it builds. bubblewrap does not wait for its own child,
    so that nobody else has counted it. Needs `adopt_orphans`.
    """
    seconds = 0.0
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.name() == SANDBOX:
                seconds += _cpu(child)
    return seconds


def _cpu_of_tree(process: psutil.Process) -> float:
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # its parent has its time by now
            seconds += _cpu(one)
    return seconds


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
