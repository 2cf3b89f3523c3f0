"""The real Docker engine of the tests that run containers: one of this process's own, or the one at hand.

The one that `DOCKER_HOST` names is taken first; then one that is started here, which takes root and `dockerd`; then the one
at the usual address. One that was not started here may have tests of another process beside these, and is had by one at a
time. `LOADMASTER_ENGINE=required` makes a missing engine a failure; CI sets it, so that nothing is ever skipped there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import pytest

from loadmaster.errors.smoke import EngineAbsent
from loadmaster.smoke.clients.container import DEFAULT_ADDRESS, ENDS, Engine, connect
from tests.kit.checkout import ROOT
from tests.kit.engine import AT_HAND
from tests.kit.standin import compile_standin
from tests.kit.waiting import eventually, next_of

SCRIPT = str(ROOT / "scripts" / "engine")
LATER = 7200
"""Seconds: by then everything of ours is over."""


@contextmanager
def own_engine(place: Path) -> Iterator[str]:
    """The address of an engine that keeps everything in `place`; stopped at the end."""
    started = subprocess.run([SCRIPT, "start", str(place)], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([SCRIPT, "stop", str(place)], timeout=120, check=True)


def pid_of(place: Path) -> int:
    """Of the engine that keeps everything in `place`."""
    return int((place / "dockerd.pid").read_text(encoding="ascii"))


def kill_engine(place: Path) -> None:
    process = psutil.Process(pid_of(place))
    process.kill()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def engine_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if AT_HAND is None and may_start_one():
        with own_engine(tmp_path_factory.mktemp("e")) as address:
            yield connect(address)
        return
    try:
        yield connect(AT_HAND or DEFAULT_ADDRESS)
    except EngineAbsent as error:
        if os.environ.get("LOADMASTER_ENGINE") == "required":
            raise
        pytest.skip(f"{error.what} {error.fix}")


@pytest.fixture
def engine(engine_of_session: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if AT_HAND is None and may_start_one():
        yield engine_of_session
        return
    with (of_all_processes(tmp_path_factory) / "engine.lock").open("w") as lock:
        eventually(lambda: _has(lock), "the engine was free of another process's tests", 300)
        yield engine_of_session


def may_start_one() -> bool:
    return shutil.which("dockerd") is not None and os.geteuid() == 0


def _has(lock: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def of_all_processes(factory: pytest.TempPathFactory) -> Path:
    """A directory that pytest's processes share."""
    return factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return compile_standin(tmp_path_factory.mktemp("standin"))


def share_downloads(home: Path, factory: pytest.TempPathFactory) -> None:
    """Has a store in `home` keep QEMU and the kernels where the session's others do: they are downloaded once."""
    downloads = of_all_processes(factory) / "downloads"
    downloads.mkdir(exist_ok=True)
    (home / "smoke").symlink_to(downloads)


class Heard:
    """What happens to our containers from now on."""

    def __init__(self, engine: Engine, kind: str) -> None:
        self._kind = kind
        wanted = {"type": "container", "event": kind, "label": ENDS}
        self._events = engine.client.events(decode=True, filters=wanted)

    def next(self) -> str:
        """The id of the next container that it happens to."""
        return str(next_of(self._events, f"the engine told `{self._kind}` of a container")["id"])


def starts(engine: Engine) -> Heard:
    return Heard(engine, "start")
