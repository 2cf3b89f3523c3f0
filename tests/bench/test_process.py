"""What is counted of a program: its time, its CPU, its memory with and without its children; and that it came to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.process import ProgramFailed, measure

HOLD = "import time; held = bytearray(200 * 1024 * 1024); time.sleep(0.5)"


def test_time_and_cpu_include_the_children(tmp_path: Path) -> None:
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    cost = measure([sys.executable, "-c", parent], cwd=tmp_path, env=os.environ, log=tmp_path / "log")
    assert cost.cpu_seconds >= 0.3
    assert cost.seconds >= 0.3


def test_memory_of_a_child_counts_for_the_tree_only(tmp_path: Path) -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}], check=True)"
    cost = measure([sys.executable, "-c", parent], cwd=tmp_path, env=os.environ, log=tmp_path / "log")
    assert cost.own_peak_mib < 100
    assert cost.tree_peak_mib > 200


def test_memory_of_whoever_does_the_work_counts_as_the_programs_own(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD.replace("0.5", "60")]) as elsewhere:
        try:
            argv, workers = [sys.executable, "-c", "import time; time.sleep(1)"], [psutil.Process(elsewhere.pid)]
            cost = measure(argv, cwd=tmp_path, env=os.environ, log=tmp_path / "log", workers=lambda: workers)
        finally:
            elsewhere.kill()
    assert cost.own_peak_mib > 200


def test_a_program_that_fails_has_no_figures_and_says_why(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('no such registry')"]
    with pytest.raises(ProgramFailed, match=r"(?s)exited with 1.*no such registry"):
        measure(argv, cwd=tmp_path, env=os.environ, log=tmp_path / "log")
