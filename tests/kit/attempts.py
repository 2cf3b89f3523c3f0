"""Starts attempts at flow runs, one at a time, forked from a process that has imported Prefect once: `tests.kit.attempt`.

Prefect's worker takes runs of one deployment one at a time and looks for them every second; the kill matrix has many.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.kit.checkout import ROOT
from tests.kit.waiting import PATIENCE, code_of, line_of


class Attempts:
    """Prefect reads its settings when it is imported, so all attempts have those of `environment`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.kit.attempt", str(theirs.fileno())]
            env = {**environment, "PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, pass_fds=[theirs.fileno()])

    def start(self, run: str, log: Path, **environment: str) -> Attempt:
        wanted = {"run": run, "log": str(log), "environment": environment}
        self._line.sendall(f"{json.dumps(wanted)}\n".encode())
        return Attempt(int(self.next_line(f"an attempt at run {run} that is to start")), run, log, self)

    def next_line(self, what: str, seconds: float = PATIENCE) -> str:
        return line_of(self._line, what, seconds)

    def close(self) -> None:
        self._line.close()
        code_of(self._process, "the process that attempts are forked from")


class Attempt:
    """One process that works on a flow run."""

    def __init__(self, pid: int, run: str, log: Path, attempts: Attempts) -> None:
        self.pid, self._run, self._log, self._attempts = pid, run, log, attempts

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def code(self, seconds: float = PATIENCE) -> int:
        """What it ended with; negative for a signal. One that does not end in time is killed, and the test fails."""
        try:
            return int(self._attempts.next_line(f"an attempt at run {self._run} that is to end", seconds))
        except AssertionError as error:
            with contextlib.suppress(ProcessLookupError):
                self.kill()
            raise AssertionError(f"{error}; its log ends:\n{self.log_end}") from None

    @property
    def log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]
