"""One engine and one store for all tests that run containers: the engine at hand, or one of this checkout's own.

`LOADMASTER_ENGINE=required` makes a missing engine a failure; CI sets it, so that nothing here is ever skipped there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadmaster.errors.smoke import EngineAbsent
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import Store
from loadmaster.smoke.clients.container import DEFAULT_ADDRESS, Engine, connect
from tests.kit.engine import AT_HAND
from tests.kit.standin import compile_standin

SCRIPT = str(ROOT / "scripts" / "engine")


@contextmanager
def own_engine(place: Path) -> Iterator[str]:
    """The address of an engine that keeps everything in `place`; stopped at the end."""
    started = subprocess.run([SCRIPT, "start", str(place)], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    try:
        yield started.stdout.strip()
    finally:
        subprocess.run([SCRIPT, "stop", str(place)], timeout=60, check=True)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    try:
        yield connect(AT_HAND or DEFAULT_ADDRESS)
        return
    except EngineAbsent as error:
        if shutil.which("dockerd") is None or os.geteuid() != 0:
            if os.environ.get("LOADMASTER_ENGINE") == "required":
                raise
            pytest.skip(f"{error.what} {error.fix}")
    with own_engine(tmp_path_factory.mktemp("e")) as address:
        yield connect(address)


def share_downloads(home: Path, factory: pytest.TempPathFactory) -> None:
    """Has a store in `home` keep QEMU and the kernels where the session's others do: they are downloaded once."""
    downloads = factory.getbasetemp() / "downloads"
    downloads.mkdir(exist_ok=True)
    (home / "smoke").symlink_to(downloads)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("store")
    share_downloads(home, tmp_path_factory)
    return Store(home)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return compile_standin(tmp_path_factory.mktemp("standin"))
