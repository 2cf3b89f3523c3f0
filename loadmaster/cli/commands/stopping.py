"""Signals that stop a command, as one exception: Ctrl-C, SIGTERM, and a terminal that was closed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """The command was told to stop. As `KeyboardInterrupt`, it is no error that anybody handles by accident."""

    def __init__(self, signum: int) -> None:
        self.signal = signal.Signals(signum)
        super().__init__(self.signal.name)

    @property
    def ends_the_run(self) -> bool:
        """Whether the run must end with the command: a job of a CI system takes its machine away."""
        return self.signal is signal.SIGTERM or os.environ.get("CI", "") not in ("", "false", "0")


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raises `Stopped` within for the first of these signals; a second one ends the process as it always does."""
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stop(signum: int, _frame: FrameType | None) -> None:
        restore()
        raise Stopped(signum)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()


@contextmanager
def signals_postponed() -> Iterator[None]:
    """A signal that comes within is heeded at the end, when it is known what was done within."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda signum, _frame: came.append(signum)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
