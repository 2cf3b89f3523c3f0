"""The settings of all tools together: which files are read, and which of two wishes is fulfilled."""

from __future__ import annotations

from loadmaster.planning.elsewhere.adopting import files_mentioned, tool_files
from loadmaster.planning.elsewhere.settings import SettingFate
from loadmaster.planning.elsewhere.show import settings_lines
from loadmaster.planning.tree.workspace import Workspace
from tests.kit.tools import TAIL, WING, adopted, ground, setting

BELOW = Workspace(packages=(WING.model_copy(update={"root": "rust/Cargo.toml"}),))


def test_the_files_of_all_tools_are_read_wherever_they_may_count() -> None:
    paths = {
        "release-plz.toml",
        "rust/.release-plz.toml",
        "rust/release.toml",
        "crates/wing/release.toml",
        "crates/wing/Cargo.toml",
        "rust/Cargo.toml",
        "knope.toml",
        ".changes/config.json",
        ".changie.yaml",
    }
    others = {"python/release.toml", "crates/tail/Cargo.toml", ".changes/a.md", "README.md"}
    assert set(tool_files(BELOW, paths | others)) == paths


def test_a_file_that_a_setting_names_is_found_from_every_place_that_it_may_count_from() -> None:
    texts = {
        "release.toml": "pre-release-replacements = [{ file = 'README.md' }, { file = '../../docs/x.md' }]\n",
        "rust/Cargo.toml": "[package]\nreadme = 'NOT.md'\n[package.metadata.release]\npre-release-hook = ['tool.sh']\n",
    }
    paths = {"README.md", "crates/wing/README.md", "docs/x.md", "rust/tool.sh", "NOT.md", "other/README.md"}
    assert set(files_mentioned(texts, BELOW, paths)) == {
        "README.md",
        "crates/wing/README.md",
        "docs/x.md",
        "rust/tool.sh",
    }


def test_of_two_wishes_the_first_is_fulfilled_and_the_other_is_told_by_whom() -> None:
    found = adopted(
        {
            "release-plz.toml": "[workspace]\ngit_tag_name = 'a{{ version }}'\n",
            "release.toml": "tag-name = 'b{{version}}'\n",
        }
    )
    assert found.wish("release.tag") == "a{version}"
    other = setting(found, "tag-name")
    assert (other.fate, other.became) == (SettingFate.LEFT, "")
    assert other.why == '`release.tag = "a{version}"` by `release-plz.toml`'


def test_two_tools_that_wish_the_same_are_both_fulfilled() -> None:
    found = adopted({"release-plz.toml": "[workspace]\npublish_no_verify = true\n", "release.toml": "verify = false\n"})
    assert [each.fate for each in found.settings] == [SettingFate.BECAME, SettingFate.BECAME]
    assert len(found.wishes) == 1


def test_the_lines_of_the_profile_say_each_setting_in_one() -> None:
    found = adopted(
        {"release.toml": "verify = false\nsign-tag = true\ntag-nam = '''\na\nb'''\npush = true\n"}, ground(WING, TAIL)
    )
    assert list(settings_lines(found.settings)) == [
        "release.toml (cargo-release)",
        "  1: verify = false: became cargo.verify = false",
        "  2: sign-tag = true: left: neither commits nor tags are signed",
        '  3: tag-nam = "a\\nb": unknown: cargo-release has no setting of this name that Loadmaster knows',
        "  6: push = true: is so anyway",
    ]
