"""One Prefect server for all flow tests, and a home of their own, so that nothing of the user's is read or written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_HOME, PREFECT_RESULTS_LOCAL_STORAGE_PATH, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from loadmaster.run.store import Store
from tests.kit.real_engine import engine, engine_of_session, share_downloads, standin

__all__ = ["engine", "engine_of_session", "standin", "store"]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store that flows find by themselves, while a server runs for them."""
    home = tmp_path_factory.mktemp("home")
    share_downloads(home, tmp_path_factory)
    own = {PREFECT_HOME: home / "prefect", PREFECT_RESULTS_LOCAL_STORAGE_PATH: home / "results"}
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings(updates=own),
        prefect_test_harness(server_startup_timeout=120),
    ):
        patch.setenv("LOADMASTER_HOME", str(home))
        yield Store(home)
