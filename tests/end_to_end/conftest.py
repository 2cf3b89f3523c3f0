"""One server and worker for the end-to-end tests of each process of pytest's, in a home and at a port of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from loadmaster.stack.stopping import down
from tests.kit.real_engine import engine, engine_of_session, share_downloads
from tests.kit.service import Service

__all__ = ["engine", "engine_of_session", "service"]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    share_downloads(home, tmp_path_factory)
    try:
        with contextlib.closing(Service(home)) as service:
            yield service
    finally:
        down(home, True, print)
