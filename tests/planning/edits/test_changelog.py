from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loadmaster.errors.edits import ChangelogHeadings, ChangelogTooLong, HeadingOfSeveral, SeveralUnreleased
from loadmaster.planning.edits.changelog import (
    Heading,
    add_notes,
    has_notes,
    headings,
    leaves_it_to_releases,
    lines_of,
    lines_to_come,
    notes,
    obsolete_line,
    release_heading,
    waits_for_entries,
)
from loadmaster.planning.edits.changelog_titles import LONGEST, MOST_LINES

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
    "a rule below Unreleased": (
        "## [Unreleased]\n\n---\n\n## [v1.9.0] - 2026-01-01\n",
        "## [Unreleased]\n\n---\n\n## [v2.0.0] - 2026-01-31\n\n## [v1.9.0] - 2026-01-01\n",
    ),
    "words that say there is nothing": (
        "## [Unreleased]\n\nNo unreleased changes yet.\n\n## [1.9.0] - 2026-01-01\n",
        "## [Unreleased]\n\nNo unreleased changes yet.\n\n## [2.0.0] - 2026-01-31\n\n## [1.9.0] - 2026-01-01\n",
    ),
    "headings of level 1, with the month written out": (
        "# 1.9.0 (July 20th, 2025)\n\n### Fixed\n",
        "# 2.0.0 (January 31st, 2026)\n\n# 1.9.0 (July 20th, 2025)\n\n### Fixed\n",
    ),
    "without an ending on the day": (
        "# 1.9.0 (July 2, 2025)\n",
        "# 2.0.0 (January 31, 2026)\n\n# 1.9.0 (July 2, 2025)\n",
    ),
    "words before the number": (
        "# Wing version 1.9.0\n",
        "# Wing version 2.0.0 - 2026-01-31\n\n# Wing version 1.9.0\n",
    ),
    "underlined headings": (
        "Changes\n=======\n\n1.9.0 (2026-01-01)\n------------------\n\n- a\n",
        "Changes\n=======\n\n2.0.0 (2026-01-31)\n------------------\n\n1.9.0 (2026-01-01)\n------------------\n\n- a\n",
    ),
    "a version to come above Unreleased": (
        "## 5.0.0 - TBD\n\n## [Unreleased] - ReleaseDate\n\n- a\n\n## [1.9.0] - 2026-01-01\n",
        "## 5.0.0 - TBD\n\n## [Unreleased] - ReleaseDate\n\n## [2.0.0] - 2026-01-31\n\n- a\n\n## [1.9.0] - 2026-01-01\n",
    ),
    "vNext": ("## vNext\n\n- a\n", "## vNext\n\n## [2.0.0] - 2026-01-31\n\n- a\n"),
    "a link in the heading": (
        "## [1.9.0](https://f.example) - (2026-01-01)\n",
        "## [2.0.0] - (2026-01-31)\n\n## [1.9.0](https://f.example) - (2026-01-01)\n",
    ),
    "a link to the version's tag, as arrow's": (
        "## [1.9.0](https://f.example/tree/1.9.0) (2026-01-01)\n",
        "## [2.0.0](https://f.example/tree/2.0.0) (2026-01-31)\n\n## [1.9.0](https://f.example/tree/1.9.0) (2026-01-01)\n",
    ),
    "a link to the changes, and no days, as wasm-bindgen's": (
        "## [1.9.0](https://f.example/compare/1.8.0...1.9.0)\n## [1.8.0](https://f.example/compare/1.7.0...1.8.0)\n",
        "## [2.0.0](https://f.example/compare/1.9.0...2.0.0)\n\n"
        "## [1.9.0](https://f.example/compare/1.8.0...1.9.0)\n## [1.8.0](https://f.example/compare/1.7.0...1.8.0)\n",
    ),
    "the day in brackets, as time's": ("## 1.9.0 [2026-01-01]\n", "## 2.0.0 [2026-01-31]\n\n## 1.9.0 [2026-01-01]\n"),
    "no days any more, as axum's": (
        "# 1.9.0\n# 1.8.0\n# 1.7.0 (2025-01-01)\n",
        "# 2.0.0\n\n# 1.9.0\n# 1.8.0\n# 1.7.0 (2025-01-01)\n",
    ),
    "a day that the newest lacks": (
        "## 1.9.0\n## 1.8.0 - 2025-01-01\n",
        "## 2.0.0 - 2026-01-31\n\n## 1.9.0\n## 1.8.0 - 2025-01-01\n",
    ),
    "days to come": (
        "## 1.9.0 - TBD\n## 1.8.0 - TBD\n",
        "## 2.0.0 - 2026-01-31\n\n## 1.9.0 - TBD\n## 1.8.0 - TBD\n",
    ),
    "lines that end as on Windows": (
        "# C\r\n\r\n## [Unreleased]\r\n\r\n- a\r\n",
        "# C\r\n\r\n## [Unreleased]\r\n\r\n## [2.0.0] - 2026-01-31\r\n\r\n- a\r\n",
    ),
    "a heading within a code block is none": (
        "## Notes\n```md\n## [Unreleased]\n## [2.0.0] - 2026-01-01\n```\n## [1.9.0]\n",
        "## Notes\n```md\n## [Unreleased]\n## [2.0.0] - 2026-01-01\n```\n## [2.0.0] - 2026-01-31\n\n## [1.9.0]\n",
    ),
    "a template in a comment, with the real one below": (
        "# C\n\n<!--\n## [Unreleased]\n\n### Added\n-->\n\n## [Unreleased]\n\n- a\n\n## [1.9.0] - 2026-01-01\n",
        "# C\n\n<!--\n## [Unreleased]\n\n### Added\n-->\n\n## [Unreleased]\n\n## [2.0.0] - 2026-01-31\n\n- a\n\n"
        "## [1.9.0] - 2026-01-01\n",
    ),
    "only a comment and empty headings below Unreleased": (
        "## Unreleased\n\n<!-- below here -->\n\n### Added\n\n### Fixed\n\n## 1.9.0 - 2026-01-01\n",
        "## Unreleased\n\n<!-- below here -->\n\n### Added\n\n### Fixed\n\n## 2.0.0 - 2026-01-31\n\n## 1.9.0 - 2026-01-01\n",
    ),
    "the crate's name, as mdBook's": (
        "# Changelog\n\n## mdBook 1.9.0\n[changes](c)\n\n## mdBook 1.8.0\n",
        "# Changelog\n\n## mdBook 2.0.0\n\n## mdBook 1.9.0\n[changes](c)\n\n## mdBook 1.8.0\n",
    ),
    "the crate's name before the tag": (
        "## wing-v1.9.0 (2026-01-01)\n",
        "## wing-v2.0.0 (2026-01-31)\n\n## wing-v1.9.0 (2026-01-01)\n",
    ),
    "the crate's name as code": (
        "## `wing` 1.9.0 - 2026-01-01\n",
        "## `wing` 2.0.0 - 2026-01-31\n\n## `wing` 1.9.0 - 2026-01-01\n",
    ),
    "somebody else's number below": (
        "## 1.9.0\n\n### Minimum Rust 1.80.0\n\n## 1.8.0\n",
        "## 2.0.0\n\n## 1.9.0\n\n### Minimum Rust 1.80.0\n\n## 1.8.0\n",
    ),
    "the crate's name before a dash, as parking_lot's": (
        "## `wing` - [1.9.0](https://f.example/v1.9.0) - 2026-01-01\n",
        "## `wing` - [2.0.0](https://f.example/v2.0.0) - 2026-01-31\n\n"
        "## `wing` - [1.9.0](https://f.example/v1.9.0) - 2026-01-01\n",
    ),
    "words before the number, as systemd's": (
        "## CHANGES WITH 1.9.0:\n## CHANGES WITH 1.8.0:\n",
        "## CHANGES WITH 2.0.0:\n\n## CHANGES WITH 1.9.0:\n## CHANGES WITH 1.8.0:\n",
    ),
    "a day and the version in brackets, as rand's": (
        "## [1.9.0 — 2026-01-01]\n",
        "## [2.0.0 — 2026-01-31]\n\n## [1.9.0 — 2026-01-01]\n",
    ),
    "a day without zeros": ("## 1.9.0 (2025-7-1)\n", "## 2.0.0 (2026-01-31)\n\n## 1.9.0 (2025-7-1)\n"),
    "emphasis": ("## **1.9.0** (2026-01-01)\n", "## **2.0.0** (2026-01-31)\n\n## **1.9.0** (2026-01-01)\n"),
    "emphasis around a link": (
        "## **[1.9.0](https://f.example/v1.9.0)** - 2026-01-01\n",
        "## **[2.0.0](https://f.example/v2.0.0)** - 2026-01-31\n\n## **[1.9.0](https://f.example/v1.9.0)** - 2026-01-01\n",
    ),
    "a picture": ("## 🚀 v1.9.0 - 2026-01-01\n", "## 🚀 v2.0.0 - 2026-01-31\n\n## 🚀 v1.9.0 - 2026-01-01\n"),
    "an anchor": (
        '## <a name="1.9.0"></a> 1.9.0 - 2026-01-01\n',
        '## <a name="2.0.0"></a> 2.0.0 - 2026-01-31\n\n## <a name="1.9.0"></a> 1.9.0 - 2026-01-01\n',
    ),
    "Next": (
        "# Next\n\n- a\n\n# 1.9.0 - 2026-01-01\n",
        "# Next\n\n# 2.0.0 - 2026-01-31\n\n- a\n\n# 1.9.0 - 2026-01-01\n",
    ),
    "Next steps, which is something else": (
        "## Next steps\n\n## 1.9.0 - 2026-01-01\n",
        "## Next steps\n\n## 2.0.0 - 2026-01-31\n\n## 1.9.0 - 2026-01-01\n",
    ),
    "Unreleased at a higher level than the versions": (
        "# Unreleased\n\n- a\n\n## v1.9.0\n\n## v1.8.0\n",
        "# Unreleased\n\n## v2.0.0\n\n- a\n\n## v1.9.0\n\n## v1.8.0\n",
    ),
    "Unreleased in two places, one of them empty": (
        "## Unreleased\n\n- a\n\n## 1.9.0 - 2026-01-01\n\n## Unreleased\n\n## 1.8.0 - 2025-01-01\n",
        "## Unreleased\n\n## 2.0.0 - 2026-01-31\n\n- a\n\n## 1.9.0 - 2026-01-01\n\n## Unreleased\n\n## 1.8.0 - 2025-01-01\n",
    ),
    "levels that say how large a release is, as semantic-release's": (
        "## [1.9.1](l) (2026-01-01)\n\n- a\n\n# [1.9.0](l) (2025-01-01)\n",
        "## [2.0.0] (2026-01-31)\n\n## [1.9.1](l) (2026-01-01)\n\n- a\n\n# [1.9.0](l) (2025-01-01)\n",
    ),
    "the day in a line of its own, as bumpalo's": (
        "## Unreleased\n\nReleased YYYY-MM-DD.\n\n### Added\n\n* a\n\n## 1.9.0\n\nReleased 2026-May-08.\n",
        "## Unreleased\n\n## 2.0.0\n\nReleased 2026-Jan-31.\n\n### Added\n\n* a\n\n## 1.9.0\n\nReleased 2026-May-08.\n",
    ),
    "the day in a line of its own, above a template that stays": (
        "## Unreleased\n\nReleased YYYY-MM-DD.\n\n### Added\n\n* TODO (or remove)\n\n## 1.9.0\n\nReleased 2026-05-08\n",
        "## Unreleased\n\nReleased YYYY-MM-DD.\n\n### Added\n\n* TODO (or remove)\n\n## 2.0.0\n\nReleased 2026-01-31\n\n"
        "## 1.9.0\n\nReleased 2026-05-08\n",
    ),
    "a line that compares the versions, as mdBook's": (
        "## mdBook 1.9.0\n[v1.8.0...v1.9.0](https://f.example/a/b/compare/v1.8.0...v1.9.0)\n\n- a\n\n## mdBook 1.8.0\n",
        "## mdBook 2.0.0\n[v1.9.0...v2.0.0](https://f.example/a/b/compare/v1.9.0...v2.0.0)\n\n"
        "## mdBook 1.9.0\n[v1.8.0...v1.9.0](https://f.example/a/b/compare/v1.8.0...v1.9.0)\n\n- a\n\n## mdBook 1.8.0\n",
    ),
    "a line that compares the versions, below the day, where entries wait": (
        "## Next\n\n- b\n\n## 1.9.0\nReleased 2026-05-08\n\n**Full Changelog**: https://f.example/a/compare/a-1.8.0...a-1.9.0\n",
        "## Next\n\n## 2.0.0\nReleased 2026-01-31\n\n**Full Changelog**: https://f.example/a/compare/a-1.9.0...a-2.0.0\n\n- b\n\n"
        "## 1.9.0\nReleased 2026-05-08\n\n**Full Changelog**: https://f.example/a/compare/a-1.8.0...a-1.9.0\n",
    ),
    "a comparison of something else stays where it is": (
        "## 1.9.0 - 2026-01-01\n\n- [a](https://f.example/a/compare/v1.8.0...v1.9.0)\n",
        "## 2.0.0 - 2026-01-31\n\n## 1.9.0 - 2026-01-01\n\n- [a](https://f.example/a/compare/v1.8.0...v1.9.0)\n",
    ),
    "a day as the British write it": (
        "## 1.9.0 - 8 May 2025\n",
        "## 2.0.0 - 31 January 2026\n\n## 1.9.0 - 8 May 2025\n",
    ),
    "a day with a short month": ("## 1.9.0 (Feb 8, 2025)\n", "## 2.0.0 (Jan 31, 2026)\n\n## 1.9.0 (Feb 8, 2025)\n"),
    "a day with slashes": ("## 1.9.0 (2025/05/08)\n", "## 2.0.0 (2026/01/31)\n\n## 1.9.0 (2025/05/08)\n"),
    "sections as in reStructuredText": (
        "Changelog\n#########\n\nUnreleased\n----------\n\n* a\n\n1.9.0 (2025-05-08)\n------------------\n",
        "Changelog\n#########\n\nUnreleased\n----------\n\n2.0.0 (2026-01-31)\n------------------\n\n* a\n\n"
        "1.9.0 (2025-05-08)\n------------------\n",
    ),
    "two numbers where the third is none": ("## 1.9\n\n## 1.8.1\n", "## 2.0\n\n## 1.9\n\n## 1.8.1\n"),
    "two numbers, though the newest has three": (
        "# Version 1.9.1\n\n# Version 1.9\n",
        "# Version 2.0\n\n# Version 1.9.1\n\n# Version 1.9\n",
    ),
    "a heading in a list or a quotation is none": (
        "> ## 2.0.0\n\n- ## 2.0.0\n\n## 1.9.0 - 2026-01-01\n",
        "> ## 2.0.0\n\n- ## 2.0.0\n\n## 2.0.0 - 2026-01-31\n\n## 1.9.0 - 2026-01-01\n",
    ),
    "no heading yet": ("# Changelog\n", "# Changelog\n\n## [2.0.0] - 2026-01-31\n"),
    "no heading and no final line end": ("# Changelog", "# Changelog\n\n## [2.0.0] - 2026-01-31\n"),
    "an empty file": ("", "## [2.0.0] - 2026-01-31\n"),
}


