"""One server and worker for the end-to-end tests of each process of pytest's, in a home and at a port of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.stack.stopping import down
from tests.kit.real_engine import engine, engine_of_session, share_downloads
from tests.kit.service import Service

__all__ = ["engine", "engine_of_session", "projects", "service"]

IMPATIENT = """title = "Hangar, for tests that wait for nothing"
forge = "loadmaster/hangar"
patience = 60

[source]
directory = "examples/hangar"
branch = "main"

[install]
package = "hangar-cli"
binary = "hangar"

[registry]
new_burst = 30
visible_within = 3
read_back = "files"

[rehearsal]
upstream = false
"""


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of profiles that the tests add to Loadmaster's own, for every process that is started meanwhile."""
    directory = tmp_path_factory.mktemp("projects")
    (directory / "impatient.toml").write_text(IMPATIENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADMASTER_PROJECTS", str(directory))
        yield directory


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, projects: Path) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    share_downloads(home, tmp_path_factory)
    try:
        with contextlib.closing(Service(home)) as service:
            yield service
    finally:
        down(home, True, print)
