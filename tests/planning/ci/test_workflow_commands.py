"""GitHub's workflow commands: what others wrote is a part of ours, or inert."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.ci.workflow_commands import inert, workflow_command
from tests.kit.runner import Obeyed, obeyed

HOSTILE = [
    ("a command", "::error::x"),
    ("a command after blanks", " \t ::add-path::/evil"),
    ("a command after a blank that is not ASCII", "\u00a0::add-path::/evil"),
    ("a command in a second line", "fine\n::set-output name=a::b"),
    ("a command after a carriage return", "fine\r::set-env name=PATH::/evil"),
    ("a mask of everything", "::add-mask::e"),
    ("an end of obedience", "::stop-commands::token"),
    ("an older command within a line", "fine ##[add-path]/evil"),
    ("an older command of a group", "##[group]hidden"),
    ("a percent sign that is read as a line break", "x%0A::error::y"),
    ("a property that ends early", "a,line=1::b"),
    ("a colon and a comma", "C:\\a,b::c"),
]


@pytest.mark.parametrize("text", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
class TestHostileText:
    def test_it_is_carried_whole_in_data_and_in_properties(self, text: str) -> None:
        line = workflow_command("error", text, file=text, title=text)
        assert "\n" not in line
        assert "\r" not in line
        told = obeyed(line)
        assert told == [Obeyed("error", {"file": text, "title": text}, text)]

    def test_it_is_no_command_once_it_is_inert(self, text: str) -> None:
        assert obeyed(inert(text)) == []


def test_planted_what_is_not_made_inert_is_obeyed() -> None:
    assert [each.name for each in obeyed("fine\n ::add-path::/evil\nx ##[group]y")] == ["add-path", "group"]


PIECES = st.sampled_from([*":#[]%,\r\n \t=a", "\u00a0", "\ufeff", "::error::", "##[group]"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_at_all_is_a_command_once_it_is_inert(text: str) -> None:
    assert obeyed(inert(text)) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_text_comes_back_as_it_was(data: str, title: str) -> None:
    (told,) = obeyed(workflow_command("notice", data, title=title))
    assert (told.data, told.properties) == (data, {"title": title})


def test_text_that_is_no_command_stays_as_it_is() -> None:
    plain = "use std::fmt; // a::b\n  note: `::core` is fine within a line\n# a heading"
    assert inert(plain) == plain


def test_a_property_that_is_not_known_is_left_out() -> None:
    assert workflow_command("error", "x", file="a.rs", line=None, title="t") == "::error file=a.rs,title=t::x"
    assert workflow_command("endgroup", "") == "::endgroup::"