@pytest.mark.parametrize(("before", "after"), RELEASED.values(), ids=RELEASED)
def test_a_release_gets_its_heading(before: str, after: str) -> None:
    assert release_heading(before, "2.0.0", DAY) == after
    assert release_heading(after, "2.0.0", date(2030, 1, 1)) == after


THERE = {
    "dated": ("## [2.0.0] - 2026-01-01", "## [2.0.0] - 2026-01-01"),
    "with v": ("## [v2.0.0] - 2026-01-01", "## [v2.0.0] - 2026-01-01"),
    "with a name": ("## [2.0.0] - Kestrel", "## [2.0.0] - Kestrel"),
    "without a day": ("## 2.0.0", "## 2.0.0 - 2026-01-31"),
    "with the day to come": ("## [2.0.0] - TBD", "## [2.0.0] - 2026-01-31"),
    "with half a day": ("## [2.0.0] - 2026-XX-XX", "## [2.0.0] - 2026-01-31"),
    "with the day to come in parentheses": ("## 2.0.0 (unreleased)", "## 2.0.0 (2026-01-31)"),
    "underlined": ("2.0.0\n-----", "2.0.0 - 2026-01-31\n-----"),
    "with two numbers": ("## 2.0 (unreleased)", "## 2.0 (2026-01-31)"),
    "with the day to come in a line of its own": (
        "## 2.0.0\n\nReleased YYYY-MM-DD.",
        "## 2.0.0\n\nReleased 2026-01-31.",
    ),
    "with the day in a line of its own": ("## 2.0.0\n\nReleased 2026-01-01.", "## 2.0.0\n\nReleased 2026-01-01."),
}


