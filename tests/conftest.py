"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.kit.engine import NOWHERE

# How long an example takes tells of the machine, not of the law that it is an example of.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def without_engine() -> Iterator[None]:
    """Releases under test find no Docker engine, and skip their smoke test, unless a test gives them one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", NOWHERE)
        yield
