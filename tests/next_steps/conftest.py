from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.hangar import FILES, repository, write


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The workspace, without Git."""
    write(tmp_path / "hangar", FILES)
    return tmp_path / "hangar"


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """The workspace in a repository, in one commit."""
    return repository(tmp_path / "cloned")
