from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.registry_world import Served, fresh
from tests.kit.running import Repository


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "workspace")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Served]:
    with fresh(tmp_path / "registry") as world:
        yield world
