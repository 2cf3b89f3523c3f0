from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine import NOWHERE


@pytest.fixture(scope="session", autouse=True)
def without_engine() -> Iterator[None]:
    """Releases under test find no Docker engine, and skip their smoke test, unless a test gives them one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", NOWHERE)
        yield
