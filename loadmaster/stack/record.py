"""The record of what was started, in `home/stack.json`, and the lock that lets one command at a time change it.

The record is never removed, because it remembers the port. It is believed only if its processes are alive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from loadmaster.clients.disk import writing
from loadmaster.errors.files import FileUnreadable
from loadmaster.errors.prefect import NoStackRunning
from loadmaster.planning.values.tell import Tell
from loadmaster.planning.values.value import Value
from loadmaster.stack.processes import Process, is_alive

POOL = "loadmaster"
LOOPBACK = "127.0.0.1"


class Stack(Value):
    """A Prefect server on loopback and, once it is started, the worker of its pool."""

    port: int
    server: Process
    worker: Process | None = None
    supervisor: Process | None = None
    """Starts the worker and the keeper again when they have ended."""
    keeper: Process | None = None
    """Holds the credentials in its memory."""
    signs_in: bool = False
    """Whether the server asks for a sign-in. One of an earlier version does not."""
    idle_minutes: float | None = None
    """After so many minutes without need it ends by itself; None for one that `up` keeps."""
    loadmaster: str | None = None
    prefect: str | None = None
    """The versions that started the server; None if one started it that did not write them down."""

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api"

    def run_url(self, flow_run_id: str) -> str:
        """The page of a flow run in version 2 of the UI, which is the default and draws our graphs."""
        return f"{self.ui_url}/v2/runs/flow-run/{flow_run_id}"


def read_record(home: Path) -> Stack | None:
    """The recorded stack, alive or not; None if there is no record, or none of ours. Raises `FileUnreadable`."""
    try:
        return Stack.model_validate_json((home / "stack.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    except OSError as error:  # there may be a stack, and it may be alive
        raise FileUnreadable(str(home / "stack.json"), error.strerror or str(error)) from error


def running(home: Path) -> Stack:
    """The recorded stack, if both its processes are alive. Raises `NoStackRunning`."""
    stack = read_record(home)
    if stack is None or stack.worker is None or not is_alive(stack.server) or not is_alive(stack.worker):
        raise NoStackRunning(str(home))
    return stack


def write_down(home: Path, stack: Stack) -> Stack:
    """Records the stack, whole or not at all."""
    fresh = home / "stack.json.new"
    with writing(home / "stack.json"):
        fresh.write_text(stack.model_dump_json(indent=2) + "\n")
        fresh.replace(home / "stack.json")
    return stack


@contextmanager
def changing(home: Path, tell: Tell) -> Iterator[None]:
    """Holds the lock of `home`. The kernel frees it with the process, so a killed command does not keep it.

    Raises `DiskFull`, `NotWritten`.
    """
    with writing(home):
        home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "stack.lock", mode=0o600, preserve_lock_file=True)
    with writing(home / "stack.lock"):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            tell("another command is starting or stopping the server; waiting for it")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
