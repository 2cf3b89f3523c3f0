from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors import ChangelogHeadings
from loadmaster.planning.changelog import Heading, headings, notes, release_heading

DAY = date(2026, 1, 31)

RELEASED = {
    "the entries of Unreleased move below the new heading": (
        "# Changelog\n\n## [Unreleased]\n\n### Added\n- a wing\n\n## [1.9.0] - 2026-01-01\n",
        "# Changelog\n\n## [Unreleased]\n\n## [2.0.0] - 2026-01-31\n\n### Added\n- a wing\n\n## [1.9.0] - 2026-01-01\n",
    ),
    "an empty Unreleased stays empty": (
        "## [Unreleased]\n\n## [1.9.0] - 2026-01-01\n",
        "## [Unreleased]\n\n## [2.0.0] - 2026-01-31\n\n## [1.9.0] - 2026-01-01\n",
    ),
    "Unreleased without brackets, and nothing else": (
        "## Unreleased\n- a",
        "## Unreleased\n\n## [2.0.0] - 2026-01-31\n- a",
    ),
    "Unreleased at the very end": ("## [Unreleased]", "## [Unreleased]\n\n## [2.0.0] - 2026-01-31"),
    "without Unreleased it goes above the newest, with its v": (
        "# Changelog\n\nText.\n## [v1.9.0] - 2026-01-01\n\n- a\n",
        "# Changelog\n\nText.\n## [v2.0.0] - 2026-01-31\n\n## [v1.9.0] - 2026-01-01\n\n- a\n",
    ),
    "the newest heading sets the form": (
        "## [1.9.0] - 2026-01-01\n## [v1.8.0] - 2025-01-01\n",
        "## [2.0.0] - 2026-01-31\n\n## [1.9.0] - 2026-01-01\n## [v1.8.0] - 2025-01-01\n",
    ),
    "without brackets": ("## v1.9.0 - 2026-01-01\n", "## v2.0.0 - 2026-01-31\n\n## v1.9.0 - 2026-01-01\n"),
    "with the date in parentheses": ("## 1.9.0 (2026-01-01)\n", "## 2.0.0 (2026-01-31)\n\n## 1.9.0 (2026-01-01)\n"),
    "lines that end as on Windows": (
        "# C\r\n\r\n## [Unreleased]\r\n\r\n- a\r\n",
        "# C\r\n\r\n## [Unreleased]\r\n\r\n## [2.0.0] - 2026-01-31\r\n\r\n- a\r\n",
    ),
    "a heading within a code block is none": (
        "## Notes\n```md\n## [Unreleased]\n## [2.0.0] - 2026-01-01\n```\n## [1.9.0]\n",
        "## Notes\n```md\n## [Unreleased]\n## [2.0.0] - 2026-01-01\n```\n## [2.0.0] - 2026-01-31\n\n## [1.9.0]\n",
    ),
    "no heading yet": ("# Changelog\n", "# Changelog\n\n## [2.0.0] - 2026-01-31\n"),
    "no heading and no final line end": ("# Changelog", "# Changelog\n\n## [2.0.0] - 2026-01-31\n"),
    "an empty file": ("", "## [2.0.0] - 2026-01-31\n"),
}


@pytest.mark.parametrize(("before", "after"), RELEASED.values(), ids=RELEASED)
def test_a_release_gets_its_heading(before: str, after: str) -> None:
    assert release_heading(before, "2.0.0", DAY) == after
    assert release_heading(after, "2.0.0", date(2030, 1, 1)) == after


@pytest.mark.parametrize(
    "heading", ["## [2.0.0] - 2026-01-01", "## [v2.0.0] - 2026-01-01", "## 2.0.0", "## [2.0.0] - TBD"]
)
def test_a_heading_that_is_there_stays_as_it_is(heading: str) -> None:
    text = f"## [Unreleased]\n- b\n\n{heading}\n- a\n"
    assert release_heading(text, "2.0.0", DAY) == text


def test_two_headings_for_one_version_are_refused() -> None:
    text = "## [Unreleased]\n\n## [v2.0.0] - 2026-01-01\n- a\n\n## [2.0.0] - 2026-01-02\n- b\n"
    told = r"has 2 headings for `2.0.0` \(lines 3, 6\)"
    with pytest.raises(ChangelogHeadings, match=told):
        release_heading(text, "2.0.0", DAY)
    with pytest.raises(ChangelogHeadings, match=told):
        notes(text, "2.0.0")


def test_headings_are_told_with_version_date_and_line() -> None:
    text = "# C\n## [Unreleased]\n## [v2.0.0-rc.1] - 2026-01-02\n### 1.0.0\n## [1.0.0](link) - (2026-01-01)\n## 0.1.0\n## [v2.1]\n"
    assert headings(text) == (
        Heading(version="2.0.0-rc.1", date="2026-01-02", line=3),
        Heading(version="1.0.0", date="2026-01-01", line=5),
        Heading(version="0.1.0", date=None, line=6),
    )


NOTES = {
    "up to the next heading": ("## [2.0.0] - 2026-01-01\n\n### Added\n- a\n\n## [1.0.0]\n- b\n", "### Added\n- a"),
    "up to the end": ("## [2.0.0]\n\n> intro\n\n- a\n", "> intro\n\n- a"),
    "past a comment in a code block": ("## [2.0.0]\n```sh\n# run it\n```\n- a\n", "```sh\n# run it\n```\n- a"),
    "nothing": ("## [2.0.0]\n\n## [1.0.0]\n- b\n", ""),
}


@pytest.mark.parametrize(("text", "expected"), NOTES.values(), ids=NOTES)
def test_notes_are_what_stands_under_the_heading(text: str, expected: str) -> None:
    assert notes(text, "2.0.0") == expected


def test_a_version_without_a_heading_has_no_notes() -> None:
    with pytest.raises(ChangelogHeadings, match=r"has no heading for `2\.0\.0`"):
        notes("## [1.0.0]\n", "2.0.0")


_lines = st.sampled_from(
    [
        *("# Changelog", "", "text ü", "### Added", "- a", "---", "[1.0.0]: link"),
        *("```sh\n## [2.0.0]\n```", "~~~~\n```\n# x\n~~~~"),
        *(
            "## [Unreleased]",
            "## 🔐 Free",
            "## [1.0.0] - 2026-01-01",
            "## [v0.9.0] - 2025-12-01",
            "## 0.8.0 (2025-11-01)",
        ),
    ]
)
_texts = st.builds(
    lambda lines, ending, last: ending.join(lines) + (ending if last else ""),
    st.lists(_lines, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@given(_texts)
def test_a_heading_is_added_once_and_every_byte_survives(text: str) -> None:
    after = release_heading(text, "2.0.0", DAY)
    added = len(after) - len(text)
    assert any(after[:cut] + after[cut + added :] == text for cut in range(len(text) + 1))
    assert release_heading(after, "2.0.0", DAY) == after
    assert len(headings(after)) == len(headings(text)) + 1
    assert notes(after, "2.0.0") in text
