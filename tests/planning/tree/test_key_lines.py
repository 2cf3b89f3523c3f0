"""On which line a setting stands, in the spellings that people use."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.tree.key_lines import SettingPath, json_lines, toml_lines, yaml_lines

TOML = '''# A comment with [brackets] and "quotes".
top = "a [text]" # another
[workspace]   # the defaults
tag = 'v{{ version }}'
body = """
[not.a.table]
not_a_key = 1
"""
after = true
list = [
  "one",  # [
  "two",
]
tables = [{ file = "a" },
  { file = "b", more = [1, 2] }, [
    "x"]]

[[package]]
name = "wing"
[[package]]
"name" = "tail"
[package.metadata.release]
tag-name = 1
a.b = 2
[x."y.z".w]
'''
LINES: dict[SettingPath, int] = {
    ("top",): 2,
    ("workspace",): 3,
    ("workspace", "tag"): 4,
    ("workspace", "body"): 5,
    ("workspace", "after"): 9,
    ("workspace", "list"): 10,
    ("workspace", "list", 0): 11,
    ("workspace", "list", 1): 12,
    ("workspace", "tables", 0): 14,
    ("workspace", "tables", 1): 15,
    ("workspace", "tables", 2): 15,
    ("package", 0): 18,
    ("package", 0, "name"): 19,
    ("package", 1): 20,
    ("package", 1, "name"): 21,
    ("package", 1, "metadata", "release"): 22,
    ("package", 1, "metadata", "release", "tag-name"): 23,
    ("package", 1, "metadata", "release", "a", "b"): 24,
    ("x", "y.z", "w"): 25,
}


@pytest.mark.parametrize(("place", "line"), LINES.items(), ids=map(str, LINES))
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_line_of_toml(place: SettingPath, line: int, ends: str) -> None:
    tomllib.loads(TOML)
    assert toml_lines(TOML.replace("\n", ends))[place] == line


def test_what_a_text_of_several_lines_holds_is_no_setting() -> None:
    found = toml_lines(TOML)
    assert ("not", "a", "table") not in found
    assert ("workspace", "not_a_key") not in found


_names = st.sampled_from(["a", "b-c", '"d.e"', "'f'"])
_values = st.sampled_from(
    ["1", '"[x]"', "'y = 1'", "[1, 2]", "[\n  'z',\n]", '"""\n[q]\nr = 1\n"""', "{ s = 1 }", "'''\n\n'''"]
)


@given(st.lists(st.tuples(_names, st.dictionaries(_names, _values)), unique_by=lambda pair: pair[0]))
def test_every_key_of_a_table_has_the_line_that_begins_with_it(tables: list[tuple[str, dict[str, str]]]) -> None:
    text = "".join(
        f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) for table, keys in tables
    )
    found, lines = toml_lines(text), text.splitlines()
    for table, keys in tomllib.loads(text).items():
        for key in keys:
            assert lines[found[(table, key)] - 1].partition(" = ")[0].strip("\"'") == key


def test_a_line_of_json() -> None:
    text = '{\n "a": {"b": [1,\n  {"c": 2}]},\n\n "d": "}"}\n'
    assert json_lines(text) == {
        ("a",): 2,
        ("a", "b"): 2,
        ("a", "b", 0): 2,
        ("a", "b", 1): 3,
        ("a", "b", 1, "c"): 3,
        ("d",): 5,
    }


def _places(value: Any, place: SettingPath = ()) -> set[SettingPath]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {place for place in [place] if place}.union(*(_places(each, (*place, key)) for key, each in inner))


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_every_place_of_json_has_a_line(value: Any) -> None:
    text = json.dumps(value, indent=2)
    found = json_lines(text)
    assert found.keys() == _places(value)
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


def test_a_line_of_yaml() -> None:
    text = "# A comment\nchangesDir: .changes\nreplacements:\n  - path: a\n    find: b\n  - {path: c}\n"
    found = yaml_lines(text)
    assert (found["changesDir",], found["replacements", 1], found["replacements", 0, "find"]) == (2, 6, 5)