@pytest.mark.parametrize(("before", "after"), THERE.values(), ids=THERE)
def test_a_heading_that_is_there_gets_no_more_than_its_day(before: str, after: str) -> None:
    text = "## [Unreleased]\n- b\n\n{}\n- a\n"
    assert release_heading(text.format(before), "2.0.0", DAY) == text.format(after)


LINKS = {
    "from version to version": (
        "## [Unreleased]\n\n## [1.9.0] - 2026-01-01\n\n[Unreleased]: https://f.example/compare/v1.9.0...HEAD\n"
        "[1.9.0]: https://f.example/compare/v1.8.0...v1.9.0\n",
        "[Unreleased]: https://f.example/compare/v2.0.0...HEAD\n[2.0.0]: https://f.example/compare/v1.9.0...v2.0.0\n"
        "[1.9.0]: https://f.example/compare/v1.8.0...v1.9.0\n",
    ),
    "to each tag": (
        "## [1.9.0] - 2026-01-01\r\n\r\n[1.9.0]: https://f.example/releases/v1.9.0\r\n",
        "[2.0.0]: https://f.example/releases/v2.0.0\r\n[1.9.0]: https://f.example/releases/v1.9.0\r\n",
    ),
    "the newest at the end, as diesel's": (
        "## [1.9.0] 2026-01-01\n\n[1.8.0]: https://f.example/compare/v1.7.0...v1.8.0\n"
        "[1.9.0]: https://f.example/compare/v1.8.0...v1.9.0",
        "[1.8.0]: https://f.example/compare/v1.7.0...v1.8.0\n[1.9.0]: https://f.example/compare/v1.8.0...v1.9.0\n"
        "[2.0.0]: https://f.example/compare/v1.9.0...v2.0.0\n",
    ),
    "of another kind": ("## [1.9.0] - 2026-01-01\n[1.9.0]: milestone.md\n", "[1.9.0]: milestone.md\n"),
    "none for the newest": (
        "## 1.9.0 (2026-01-01)\n[1.8.0]: https://f.example/v1.8.0\n",
        "[1.8.0]: https://f.example/v1.8.0\n",
    ),
}


