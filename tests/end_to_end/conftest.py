"""One server and worker for all end-to-end tests, in a home of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loadmaster.stack.stopping import down
from tests.kit.service import Service
from tests.smoke.conftest import engine, share_downloads

__all__ = ["engine", "service"]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    share_downloads(home, tmp_path_factory)
    try:
        yield Service(home)
    finally:
        down(home, True, print)
