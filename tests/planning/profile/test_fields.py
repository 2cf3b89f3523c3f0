"""What is said of each field of a profile."""

from __future__ import annotations

import pytest

from loadmaster.errors.profile.lying import ProfileFieldUnknown
from loadmaster.planning.profile.fields import explain, tables
from loadmaster.planning.profile.project_page import page


@pytest.mark.parametrize("wanted", ["release.tag", "`release.tag`", "[release.tag]", " release.tag "])
def test_a_field_is_explained_as_the_page_explains_it(wanted: str) -> None:
    table, field = explain(wanted)
    assert field is not None
    assert (table.header, field.name, field.default) == ("[release]", "tag", '`"v{version}"`')
    assert field.says in page()


def test_a_table_is_explained_with_its_fields() -> None:
    table, field = explain("[[release.files]]")
    assert field is None
    assert (table.header, "pattern" in {each.name for each in table.fields}) == ("[[release.files]]", True)


UNKNOWN = [
    ("without its table", "tag", "release.tag"),
    ("misspelt", "release.tga", "release.tag"),
    ("misspelt, without its table", "sandbox_read", "cargo.sandbox_reads"),
    ("of another table", "cargo.policy", "release.policy"),
]


@pytest.mark.parametrize(("wanted", "nearest"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_for_an_unknown_field_the_nearest_are_named(wanted: str, nearest: str) -> None:
    with pytest.raises(ProfileFieldUnknown) as caught:
        explain(wanted)
    assert f"`{nearest}`" in caught.value.what


def test_a_name_that_is_like_none_has_no_nearest() -> None:
    with pytest.raises(ProfileFieldUnknown) as caught:
        explain("qqqqqq")
    assert "Did you mean" not in caught.value.what


def test_every_field_and_every_table_says_something() -> None:
    assert [table.path_of(field) for table in tables() for field in table.fields if not field.says] == []
    assert [table.header for table in tables() if not table.says] == []