@pytest.mark.parametrize(("before", "links"), LINKS.values(), ids=LINKS)
def test_links_follow_where_the_file_keeps_one_for_each_version(before: str, links: str) -> None:
    after = release_heading(before, "2.0.0", DAY)
    assert after.endswith(links)
    assert after.count("]: ") == links.count("]: ")


EMPTY = "# C\n\n## [2.0.0] - 2026-01-31\n\n## [1.9.0] - 2026-01-01\n\n- old\n"


def test_notes_are_proposed_where_there_are_none() -> None:
    after = add_notes(EMPTY, "2.0.0", "### Added\n- a wing\n")
    assert after == EMPTY.replace("## [1.9.0]", "### Added\n- a wing\n\n## [1.9.0]")
    assert add_notes(after, "2.0.0", "- something else") == after
    assert add_notes(EMPTY, "2.0.0", " \n") == EMPTY


def test_notes_are_proposed_below_the_line_that_compares_versions() -> None:
    compared = "## 2.0.0\n[v1.9.0...v2.0.0](https://f.example/compare/v1.9.0...v2.0.0)\n"
    assert not has_notes(compared, "2.0.0")
    assert waits_for_entries(compared.replace("2.0.0\n", "Unreleased\n", 1))
    assert add_notes(compared, "2.0.0", "- a") == f"{compared.rstrip()}\n\n- a\n"


