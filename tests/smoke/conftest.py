"""One engine and one store in each process for all tests that run containers."""

from __future__ import annotations

import pytest

from loadmaster.run.store import Store
from tests.kit.real_engine import engine, engine_of_session, share_downloads, standin

__all__ = ["engine", "engine_of_session", "standin", "store"]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("store")
    share_downloads(home, tmp_path_factory)
    return Store(home)
