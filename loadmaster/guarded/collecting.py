"""Keeps Python's garbage collector away from the thread that serves.

A cursor of SQLite that a failed statement left behind is part of a cycle (its traceback), and whoever collects it waits for the
cursor's connection. Where that connection waits for the database's lock, and the coroutine that has the lock waits for its turn
in the loop, nothing moves until SQLite gives up waiting: a minute in Prefect's server, in which nobody gets an answer. In a
thread of its own the collector may wait without harm. Seen with CPython 3.11, aiosqlite 0.22 and Prefect 3.8.
"""

from __future__ import annotations

import gc
from threading import Thread
from time import sleep

PAUSE_SECONDS = 1.0
LONG_LIVED_EVERY = 60
"""Which collection looks at the long-lived objects, too. What exists before the first is never looked at."""


def collect_elsewhere(pause: float = PAUSE_SECONDS) -> None:
    """From now on only a thread of its own collects. To be called once all is imported."""
    gc.disable()
    gc.collect()
    gc.freeze()
    Thread(target=_collect_for_ever, args=(pause,), name="garbage collector", daemon=True).start()


def _collect_for_ever(pause: float) -> None:
    turn = 0
    while True:
        sleep(pause)
        turn += 1
        gc.collect(2 if turn % LONG_LIVED_EVERY == 0 else 1)