def test_notes_are_proposed_at_the_end_of_a_file() -> None:
    assert add_notes("## [2.0.0]", "2.0.0", "- a") == "## [2.0.0]\n\n- a\n"


def test_notes_are_proposed_below_the_day() -> None:
    text = "## 2.0.0\n\nReleased 2026-01-31.\n\n## 1.9.0\n"
    assert add_notes(text, "2.0.0", "- a") == text.replace("31.\n\n", "31.\n\n- a\n\n")


BUILDS = {
    "left out, as the headings do": ("## [1.1.3] - 2026-01-01\n", "## [1.1.4] - 2026-01-31"),
    "kept, as the headings do": ("## 1.1.3+spec-1.1.0 (2026-01-01)\n", "## 1.1.4+spec-1.1.0 (2026-01-31)"),
    "kept where there is no heading": ("# Changelog\n", "## [1.1.4+spec-1.1.0] - 2026-01-31"),
}


@pytest.mark.parametrize(("before", "heading"), BUILDS.values(), ids=BUILDS)
def test_build_metadata_is_written_as_the_headings_have_it(before: str, heading: str) -> None:
    version = "1.1.4+spec-1.1.0"
    written = add_notes(release_heading(before, version, DAY), version, "- a")
    assert heading in written.splitlines()
    assert release_heading(written, version, DAY) == written
    assert notes(written, version) == notes(written, "1.1.4") == "- a"


