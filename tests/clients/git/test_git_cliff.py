"""Changelog entries that the real git-cliff proposes, from the commits of a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from loadmaster.clients.git.git_cliff import propose_notes
from loadmaster.errors.edits import NotesNotProposed
from loadmaster.planning.edits.changelogs import NotesScope

ALL = NotesScope(tags=("v1.0.0",))
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(("git", *WHO, *arguments), cwd=directory, check=True, capture_output=True)


def change(directory: Path, message: str, *paths: str) -> None:
    for path in paths:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(message)
    git(directory, "add", "--all")
    git(directory, "commit", "-q", "-m", message)


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
    assert propose_notes(repository, ALL) == (
        "### Added\n\n- wing: Flaps\n- **breaking:** Other units\n\n"
        "### Changed\n\n- Grow the tail\n\n### Fixed\n\n- A leak"
    )


def test_nothing_is_proposed_where_nothing_happened(repository: Path) -> None:
    assert propose_notes(repository, ALL) == ""


def test_only_commits_that_touch_the_packages_folder_become_its_entries(repository: Path) -> None:
    change(repository, "feat: an old flap", "wing/src/lib.rs")
    git(repository, "tag", "wing-1.1.0")
    change(repository, "fix: a flap", "wing/src/lib.rs")
    change(repository, "fix!: a rudder", "tail/src/lib.rs")
    change(repository, "chore!: another pilot", "pilot")
    git(repository, "tag", "tail-0.2.0")
    change(repository, "feat: rivets", "wing/src/lib.rs", "tail/src/lib.rs")
    change(repository, "fix: a macro", "wing/macros/src/lib.rs")
    wing = NotesScope(tags=("wing-1.1.0",), include=("wing",), exclude=("wing/macros",))
    assert propose_notes(repository, wing) == "### Added\n\n- Rivets\n\n### Fixed\n\n- A flap"
    tail = NotesScope(tags=("tail-0.2.0",), include=("tail",))
    assert propose_notes(repository, tail) == "### Added\n\n- Rivets"
    root = NotesScope(tags=("v1.0.0",), exclude=("wing", "tail"))
    assert propose_notes(repository, root) == "### Changed\n\n- **breaking:** Another pilot"


def test_packages_that_share_a_changelog_tell_what_is_in_none_of_their_releases(repository: Path) -> None:
    change(repository, "fix: a flap", "wing/src/lib.rs")
    git(repository, "tag", "wing-1.1.0")
    change(repository, "fix: a rudder", "tail/src/lib.rs")
    scope = NotesScope(tags=("wing-1.1.0", "v1.0.0"), include=("tail", "wing"))
    assert propose_notes(repository, scope) == "### Fixed\n\n- A rudder"


def test_without_a_release_they_are_made_of_all_commits(repository: Path) -> None:
    assert propose_notes(repository, NotesScope()) == "### Added\n\n- An old thing"


def test_a_release_from_a_side_branch_counts(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "side")
    change(repository, "fix: a leak", "tank")
    git(repository, "tag", "v1.0.1")
    git(repository, "checkout", "-q", "-")
    change(repository, "fix: a flap", "wing")
    git(repository, "merge", "-q", "--no-edit", "side")
    assert propose_notes(repository, NotesScope(tags=("v1.0.0", "v1.0.1"))) == "### Fixed\n\n- A flap"


def test_the_repositorys_own_configuration_asks_no_forge(repository: Path) -> None:
    (repository / "cliff.toml").write_text('[remote.github]\nowner = "a"\nrepo = "b"\n[changelog]\nbody = "own"\n')
    git(repository, "commit", "-q", "--allow-empty", "-m", "fix: a leak")
    assert propose_notes(repository, ALL) == "### Fixed\n\n- A leak"


def test_a_repository_that_git_cliff_cannot_read_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "fix: a leak")
    with pytest.raises(NotesNotProposed, match="No changelog entries could be proposed"):
        propose_notes(tmp_path, NotesScope())
