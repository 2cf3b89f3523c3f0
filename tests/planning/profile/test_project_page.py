"""The page about profiles is the one that the model makes."""

from __future__ import annotations

from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.project_page import page
from tests.kit.checkout import ROOT


def test_the_page_is_current() -> None:
    told = (ROOT / "docs" / "project.md").read_text(encoding="utf-8")
    assert told == page(), "run: python -m loadmaster.planning.profile.project_page > docs/project.md"


def test_every_field_of_every_table_is_on_the_page() -> None:
    text = page()
    shapes = ("`{}`", "`[{}]`", "`[[{}]]`")
    assert all(any(each.format(name) in text for each in shapes) for name in Project.model_fields if name != "name")
    assert "| `toolchain` |" in text
    assert "`token`, `trusted-publishing`" in text