def test_two_headings_for_one_version_are_refused() -> None:
    text = "## [Unreleased]\n\n## [v2.0.0] - 2026-01-01\n- a\n\n## [2.0.0] - 2026-01-02\n- b\n"
    told = r"has 2 headings for `2.0.0` \(lines 3, 6\)"
    with pytest.raises(ChangelogHeadings, match=told):
        release_heading(text, "2.0.0", DAY)
    with pytest.raises(ChangelogHeadings, match=told):
        notes(text, "2.0.0")
    with pytest.raises(ChangelogHeadings, match=told):
        release_heading(text, "2.1.0", DAY)


def test_two_headings_for_a_version_that_is_history_are_nobodys_trouble() -> None:
    text = "## [Unreleased]\n\n## [2.0.0] - 2026-01-01\n\n## [1.0.0] - 2025-01-02\n\n## [1.0.0] - 2025-01-01\n"
    assert "## [2.1.0]" in release_heading(text, "2.1.0", DAY)


def test_entries_for_the_next_version_in_two_places_are_refused_with_their_lines() -> None:
    text = "## Unreleased\n- a\n\n## 1.9.0\n\n## Unreleased\n- b\n"
    with pytest.raises(SeveralUnreleased, match=r"lines 1, 6"):
        release_heading(text, "2.0.0", DAY)


def test_a_newest_heading_of_several_packages_is_refused_with_its_line() -> None:
    text = "# Changelog\n\n# Release a 1.11.0 / b 1.13.0 (2025-01-01)\n\n- a\n"
    with pytest.raises(HeadingOfSeveral, match=r"`Release a 1\.11\.0 / b 1\.13\.0 \(2025-01-01\)` \(line 3\)"):
        release_heading(text, "2.0.0", DAY)


def test_a_heading_of_another_package_is_no_form_for_this_one() -> None:
    text = "## `lock_api` - 0.4.12 - 2026-01-01\n\n## `wing` - 1.9.0 - 2026-01-01\n"
    with pytest.raises(HeadingOfSeveral, match=r"`lock_api`"):
        release_heading(text, "2.0.0", DAY)


@pytest.mark.parametrize("text", [" " * (LONGEST + 1), "\n" * (MOST_LINES + 1)], ids=["characters", "lines"])
def test_a_text_that_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(ChangelogTooLong):
        headings(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# Changes\n\nSee the [top-level changelog](../CHANGELOG.md).\n", 3),
        ("This file is no longer used.\n\n## 0.1.0\n", 1),
        ("See [CHANGELOG.md](../../CHANGELOG.md)\n", 1),
        ("# Changelog\n\nThis file is no longer used.\n\n## Unreleased\n", None),
        ("# Changelog\n\n## 0.2.0\n\n- `flap` is no longer used\n", None),
        (
            "To see what is to come, see the [changelog on the main branch](https://f.example/changelog).\n\n## 0.2.0\n",
            None,
        ),
        ("# Changelog\n\nThe format is based on [Keep a Changelog](https://f.example).\n", None),
    ],
    ids=[
        "see above",
        "no longer used",
        "a link up",
        "a section to come",
        "an entry",
        "a link to the newest state",
        "an introduction",
    ],
)
def test_a_text_may_say_that_another_took_its_place(text: str, line: int | None) -> None:
    assert obsolete_line(text) == line


