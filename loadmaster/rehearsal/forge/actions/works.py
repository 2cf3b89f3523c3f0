"""What a job does besides playing: the shape of such work, and what it is given. The works themselves are elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from loadmaster.rehearsal.forge.actions.records import JobRecord, RunRecord
from loadmaster.rehearsal.forge.actions.workflow_file import JobSource, WorkflowSource
from loadmaster.rehearsal.forge_scenario import PlayedJob


class WorkFailed(Exception):
    """The job ends with `failure`; the text is its log's last line."""


@dataclass(frozen=True, kw_only=True)
class JobTask:
    """One job at work."""

    run: RunRecord
    job: JobRecord
    source: JobSource
    workflow: WorkflowSource
    played: PlayedJob
    """What the scenario says of this attempt."""
    directory: Path
    """The job's own, empty."""
    tell: Callable[[str], None]
    """Prints a line to the log."""
    ended: threading.Event
    """Set when the job is cancelled, or the world closes."""
    programs: set[subprocess.Popen[bytes]] = field(default_factory=set)

    def call(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> int:
        """Runs a program to its end, or until the job's; its output goes to the log. Returns its status."""
        if self.ended.is_set():
            raise WorkFailed("The operation was canceled.")
        program = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        self.programs.add(program)
        try:
            if self.ended.is_set():
                self.stop()
            assert program.stdout is not None
            with program.stdout:
                for line in program.stdout:
                    self.tell(line.decode(errors="replace").rstrip("\n"))
            return program.wait()
        finally:
            self.programs.discard(program)

    def stop(self) -> None:
        """Ends the job's programs."""
        self.ended.set()
        for program in tuple(self.programs):
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


class JobWork(NamedTuple):
    do: Callable[[JobTask], None]
    """Raises `WorkFailed`."""
    may_begin: Callable[[JobTask], bool] = lambda _: False
    """Whether it need not wait until the job's seconds have passed."""


class WorkflowOutcome(NamedTuple):
    conclusion: str
    log: str


PlayedWorkflow = Callable[[Mapping[str, str]], WorkflowOutcome]
"""What the jobs of a dispatched workflow come to, from its inputs."""
