"""Changelog entries that the real git-cliff proposes, from the commits of a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from loadmaster.clients.git_cliff import propose_notes
from loadmaster.errors import NotesNotProposed

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(("git", *WHO, *arguments), cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    for message in ("feat: an old thing", "chore(release): v1.0.0"):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", message)
    git(tmp_path, "tag", "v1.0.0")
    return tmp_path


def test_commits_since_the_last_release_become_entries(repository: Path) -> None:
    for message in (
        "feat(wing): flaps\n\nA long story.",
        "fix: a leak",
        "feat!: other units",
        "Grow the tail",
        "docs: spelling",
        "Merge branch 'x'",
    ):
        git(repository, "commit", "-q", "--allow-empty", "-m", message)
    git(repository, "tag", "v1")  # moves along, and is no release
    assert propose_notes(repository, "v{version}") == (
        "### Added\n\n- wing: Flaps\n- **breaking:** Other units\n\n"
        "### Changed\n\n- Grow the tail\n\n### Fixed\n\n- A leak"
    )


def test_nothing_is_proposed_where_nothing_happened(repository: Path) -> None:
    assert propose_notes(repository, "v{version}") == ""


def test_the_repositorys_own_configuration_asks_no_forge(repository: Path) -> None:
    (repository / "cliff.toml").write_text('[remote.github]\nowner = "a"\nrepo = "b"\n[changelog]\nbody = "own"\n')
    git(repository, "commit", "-q", "--allow-empty", "-m", "fix: a leak")
    assert propose_notes(repository, "v{version}") == "### Fixed\n\n- A leak"


def test_a_directory_without_a_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotesNotProposed, match="No changelog entries could be proposed"):
        propose_notes(tmp_path, "v{version}")
