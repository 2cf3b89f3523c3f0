"""Releases that Loadmaster began are found in real repositories, whatever came after them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadmaster.clients import git
from loadmaster.planning.profile.project import Project
from loadmaster.run.own_releases import commit_of_release, newest_own_release
from loadmaster.run.pinning import pin
from loadmaster.run.request import live_request
from loadmaster.run.store import Store
from tests.kit import hangar
from tests.kit.building import project

WHEN = datetime(2026, 11, 2, tzinfo=UTC)
US = git.Author(name="Loadmaster", email="loadmaster@localhost")
MIA = git.Author(name="Mia", email="mia@localhost")
ALONE = project(policy="independent", tag="{name}-v{version}")


class History:
    """Hangar's repository, with a branch that grows."""

    def __init__(self, place: Path) -> None:
        self.place = hangar.repository(place)

    def bump(self, message: str, by: git.Author = US, **versions: str) -> str:
        """A commit that gives the crates these versions; `hangar-` is left out of their names."""
        for name, version in versions.items():
            manifest = self.place / name / "Cargo.toml"
            lines = manifest.read_text().splitlines()
            lines = [f'version = "{version}"' if line.startswith("version = ") else line for line in lines]
            manifest.write_text("\n".join(lines) + "\n")
        return git.commit_all(self.place, message, by, WHEN)

    def go_on(self) -> str:
        readme = self.place / "README.md"
        readme.write_text(f"{readme.read_text() if readme.exists() else ''}more\n")
        return git.commit_all(self.place, "Go on", MIA, WHEN)

    def tag(self, name: str, commit: str, message: str, by: git.Author = US) -> None:
        git.create_tag(self.place, name, commit, message, by, WHEN)

    def newest(self, profile: Project | None = None) -> tuple[str, dict[str, str]] | None:
        found = newest_own_release(self.place, "main", profile or project())
        return (found.commit, dict(found.versions)) if found else None

    def commit_of(self, asked: str, profile: Project | None = None) -> str | None:
        return commit_of_release(self.place, "main", profile or project(), asked)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "hangar")


BOTH = {"hangar-cli": "0.5.0", "hangar-units": "0.5.0"}


def test_a_release_commit_is_found_below_what_came_after_it_and_with_no_tag(history: History) -> None:
    begun = history.bump("Release 0.5.0", cli="0.5.0", units="0.5.0")
    history.go_on()
    assert history.newest() == (begun, BOTH)
    assert history.commit_of("0.5.0") == begun
    assert [history.commit_of(asked) for asked in ("minor", "rc", "0.6.0", "0.5.0-rc.1")] == [None] * 4


def test_a_bump_by_hand_is_no_release_until_it_is_tagged_by_us(history: History) -> None:
    bumped = history.bump("Release 0.5.0", by=MIA, cli="0.5.0", units="0.5.0")
    history.tag("by-hand", bumped, "demo 0.5.0", by=MIA)
    history.go_on()
    assert (history.newest(), history.commit_of("0.5.0")) == (None, None)
    history.tag("v0.5.0", bumped, "demo 0.5.0")
    assert history.newest() == (bumped, BOTH)


def test_the_newest_is_the_last_on_the_branch_and_older_ones_are_found_by_their_version(history: History) -> None:
    first = history.bump("Release 0.5.0", cli="0.5.0", units="0.5.0")
    second = history.bump("Release 0.6.0-rc.1", cli="0.6.0-rc.1", units="0.6.0-rc.1")
    history.tag("v0.6.0-rc.1", second, "demo 0.6.0-rc.1")
    history.go_on()
    assert history.newest() == (second, dict.fromkeys(BOTH, "0.6.0-rc.1"))
    assert (history.commit_of("0.5.0"), history.commit_of("0.6.0-rc.1")) == (first, second)


def test_a_commit_that_only_says_that_it_is_a_release_is_none(history: History) -> None:
    history.bump("Release 0.9.0", cli="0.5.0", units="0.5.0")
    assert history.commit_of("0.9.0") is None


def test_of_packages_with_versions_of_their_own_the_commit_tells_which_were_released(history: History) -> None:
    begun = history.bump("Release hangar-units 0.5.0, hangar-cli 1.0.0", cli="1.0.0", units="0.5.0")
    alone = history.bump("Release 1.0.1", cli="1.0.1")
    history.go_on()
    assert history.newest(ALONE) == (alone, {"hangar-cli": "1.0.1"})
    assert history.commit_of("hangar-cli=1.0.0,hangar-units=0.5.0", ALONE) == begun
    assert history.commit_of("hangar-cli=1.0.1", ALONE) == alone
    assert history.commit_of("hangar-cli=1.0.0", ALONE) is None
    assert history.commit_of("hangar-cli=1.0.0,hangar-units=minor", ALONE) is None


def test_of_a_tree_that_had_the_versions_already_the_tags_tell(history: History) -> None:
    bumped = history.bump("Bump", by=MIA, cli="1.0.0", units="0.5.0")
    history.tag("hangar-units-v0.5.0", bumped, "hangar-units 0.5.0")
    history.go_on()
    assert history.newest(ALONE) == (bumped, {"hangar-units": "0.5.0"})
    assert history.commit_of("hangar-units=0.5.0", ALONE) == bumped


def test_a_version_alone_pins_the_commit_of_its_release_in_an_empty_store(history: History, tmp_path: Path) -> None:
    begun = history.bump("Release 0.5.0", cli="0.5.0", units="0.5.0")
    head = history.go_on()
    pinned = {}
    for asked in ("0.5.0", "minor", "0.6.0"):
        request = live_request({"project": "demo", "version": asked, "repository": str(history.place)})
        directory = Store(tmp_path / "home").run(asked)
        pinned[asked] = pin(request, project(), directory, history.place, None).commit
    named = live_request({"project": "demo", "version": "0.5.0", "commit": head})
    pinned["named"] = pin(named, project(), Store(tmp_path / "home").run("named"), history.place, None).commit
    assert pinned == {"0.5.0": begun, "minor": head, "0.6.0": head, "named": head}
