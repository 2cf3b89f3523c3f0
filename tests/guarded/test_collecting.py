"""Garbage is collected, and never in the thread that made it. A process of its own is looked at: the collector is a process's."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc, threading, time, weakref
from loadmaster.guarded.collecting import collect_elsewhere

class Cycle:
    def __init__(self):
        self.itself = self

collected = set()
collect_elsewhere(pause=0.01)
gc.callbacks.append(lambda phase, info: collected.add((threading.current_thread().name, info["generation"])))
left = weakref.ref(Cycle())
for _ in range(100_000):  # Python would collect a hundred times meanwhile
    Cycle()
while left() is not None or len(collected) < 2:
    time.sleep(0.01)
print(sorted(collected))
"""


def test_garbage_is_collected_by_a_thread_of_its_own_and_never_by_the_one_that_serves() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[('garbage collector', 1), ('garbage collector', 2)]", "")
