"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from loadmaster.clients.disk import remove_tree
from tests.kit.deep import dig
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


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A directory with more levels below it than Python may call functions in functions."""
    place = tmp_path / "deep"
    place.mkdir()
    dig(place)
    yield place
    for each in tmp_path.iterdir():
        remove_tree(each)
