"""cargo-smart-release has no settings; the changelogs that it wrote show its habits."""

from __future__ import annotations

from loadmaster.planning.elsewhere.settings import SettingFate
from loadmaster.planning.profile.tag_patterns import Patterns
from tests.kit.building import package
from tests.kit.tools import adopted, ground, setting

WRITTEN = (
    "# Changelog\n\n## 1.2.0 (2026-01-31)\n\n### Commit Statistics\n\n<csr-read-only-do-not-edit/>\n\n - 3 commits\n"
)
AT_TOP, TAIL = package("wing", version="1.2.0", manifest="Cargo.toml"), package("tail", version="0.3.0")
TEXTS = {"CHANGELOG.md": WRITTEN, "crates/tail/CHANGELOG.md": WRITTEN}


def test_its_habits_are_told_with_the_line_that_shows_them() -> None:
    found = adopted({}, ground(AT_TOP, TAIL, texts=TEXTS))
    assert {(each.tool, each.file, each.line) for each in found.settings} == {
        ("cargo-smart-release", "CHANGELOG.md", 7)
    }
    assert {each.key: each.fate for each in found.settings} == {
        "tags": SettingFate.BECAME,
        "changelogs": SettingFate.BECAME,
        "sections": SettingFate.LEFT,
        "versions": SettingFate.LEFT,
    }
    assert {wish.text for wish in found.wishes} == {
        'release.tag = "{name}-v{version}"',
        'release.tags.wing = "v{version}"',
        'release.changelog = "CHANGELOG.md"',
    }


def test_tags_of_another_shape_go_before_its_habit() -> None:
    here = ground(AT_TOP, TAIL, texts=TEXTS, patterns=Patterns(tag="{name}/{version}", tags={}))
    assert "have another shape, `{name}/{version}`" in setting(adopted({}, here), "tags").why


def test_one_changelog_for_all_is_named_by_its_path() -> None:
    here = ground(AT_TOP, TAIL, texts={"docs/CHANGELOG.md": WRITTEN})
    assert adopted({}, here).wish("release.changelog") == "docs/CHANGELOG.md"


def test_a_changelog_that_others_wrote_shows_nothing() -> None:
    assert adopted({}, ground(AT_TOP, texts={"CHANGELOG.md": "# Changelog\n\n## 1.2.0\n"})).settings == ()
