from __future__ import annotations

import pytest

from loadmaster.planning.crates_io.manifest_types import WrongType, first_wrong_type
from loadmaster.planning.crates_io.toml_excerpt import read_toml, with_excerpt


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param("", None, id="nothing at all: the package may be called otherwise"),
        pytest.param('[package]\nname = "a"\nunknown = 1', None, id="a field that nobody knows"),
        pytest.param('[package]\nname = "a"\nversion.workspace = true', None, id="a version that is inherited"),
        pytest.param('[package]\nname = "a"\nversion.workspace = false', ("package", "version"), id="one that is not"),
        pytest.param('[package]\nname = "a"\nreadme = false', None, id="no readme"),
        pytest.param("[features]\na = [1]\n[package]\nname = 1", ("features", "a", 0), id="the document's order"),
        pytest.param(
            "[package]\nlinks = 1\n[features]\na = 1", ("package", "links"), id="a field before a missing one"
        ),
        pytest.param("[package]\n[features]\na = 1", ("package",), id="a missing one before the next table"),
        pytest.param("[target.x.dependencies]\na = 1", ("target", "x", "dependencies", "a"), id="of one target"),
        pytest.param(
            "[dependencies]\na = { workspace = true, optional = 1 }", ("dependencies", "a"), id="half inherited"
        ),
    ],
)
def test_the_first_value_of_another_type_is_found(text: str, keys: tuple[str | int, ...] | None) -> None:
    wrong = first_wrong_type(read_toml(text))
    assert (wrong.keys if wrong else None) == keys


def test_a_value_that_cannot_be_found_in_the_text_is_told_without_an_excerpt() -> None:
    assert with_excerpt('a = "b"', WrongType(("no", "such", "place"), "it is wrong")) == "it is wrong\n"


def test_a_value_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    text = "[package]\nlinks = [\n  1,\n]\n"
    assert with_excerpt(text, WrongType(("package", "links"), "it is wrong")).splitlines()[2:4] == [
        "2 | links = [",
        "  |         ^",
    ]
