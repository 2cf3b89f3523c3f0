"""What the next release would write into the changelogs, as it is shown with a first profile."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loadmaster.planning.edits.changelog_preview import preview_changelogs, previews_text
from loadmaster.planning.profile.policy import Policy
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.tree.workspace import Package, Workspace
from tests.kit.building import CHANGELOG, TODAY, package

LOCKSTEP, OWN = ReleaseStyle(), ReleaseStyle(policy=Policy.INDEPENDENT)
WING, TAIL = package("wing"), package("tail", version="1.2.0")


def shown(texts: Mapping[str, str], *packages: Package, style: ReleaseStyle = LOCKSTEP) -> str:
    return previews_text(preview_changelogs(texts, Workspace(packages=packages), style, TODAY))


TWO = "## Unreleased\n- a\n\n## 0.4.0\n\n## Unreleased\n- b\n"


@pytest.mark.parametrize(
    ("texts", "packages", "style", "expected"),
    [
        (
            {"CHANGELOG.md": CHANGELOG},
            (WING,),
            LOCKSTEP,
            "CHANGELOG.md would say of 0.5.0:\n    ## [0.5.0] - 2026-11-22\n    - Something new.\n    ## [0.4.0] - 2026-10-01",
        ),
        (
            {"crates/wing/CHANGELOG.md": "## wing 0.4.0\n", "crates/tail/CHANGELOG.md": "# Next\n\n- a\n"},
            (WING, TAIL),
            OWN,
            "crates/tail/CHANGELOG.md would say of 1.3.0:\n    ## [1.3.0] - 2026-11-22\n    - a\n"
            "crates/wing/CHANGELOG.md would say of 0.5.0:\n    ## wing 0.5.0 - 2026-11-22\n    ## wing 0.4.0",
        ),
        (
            {"CHANGELOG.md": CHANGELOG},
            (WING, TAIL),
            OWN,
            "CHANGELOG.md would not change: tail, wing share it with others, in several versions.",
        ),
        (
            {"CHANGELOG.md": TWO},
            (WING,),
            LOCKSTEP,
            "CHANGELOG.md would not change: `CHANGELOG.md` has 2 sections with entries for the next version (lines 1, 6).",
        ),
        ({}, (WING,), LOCKSTEP, "CHANGELOG.md would not change: there is no such file."),
        ({}, (WING, TAIL), LOCKSTEP, "no changelog would be written."),
        ({}, (WING,), ReleaseStyle(changelog=None), "no changelog would be written."),
    ],
    ids=["one for all", "one for each", "shared", "refused", "missing", "no common version", "none by the profile"],
)
def test_the_first_lines_are_shown(
    texts: Mapping[str, str], packages: tuple[Package, ...], style: ReleaseStyle, expected: str
) -> None:
    assert shown(texts, *sorted(packages, key=lambda each: each.name), style=style) == expected
