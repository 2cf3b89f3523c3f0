"""Where a sparse index keeps a crate's file and its `.crate`, against cargo's rule told the other way round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.registry.sparse_index import crates_io_index, download_url, index_path, spellings

NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_-]{0,63}\Z")


@pytest.mark.parametrize(
    ("name", "path"),
    [("A", "1/a"), ("ab", "2/ab"), ("aBc", "3/a/abc"), ("Ab-cd", "ab/-c/ab-cd"), ("serde_json", "se/rd/serde_json")],
)
def test_where_a_sparse_index_keeps_a_crate(name: str, path: str) -> None:
    assert index_path(name) == path


@given(NAMES)
def test_a_path_ends_with_the_name_and_its_directories_spell_the_beginning_of_it(name: str) -> None:
    *directories, last = index_path(name).split("/")
    assert last == name.lower()
    if len(name) > 3:
        assert "".join(directories) == name.lower()[:4]
        assert [len(each) for each in directories] == [2, 2]
    else:
        assert directories == [str(len(name)), *([name.lower()[0]] if len(name) == 3 else [])]


@given(NAMES)
def test_names_that_differ_in_case_share_a_file(name: str) -> None:
    assert index_path(name) == index_path(name.upper()) == index_path(name.lower())


@given(NAMES)
def test_both_prefixes_are_the_directory_of_the_index_one_of_them_in_the_name_s_own_case(name: str) -> None:
    own, lower = download_url("{prefix} {lowerprefix}", name, "1.0.0", "c0").split(" ")
    assert own.lower() == lower == index_path(name).rpartition("/")[0]
    assert own.replace("/", "") in (name[:4], f"3{name[0]}", str(len(name)))


DL = [
    ("without markers, it is continued", "http://x/dl", "http://x/dl/Serde/1.0.0+b/download"),
    (
        "with markers, they are filled in and nothing is added",
        "http://x/{prefix}/{lowerprefix}/{crate}-{version}-{sha256-checksum}",
        "http://x/Se/rd/se/rd/Serde-1.0.0+b-c0",
    ),
    ("one marker is enough", "http://x/{sha256-checksum}", "http://x/c0"),
    ("a brace that is no marker is none", "http://x/{other}", "http://x/{other}/Serde/1.0.0+b/download"),
]


@pytest.mark.parametrize(("dl", "url"), [row[1:] for row in DL], ids=[row[0] for row in DL])
def test_the_address_of_a_crate_file(dl: str, url: str) -> None:
    assert download_url(dl, "Serde", "1.0.0+b", "c0") == url


def test_crates_io_s_index_is_a_sparse_one() -> None:
    assert crates_io_index().startswith("sparse+https://")
    assert crates_io_index().endswith(".crates.io/")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("itoa", ("itoa",)),
        ("Foo_bar", ("foo_bar", "foo-bar")),
        ("foo-bar_baz", ("foo-bar_baz", "foo-bar-baz", "foo_bar_baz")),
    ],
)
def test_a_name_is_asked_for_in_every_spelling_once_and_as_given_first(name: str, asked: tuple[str, ...]) -> None:
    assert spellings(name) == asked