def test_headings_are_told_with_version_date_and_line() -> None:
    text = "# C\n## [Unreleased]\n## [v2.0.0-rc.1] - 2026-01-02\n### 1.0.0\n## [1.0.0](link) - (2026-01-01)\n## 0.1.0\n## [v2.1]\n"
    assert headings(text) == (
        Heading(version="2.0.0-rc.1", date="2026-01-02", line=3),
        Heading(version="1.0.0", date="2026-01-01", line=5),
        Heading(version="0.1.0", date=None, line=6),
        Heading(version="2.1.0", date=None, line=7),
    )


ELSEWHERE = "# Changelog\n\nSee https://f.example/a/b/releases.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ELSEWHERE, True),
        (f"{ELSEWHERE}## Unreleased\n", False),
        (f"{ELSEWHERE}## 0.1.0\n", False),
        ("# Changelog\n\nSee https://keepachangelog.com.\n", False),
        ("", False),
    ],
    ids=["a link alone", "what is to come", "a version", "another link", "nothing"],
)
def test_a_changelog_may_leave_it_to_the_releases(text: str, expected: bool) -> None:
    assert leaves_it_to_releases(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 1.53.1 (July 2nd, 2026)\n", "2026-07-02"),
        ("# 0.3.3 (August 1, 2024)\n", "2024-08-01"),
        ("# 0.3.2 (Octpber 10, 2022)\n", None),
        ("## 1.6.0 - 2026-XX-XX\n", None),
    ],
    ids=["with an ending", "without", "misspelled", "left open"],
)
def test_a_written_out_date_is_one(text: str, expected: str | None) -> None:
    assert headings(text)[0].date == expected


@pytest.mark.parametrize("former", ["# 1.53.1 (July 20th, 2026)", "# 0.3.3 (August 1, 2024)", "# v1.0.0 2026-01-01"])
def test_the_heading_that_is_written_has_the_date_that_is_read(former: str) -> None:
    assert headings(release_heading(f"{former}\n", "2.0.0", DAY))[0].date == str(DAY)


NOTES = {
    "up to the next heading": ("## [2.0.0] - 2026-01-01\n\n### Added\n- a\n\n## [1.0.0]\n- b\n", "### Added\n- a"),
    "up to the end": ("## [2.0.0]\n\n> intro\n\n- a\n", "> intro\n\n- a"),
    "past a comment in a code block": ("## [2.0.0]\n```sh\n# run it\n```\n- a\n", "```sh\n# run it\n```\n- a"),
    "past smaller headings than the versions'": ("# 2.0.0\n\n## Added\n- a\n# 1.0.0\n", "## Added\n- a"),
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
    found = headings(text)
    assume(text.count("## [Unreleased]") < 2)
    assume(all(each.version != found[0].version for each in found[1:]))
    after = release_heading(text, "2.0.0", DAY)
    added = len(after) - len(text)
    assert any(after[:cut] + after[cut + added :] == text for cut in range(len(text) + 1))
    assert release_heading(after, "2.0.0", DAY) == after
    assert len(headings(after)) == len(found) + 1
    assert notes(after, "2.0.0") in text


TO_COME = """# Changelog

## [Unreleased]

<!-- a template
### Breaking
-->
- New.

## [1.5.0] - unreleased

- Raised.

## [1.4.0] - 2026-01-01

- Old.
"""


def test_what_is_to_come_has_the_lines_of_all_that_is_not_out() -> None:
    def entries(released: str) -> list[tuple[int, str]]:
        return [line for line in lines_to_come(TO_COME, released) if line[1].strip()]

    assert entries("1.4.0") == [(8, "- New."), (12, "- Raised.")]
    assert entries("1.5.0") == [(8, "- New.")]
    assert entries("1.3.0") == [(8, "- New."), (12, "- Raised."), (16, "- Old.")]
    assert lines_to_come("# Changelog\n", "1.0.0") == ()


def test_a_section_has_its_lines_with_their_numbers() -> None:
    assert [line for line in lines_of(TO_COME, "1.4.0") if line[1]] == [(16, "- Old.")]
    assert [line for line in lines_of(TO_COME.replace("\n", "\r\n"), "1.4.0") if line[1]] == [(16, "- Old.")]
    with pytest.raises(ChangelogHeadings):
        lines_of(TO_COME, "2.0.0")
