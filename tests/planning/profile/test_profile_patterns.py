"""The regular expressions of a profile: where they are found, and when they are given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.errors.edits import PatternTooSlow
from loadmaster.planning.profile import profile_patterns
from loadmaster.planning.profile.profile_patterns import find_all, groups_of
from loadmaster.planning.profile.project import Project

_line = st.text("ab v1.", max_size=6)


@given(st.lists(st.tuples(_line, st.sampled_from(["\n", "\r\n"]))), _line)
def test_what_is_found_stands_there_whichever_way_the_lines_end(lines: list[tuple[str, str]], last: str) -> None:
    text = "".join(map("".join, lines)) + last
    found = find_all(r"^(v1)$", 1, text, "a.md")
    assert [text[each.start : each.end] for each in found] == ["v1"] * len(found)
    assert [each.line for each in found] == [number for number, line in enumerate(text.splitlines(), 1) if line == "v1"]


def test_a_group_that_holds_nothing_is_not_found() -> None:
    assert [each.text for each in find_all("a(b)?", 1, "a ab", "a.md")] == ["b"]


def test_a_pattern_that_goes_on_and_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_patterns, "_PATIENCE", 0.05)
    with pytest.raises(PatternTooSlow, match=r"was not found in `a\.md` within"):
        find_all(r"^(([a-z])+.)+[A-Z]([a-z])+$", 1, "a" * 20_000, "a.md")


def test_what_is_no_pattern_is_told_in_words() -> None:
    assert groups_of("(a)(b)") == 2
    with pytest.raises(ValueError, match="it is not a regular expression"):
        groups_of("(a")


@pytest.mark.parametrize("path", ["/etc/hosts", "../up.md", "docs/../../up.md", ".git/config", ".", ".."])
@pytest.mark.parametrize(
    "release",
    [
        lambda path: {"changelog": path},
        lambda path: {"files": [{"path": path, "pattern": "v{version}"}]},
        lambda path: {"publish_lists": [{"file": path, "pattern": "(a)"}]},
    ],
    ids=["changelog", "files", "publish_lists"],
)
def test_no_path_of_a_profile_leads_out_of_the_tree(path: str, release: Callable[[str], dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="is no file of the tree"):
        Project.model_validate({"name": "a", "forge": "a/b", "source": {"repository": "a"}, "release": release(path)})
