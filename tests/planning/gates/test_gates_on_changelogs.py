"""Gates on how a changelog is written: what the writer would pass over, entries that stay behind, fragments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadmaster.planning.gates import check
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.profile.project import GateStyle
from loadmaster.planning.values.gate import Outcome
from tests.kit.building import CHANGELOG, TODAY, evidence, package, project, seen
from tests.kit.gates_asked import answer, fails, tree

APP = package("app")


def written(text: str) -> Evidence:
    """A plain tree with this changelog."""
    return tree(APP, texts={"CHANGELOG.md": text})


def bumped(text: str, asked: str = "minor") -> Evidence:
    """The tree after a bump from 0.4.0 wrote into this changelog."""
    return evidence(seen(APP, changelogs={"CHANGELOG.md": text}), asked)


HEADED = "## [Unreleased]\n\n## [0.4.0] - 2026-10-01\n\n- Old.\n"
BESIDE = "# Changes\n\nSee the [top-level changelog](../CHANGELOG.md).\n"

PLANTED: list[tuple[str, str, Callable[[], Evidence], str]] = [
    (
        "words around the number that may be anything",
        "changelog-understood",
        lambda: written("# Changelog\n\n## The great 0.4.0 of all things\n\n- New.\n"),
        "`The great 0.4.0 of all things` (line 3), which is not understood",
    ),
    (
        "one that is underlined as Markdown does not know",
        "changelog-understood",
        lambda: bumped("Changes\n#######\n\n0.4.0 (2026-10-01)\n^^^^^^^^^^^^^^^^^^\n\n* Old.\n"),
        "`0.4.0 (2026-10-01)` (line 4)",
    ),
    (
        "a newest heading that is unlike the ones below",
        "changelog-understood",
        lambda: bumped("## The great 0.4.0 of all things\n\n- New.\n\n## 0.3.0\n\n- Old.\n"),
        "(line 1), which is not understood",
    ),
    (
        "several headings and no number",
        "changelog-understood",
        lambda: bumped("# Changelog\n\n## Spring\n\n- New.\n\n## Winter\n\n- Old.\n"),
        "`Spring` (line 3)",
    ),
    (
        "numbers that are no headings",
        "changelog-understood",
        lambda: bumped("# Changelog\n\n* **`0.4.0`**\n\n  * New.\n\n* **`0.3.0`**\n"),
        "`* **`0.4.0`**` (line 3)",
    ),
    (
        "a file that says that another took its place",
        "changelog-understood",
        lambda: written(BESIDE),
        "says in line 3 that another one took its place",
    ),
    (
        "entries under smaller headings at the versions' level",
        "changelog-entries",
        lambda: bumped("## Unreleased\n\n### Added\n\n- New.\n\n### v0.4.0\n\n- Old.\n"),
        "an entry that belongs to no version: line 5, `- New.`",
    ),
    (
        "entries under a version that did not come out",
        "changelog-entries",
        lambda: bumped("## 0.4.1 (unreleased)\n\n- New.\n\n## 0.4.0 (2026-10-01)\n\n- Old.\n"),
        "line 3, `- New.`",
    ),
    (
        "entries above what is to come",
        "changelog-entries",
        lambda: bumped("# Changelog\n\n## Coming soon\n\n* New.\n\n## Unreleased\n\n## [0.4.0] - 2026-10-01\n"),
        "line 5, `* New.`",
    ),
]


@pytest.mark.parametrize(
    ("planted", "gate", "found", "what"), PLANTED, ids=[f"{each[1]}: {each[0]}" for each in PLANTED]
)
def test_a_planted_failure_is_named(planted: str, gate: str, found: Callable[[], Evidence], what: str) -> None:
    assert fails(answer(found(), gate), "CHANGELOG.md", what), planted


@pytest.mark.parametrize("gate", ["changelog-understood", "changelog-entries"])
@pytest.mark.parametrize(
    "text",
    [
        CHANGELOG,
        HEADED,
        "# Changelog\n",
        "",
        "All that changed:\n\n- *Added* is what is new\n\n" + HEADED,
        "# Changelog\n\n- *Added* is what is new\n\n" + HEADED,
        "<!--\n## 0.9.0\n\n- a template\n-->\n" + HEADED,
        "```md\n## 0.9.0\n- an example\n```\n" + HEADED,
        "## [Unreleased](https://f.example/compare/v0.4.0...HEAD)\n\n### Upgrade to core 0.9\n\n- It works.\n\n## 0.4.0\n",
        "## Unreleased\n\n* TODO (or remove)\n\n## 0.4.0\n",
    ],
    ids=[
        *("in order", "nothing to come", "no version yet", "an empty file", "an introduction without a heading"),
        *(
            "an introduction",
            "a template in a comment",
            "an example",
            "another's number below",
            "a template to fill in",
        ),
    ],
)
def test_a_changelog_in_order_passes(gate: str, text: str) -> None:
    assert answer(bumped(text), gate).outcome is Outcome.PASS


FRAGMENTS = (
    *(".changes/fix-flap.md", ".changeset/brave-owls-fly.md", "crates/app/changelog.d/12.fixed.md"),
    *("newsfragments/4012.added.md", ".changelog/unreleased/1-fix.md"),
)


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_that_is_in_no_changelog_is_named(path: str) -> None:
    assert fails(answer(tree(APP, sources={path: ""}), "changelog-fragments"), path, "in no changelog yet")


def test_what_lies_beside_fragments_is_none() -> None:
    beside = dict.fromkeys(
        (".changes/config.json", ".changeset/README.md", "changelog.d/.gitkeep", ".changes/v0.3.0.md"), ""
    )
    assert answer(tree(APP, sources=beside), "changelog-fragments").outcome is Outcome.SKIP


def test_fragments_of_a_project_without_a_changelog_are_its_own_affair() -> None:
    found = tree(APP, sources={FRAGMENTS[0]: ""}, profile=project(changelog=""))
    assert answer(found, "changelog-fragments").why == "the profile names no changelog"


def test_notes_that_come_from_commits_are_notes() -> None:
    looked = seen(APP, changelogs={"CHANGELOG.md": HEADED}, proposals={"CHANGELOG.md": "- Flaps"})
    assert answer(evidence(looked), "changelog-entries").outcome is Outcome.PASS
    written = evidence(looked).tree
    assert written is not None
    assert str(TODAY) in written.files.texts["CHANGELOG.md"]


BREAKS = "## [Unreleased]\n\n### Breaking\n\n- No doors.\n\n"
OLDER = "## [{version}] - 2026-10-01\n\n- Old.\n"
TOO_LOW: list[tuple[str, str, str, str, str]] = [
    ("a heading, in a patch of 1.x", "1.4.0", "patch", BREAKS, "`2.0.0`"),
    ("a heading, in a minor version of 1.x", "1.4.0", "minor", BREAKS, "`2.0.0`"),
    ("below 1.0, where y has to move", "0.4.0", "0.4.1", BREAKS, "`0.5.0`"),
    ("a candidate of a patch", "1.4.0", "1.4.1-rc.1", BREAKS, "`2.0.0`"),
    ("a mark in an entry", "1.4.0", "minor", "## [Unreleased]\n\n- **breaking:** No doors.\n\n", "`2.0.0`"),
]


def released(version: str, asked: str, text: str, **source: object) -> Evidence:
    """A release of `asked`, with the changelog's text above the section of the tree's version."""
    texts = {"CHANGELOG.md": text + OLDER.format(version=version)}
    return evidence(seen(package("app", version=version), changelogs=texts, **source), asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "version", "asked", "text", "way"), TOO_LOW, ids=[row[0] for row in TOO_LOW])
def test_a_section_that_says_breaking_in_a_version_that_does_not_let_it_out(
    reason: str, version: str, asked: str, text: str, way: str
) -> None:
    found = answer(released(version, asked, text), "breaking-level")
    assert fails(found, "CHANGELOG.md", "that something is breaking"), reason
    assert way in found.problems[0].fix
    assert f"follows `{version}`" in found.problems[0].what


LET_OUT = [
    ("the next major version", "1.4.0", "major", BREAKS),
    ("below 1.0, the next y", "0.4.0", "minor", BREAKS),
    ("below 0.1, any version", "0.0.4", "patch", BREAKS),
    ("a candidate of the next major version", "1.4.0", "2.0.0-rc.1", BREAKS),
    ("a first release", "0.4.0", "0.4.0", "## 0.4.0\n\n### Breaking\n\n- No doors.\n\n<!--\n"),
    ("nothing that breaks", "1.4.0", "patch", "## [Unreleased]\n\n- A rivet.\n\n"),
    ("a heading without entries", "1.4.0", "patch", "## [Unreleased]\n\n### Breaking\n\n### Fixed\n\n- A rivet.\n\n"),
]


@pytest.mark.parametrize(("reason", "version", "asked", "text"), LET_OUT, ids=[row[0] for row in LET_OUT])
def test_a_section_whose_version_lets_it_out_passes(reason: str, version: str, asked: str, text: str) -> None:
    assert answer(released(version, asked, text), "breaking-level").outcome is Outcome.PASS, reason


def test_a_version_that_the_changelog_leaves_out_counts_if_the_registry_has_it() -> None:
    text = "## [Unreleased]\n\n### Breaking\n\n- No doors.\n"
    found = evidence(
        seen(package("app", version="1.4.0"), changelogs={"CHANGELOG.md": text}, registry={"app": ["1.4.0"]}), "patch"
    )
    assert fails(answer(found, "breaking-level"), "CHANGELOG.md", "follows `1.4.0`")


def test_the_profile_can_make_it_advice() -> None:
    found = released("1.4.0", "patch", BREAKS)
    assert found.tree is not None
    advised = project().model_copy(update={"gates": GateStyle(advice=("breaking-level",))})
    tree_of_it = found.tree.model_copy(update={"project": advised})
    told = next(each for each in check(found.model_copy(update={"tree": tree_of_it})) if each.gate == "breaking-level")
    assert (told.opens, told.advised, len(told.warnings)) == (True, True, 1)
