"""A process that has imported all that a run needs, and waits for one: importing Prefect and the flows takes a second and a half.

It is our engine in a run's own environment, but for what names the run. That comes by its standard input, and with the worker
that input ends, and so does the process. What it imported may be another by the time: then it is not used, and the run's
process is started as if there were none.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import Process
from prefect.settings import get_current_settings
from prefect.utilities.processutils import sanitize_subprocess_env

from loadmaster.guarded import results
from loadmaster.planning.deployment import RUN_VARIABLE, written_deployments
from loadmaster.planning.profile.secret_variables import SIGN_IN_VARIABLES
from loadmaster.planning.values.yaml_text import NotYaml, read_yaml
from loadmaster.stack.code_digest import code_digest

ENGINE = (sys.executable, "-m", "loadmaster.guarded.engine")
WAIT = "wait"
NAMES_THE_RUN = "PREFECT__"
"""How the variables begin that differ from run to run. Prefect's settings begin with one underscore."""
NO_RUN = "00000000-0000-0000-0000-000000000000"
"""As long as the id of a run, which takes its place."""
USED_BY_EVERY_RUN = ("prefect.flow_engine", "prefect.task_engine", "prefect._internal.metrics")

UNREADABLE = (OSError, NotYaml, LookupError, TypeError, ValueError)
"""What a checkout raises that is broken, or that is being changed at this moment."""


@dataclass(frozen=True)
class _Waiting:
    process: Process
    environment: Mapping[str, str]
    code: str


class Spare:
    """At most one process that waits."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        self._waiting: _Waiting | None = None
        self._preparing = anyio.Lock()

    async def prepare(self) -> None:
        """Starts one where none waits. Where that cannot be done there is none: it is no reason for a run to fail."""
        async with self._preparing:
            if self._waiting is not None and self._waiting.process.returncode is None:
                return
            with contextlib.suppress(*UNREADABLE):
                self._waiting = await self._start()

    async def _start(self) -> _Waiting:
        code, environment = code_digest(self._checkout), environment_of_runs()
        process = await anyio.open_process(
            [*ENGINE, WAIT, *self._modules()],
            env={**environment, RUN_VARIABLE: NO_RUN},
            cwd=self._checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return _Waiting(process, environment, code)

    async def take(self, environment: Mapping[str, str]) -> Process | None:
        """The process, which is the run's from now on; None if there is none that is as a new one would be."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return None
        if self._is_current(waiting, environment) and waiting.process.returncode is None:
            with contextlib.suppress(anyio.BrokenResourceError, OSError):
                assert waiting.process.stdin is not None  # it is a pipe
                await waiting.process.stdin.send(json.dumps(dict(environment)).encode() + b"\n")
                return waiting.process
        _kill(waiting.process)
        await waiting.process.aclose()
        return None

    def _is_current(self, waiting: _Waiting, environment: Mapping[str, str]) -> bool:
        try:
            return waiting.environment == lasting(environment) and waiting.code == code_digest(self._checkout)
        except UNREADABLE:  # files are being replaced
            return False

    def end(self) -> None:
        """Nobody will want it any more."""
        if self._waiting is not None:
            _kill(self._waiting.process)

    def _modules(self) -> list[str]:
        """Those of the flows. A flow that is named by its file is read anew by Prefect."""
        written = written_deployments(read_yaml((self._checkout / "prefect.yaml").read_text(encoding="utf-8")))
        return sorted({each.entrypoint.rpartition(".")[0] for each in written if ":" not in each.entrypoint})


def _kill(process: Process) -> None:
    with contextlib.suppress(OSError):  # it has ended
        process.kill()


def environment_of_runs() -> dict[str, str]:
    """What Prefect gives to a run's process, without what names the run: our own environment, and each setting that is made
    elsewhere (`EngineCommandStarter.start`, `ProcessJobConfiguration.prepare_for_flow_run`).
    """
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    ours = {**settings, **os.environ, **results.SETTINGS, **dict.fromkeys(SIGN_IN_VARIABLES)}
    return lasting(sanitize_subprocess_env(ours))


def lasting(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what names the run."""
    return {name: value for name, value in environment.items() if not name.startswith(NAMES_THE_RUN)}


def wait_for_run(modules: Iterable[str]) -> bool:
    """Imports what a run needs, and waits for one; this process has its environment afterwards. False if none comes any more."""
    for module in (*USED_BY_EVERY_RUN, *modules):
        importlib.import_module(module)
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return False
    environment = json.loads(line)
    _show(environment[RUN_VARIABLE])
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # as of any run's process
    os.close(nothing)
    return True


def _show(run: str) -> None:
    """Writes the run's id over the one that the process was started with: whoever looks for the run's process looks there."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    if (place := libc.getenv(RUN_VARIABLE.encode())) is not None and len(run) == len(NO_RUN):
        ctypes.memmove(place, run.encode(), len(run))
