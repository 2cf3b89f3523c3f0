"""The pages for people who come from another tool: `init` says of their examples what the pages say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from loadmaster.planning.elsewhere.settings import Wish
from loadmaster.planning.elsewhere.show import settings_lines
from tests.kit.building import package
from tests.kit.checkout import ROOT
from tests.kit.tools import TAIL, WING, adopted, ground

PAGES = ROOT / "docs" / "from"
TEXTS = {"README.md": "# Wing\n\nwing = 1.2.0\n", "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 1.2.0\n"}
PROFILE = "loadmaster.toml"
_TITLED = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_TOLD = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of(page: str) -> Mapping[str, str]:
    return dict(_TITLED.findall(page))


def fulfilled(wishes: Iterable[Wish]) -> dict[str, Any]:
    """The tables of a profile in which these wishes are fulfilled, and nothing else is."""
    profile: dict[str, Any] = {}
    for wish in wishes:
        *tables, key = wish.setting.split(".")
        place = profile
        for name in tables:
            place = place.setdefault(name, {})
        if wish.is_element:
            place.setdefault(key, []).append(wish.value)
        elif wish.package:
            place.setdefault(key, {})[wish.package] = wish.value
        else:
            place[key] = wish.value
    return profile


@pytest.mark.parametrize("page", ["cargo-release", "release-plz", "knope", "changesets"])
def test_init_says_of_the_example_what_the_page_says(page: str) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    files = files_of(text)
    found = adopted({name: before for name, before in files.items() if name != PROFILE}, ground(texts=TEXTS))
    (told,) = _TOLD.findall(text)
    assert told.splitlines() == list(settings_lines(found.settings))
    assert tomllib.loads(files[PROFILE]) == fulfilled(found.wishes)


def test_the_habits_of_cargo_smart_release_are_those_of_its_page() -> None:
    text = (PAGES / "cargo-smart-release.md").read_text(encoding="utf-8")
    written = "# Changelog\n\n## 1.2.0 (2026-01-31)\n\n<csr-read-only-do-not-edit/>\n"
    at_top = package("wing", version="1.2.0", manifest="Cargo.toml")
    changelogs = {"CHANGELOG.md": written, "crates/tail/CHANGELOG.md": written}
    found = adopted({}, ground(at_top, package("tail", version="0.3.0"), texts=changelogs))
    assert tomllib.loads(files_of(text)[PROFILE]) == fulfilled(found.wishes)


def test_every_page_is_tried_here() -> None:
    tried = {"cargo-release", "release-plz", "knope", "changesets", "cargo-smart-release"}
    assert {Path(file).stem for file in PAGES.iterdir()} == tried


def test_planted_a_page_that_promises_another_setting_is_found() -> None:
    before = files_of('```toml title="release.toml"\nverify = false\n```\n')
    found = adopted(before, ground(WING, TAIL))
    assert fulfilled(found.wishes) == {"cargo": {"verify": False}}
    assert fulfilled(found.wishes) != tomllib.loads("[cargo]\nverify = true\n")
