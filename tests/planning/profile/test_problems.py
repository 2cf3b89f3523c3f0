"""The lines of a profile's fields."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.profile.problems import FieldPlace, line_at, lines_of

TEXT = '''# a comment
title = "a"  # [no.table]

[source]
path.x = 1
[[release.files]]
path = "a"
[[release.files]]
path = """
[not.one]
x = 3
"""
[release]
exclude = [
  { package = "a" },

  # more
]
[[release.files.sub]]
k = { a = 1, b = { c = 2 } }
'''


def test_tables_and_fields_have_the_line_in_which_they_begin() -> None:
    lines = lines_of(TEXT)
    wanted: dict[FieldPlace, int] = {
        ("title",): 2,
        ("source",): 4,
        ("source", "path", "x"): 5,
        ("release", "files", 0, "path"): 7,
        ("release", "files", 1): 8,
        ("release", "files", 1, "path"): 9,
        ("release", "exclude"): 14,
        ("release", "files", 1, "sub", 0, "k", "b", "c"): 20,
    }
    assert {place: lines.get(place) for place in wanted} == wanted
    assert not any("not" in place for place in lines)


def test_a_place_without_a_line_has_that_of_what_is_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_at(lines, ("release", "exclude", 0, "why")) == 14
    assert line_at(lines, ("nowhere",)) is None


def test_text_that_is_no_toml_has_no_lines() -> None:
    assert lines_of("a = [\n") == {}


def test_a_document_that_would_take_minutes_loses_its_last_lines() -> None:
    lines = lines_of("a = 1\nb = [\n" + "1,\n" * 10_000 + "]\nc = 1\n")
    assert lines == {("a",): 1}


def places_in(value: Any, place: FieldPlace = ()) -> set[FieldPlace]:
    if isinstance(value, dict):
        return {place} | {inner for name, one in value.items() for inner in places_in(one, (*place, name))}
    return {place}


_NAMES = st.sampled_from(["a", "b", '"c d"', "e-f"])
_VALUES = st.sampled_from(["1", '"x # [y]"', "[\n 1,\n 2,\n]", "{ x = 1 }", "'''\n[z]\n'''"])


@given(
    st.dictionaries(_NAMES, _VALUES, max_size=4), st.dictionaries(_NAMES, st.dictionaries(_NAMES, _VALUES, max_size=3))
)
def test_every_field_of_a_sound_document_has_a_line_that_holds_its_name(
    top: dict[str, str], tables: dict[str, dict[str, str]]
) -> None:
    inner = {f"t.{name}": fields for name, fields in tables.items()}
    text = "".join(f"{name} = {value}\n" for name, value in top.items())
    for name, fields in inner.items():
        text += f"\n[{name}]\n" + "".join(f"{each} = {value}\n" for each, value in fields.items())
    lines = lines_of(text)
    for place in places_in(tomllib.loads(text)) - {(), ("t",)}:
        line = line_at(lines, place)
        assert line is not None
        assert str(place[-1]) in text.splitlines()[line - 1]
