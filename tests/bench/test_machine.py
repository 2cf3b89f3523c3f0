"""How much of the machine's time others had."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench import ROOT
from bench.machine import MachineWatch, share_of_others


@pytest.mark.parametrize(
    ("wall", "busy", "ours", "share"),
    [(20.0, 8.0, 6.0, 0.1), (20.0, 6.0, 6.0, 0.0), (20.0, 5.9, 6.0, 0.0), (20.0, 20.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)],
)
def test_it_is_what_was_busy_and_not_ours(wall: float, busy: float, ours: float, share: float) -> None:
    assert share_of_others(wall, busy, ours) == pytest.approx(share)


def test_a_machine_is_watched_from_the_beginning_on() -> None:
    watch = MachineWatch()
    subprocess.run([sys.executable, "-c", "import asyncio, email.message"], check=True)
    assert 0.0 <= watch.others() <= 1.5


ORPHANED = """
import os, subprocess, sys
from bench.process import adopt_orphans, cpu_seconds
adopt_orphans()
busy = "import time; end = time.process_time() + 1\\nwhile time.process_time() < end: pass"
parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}], stdout=2); sys.stdin.read()"
child = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
child.stdin.close()
child.wait(timeout=60)
child.stderr.read()  # until its child has ended, too
print(cpu_seconds([os.getpid()]))
"""


def test_what_a_program_left_behind_is_ours() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHANED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) >= 1.0
