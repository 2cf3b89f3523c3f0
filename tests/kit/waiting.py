"""Waiting: for an event, with a deadline, and with words for what did not happen.

Nothing in the tests waits otherwise; what hangs in spite of that is ended by pytest, with the traceback of every thread.
"""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Protocol, TypeVar

PATIENCE = 120.0
"""Seconds; what takes a moment on an idle machine may take many where both cores are busy."""
LOOK_SECONDS = 0.05

T = TypeVar("T")
Program = TypeVar("Program", subprocess.Popen[str], subprocess.Popen[bytes])


class Readable(Protocol):
    """A pipe, or a socket."""

    def fileno(self) -> int: ...


def eventually(question: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Asks until the answer is yes; fails, saying `what` did not happen, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"in {seconds:g} s it did not happen that {what}"
        time.sleep(LOOK_SECONDS)


def line_of(stream: Readable | None, what: str, seconds: float = PATIENCE) -> str:
    """The next line that another process writes; "" where it ended. What follows the line is left in the pipe."""
    assert stream is not None
    deadline, read = time.monotonic() + seconds, b""
    while not read.endswith(b"\n"):
        there, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
        assert there, f"in {seconds:g} s no line came of {what}; so far: {read!r}"
        byte = os.read(stream.fileno(), 1)
        if not byte:
            break
        read += byte
    return read.decode()


def code_of(process: subprocess.Popen[str] | subprocess.Popen[bytes], what: str, seconds: float = PATIENCE) -> int:
    """What the process ends with; one that does not end is killed, and the test fails."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"in {seconds:g} s it did not happen that {what} ended") from None


@contextmanager
def killed_at_last(process: Program) -> Iterator[Program]:
    """Nobody waits for what hangs: whatever happens within, the process has ended afterwards."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def told_to(queue: Queue[T], what: str, seconds: float = PATIENCE) -> T:
    """What is put into the queue next."""
    try:
        return queue.get(timeout=seconds)
    except Empty:
        raise AssertionError(f"in {seconds:g} s nothing was told of {what}") from None


def beside(work: Callable[[], T]) -> Future[T]:
    """`work` goes on in a thread, which keeps neither the test nor the program from ending."""
    future = Future[T]()

    def carry_out() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - told to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=carry_out, daemon=True).start()
    return future


def result_of(future: Future[T], what: str, seconds: float = PATIENCE) -> T:
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        if future.done():  # it is the work's own
            raise
        raise AssertionError(f"in {seconds:g} s it did not happen that {what}") from None


def next_of(events: Iterator[T], what: str, seconds: float = PATIENCE) -> T:
    """The next of events that may never come."""
    return result_of(beside(lambda: next(events)), what, seconds)
