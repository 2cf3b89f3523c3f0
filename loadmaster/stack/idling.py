"""Ends a stack that a command started, once nobody has needed it for a while. One that `up` started is kept until `down`.

It is needed by a run that is at work or due soon, and by a command that waits (`in_use`). Whoever looks at its pages is not
seen. The supervisor looks; it refuses to know what a run does.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loadmaster.clients.disk import writing
from loadmaster.errors.prefect import IdleMinutesBroken
from loadmaster.planning.values.tell import Tell
from loadmaster.stack.api import Api
from loadmaster.stack.processes import is_alive
from loadmaster.stack.record import POOL, Stack, changing, read_record, write_down
from loadmaster.stack.stopping import LOOK_SECONDS, runs_in_progress, stop_parts

IDLE_VARIABLE = "LOADMASTER_IDLE_MINUTES"
IDLE_MINUTES = 30.0


def idle_minutes(environment: Mapping[str, str]) -> float:
    """For how long a stack that a command starts stays without being needed. Raises `IdleMinutesBroken`."""
    given = environment.get(IDLE_VARIABLE) or str(IDLE_MINUTES)
    try:
        minutes = float(given)
    except ValueError:
        raise IdleMinutesBroken(IDLE_VARIABLE, given) from None
    if not 0 <= minutes < float("inf"):
        raise IdleMinutesBroken(IDLE_VARIABLE, given)
    return minutes


def use(home: Path) -> int:
    """Keeps the stack of `home` from ending by itself as long as this process has the file that is returned open.

    Waits while it is ending just now. The kernel lets go when the process ends. Raises `DiskFull`, `NotWritten`.
    """
    file = _users(home)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


@contextmanager
def in_use(home: Path) -> Iterator[None]:
    """The stack of `home` does not end by itself within. Raises `DiskFull`, `NotWritten`."""
    file = use(home)
    try:
        yield
    finally:
        os.close(file)


@contextmanager
def kept_from_users(home: Path) -> Iterator[bool]:
    """Whether no command uses the stack; none begins to within, if so."""
    file = _users(home)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(file)


def _users(home: Path) -> int:
    path = home / "stack.users"
    with writing(path):
        home.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


class IdleWatch:
    """Remembers since when nobody needed the stack. `look` is called every few seconds."""

    def __init__(self, home: Path, tell: Tell, now: Callable[[], float]) -> None:
        self._home, self._tell, self._now = home, tell, now
        self._since: float | None = None

    def look(self, stack: Stack, api: Api) -> bool:
        """Whether the stack was ended."""
        if stack.idle_minutes is None or self._is_needed(stack, api):
            self._since = None
            return False
        if self._since is None:
            self._since = self._now()
        if self._now() - self._since < stack.idle_minutes * 60:
            return False
        self._since = None  # what keeps it from ending now gets as much time again
        return self._end(api)

    def _is_needed(self, stack: Stack, api: Api) -> bool:
        with kept_from_users(self._home) as free:
            return not free or bool(runs_in_progress(self._home, stack, api))

    def _end(self, api: Api) -> bool:
        """Ends it, unless somebody came meanwhile. A command that comes now waits for the lock, and starts it again."""
        with changing(self._home, self._tell), kept_from_users(self._home) as free:
            stack = read_record(self._home)
            if not free or stack is None or stack.idle_minutes is None or self._is_due(stack, api):
                return False
            was_open, ended = not api.pool_is_paused(POOL), False
            try:
                api.pause_pool(POOL)
                time.sleep(LOOK_SECONDS)
                if not runs_in_progress(self._home, stack, api) and not self._is_due(stack, api):
                    self._stop(stack)
                    ended = True
            finally:
                if was_open and not ended and is_alive(stack.server):
                    api.open_pool(POOL)
            return ended

    def _is_due(self, stack: Stack, api: Api) -> bool:
        """Whether a run waits for a worker, or is to begin within the time."""
        return bool(api.runs_to_begin(datetime.now(UTC) + timedelta(minutes=stack.idle_minutes or 0)))

    def _stop(self, stack: Stack) -> None:
        """This process, the supervisor, ends by itself when it finds that it is not recorded any more."""
        self._tell(
            f"nobody needed the server for {stack.idle_minutes:g} minutes: it ends; `loadmaster up` would keep it"
        )
        others = stack.model_copy(update={"supervisor": None})
        stop_parts(others, self._tell)
        write_down(self._home, others)
