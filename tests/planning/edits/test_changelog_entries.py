"""Entries that were made from commits, in the form of the changelog's own."""

from __future__ import annotations

from datetime import date

import pytest

from loadmaster.planning.edits.changelog import newest_notes
from loadmaster.planning.edits.changelog_entries import entries_like
from loadmaster.planning.edits.changelogs import Changelog, write_changelogs

MADE = "### Added\n\n- A wing\n- A tail\n\n### Changed\n\n- The nose (#7)"


@pytest.mark.parametrize(
    ("sample", "entries"),
    [
        ("", MADE),
        ("We moved.\n", MADE),
        ("- Add a hatch. (#5)\n", "- A wing\n- A tail\n- The nose (#7)"),
        ("* Add a hatch. (#5)\n", "* A wing\n* A tail\n* The nose (#7)"),
        ("### Added\n\n- a hatch\n", MADE),
        ("#### Fixes\n- a hatch\n", MADE.replace("###", "####")),
        (
            "## Added ⭐\n\n- a\n\n## Changed ⚙️\n\n- b\n",
            MADE.replace("### Added", "## Added ⭐").replace("### Changed", "## Changed ⚙️"),
        ),
        ("### Features\n\n* a\n", MADE.replace("Added", "Features").replace("- ", "* ")),
        ("### Breaking changes\n- b\n### Changes\n- c\n", MADE.replace("### Changed", "### Changes")),
        ("### Changed (unstable)\n- b\n", MADE),
    ],
    ids=[
        "a first release",
        "a text without a list",
        "a plain list",
        "a list with other marks",
        "the same form",
        "deeper groups",
        "groups with pictures",
        "other words for a group",
        "changes that break are another group",
        "unstable ones are, too",
    ],
)
def test_entries_are_written_as_the_changelog_writes_its_own(sample: str, entries: str) -> None:
    assert entries_like(sample, MADE) == entries


def test_the_newest_sections_with_entries_show_the_form() -> None:
    text = "## 3.0.0\n\n## 2.0.0\n- b\n\n## 1.2.0\n\n## 1.1.0\n* c\n\n## 1.0.0\n- d\n\n## 0.9.0\n+ e\n"
    assert newest_notes(text, "3.0.0").split() == ["-", "b", "*", "c", "-", "d"]
    assert newest_notes(text, "2.0.0").split()[:2] == ["*", "c"]


def test_a_release_writes_them_so() -> None:
    before = "# Version 1.0.0\n\n* Take off\n\n# Version 0.9.0\n\n* Roll\n"
    one = Changelog(path="CHANGELOG.md", packages=("hangar",), version="1.1.0")
    (written,) = write_changelogs({one.path: before}, [one], {one.path: MADE}, date(2026, 11, 30))
    assert written.text == f"# Version 1.1.0\n\n* A wing\n* A tail\n* The nose (#7)\n\n{before}"
