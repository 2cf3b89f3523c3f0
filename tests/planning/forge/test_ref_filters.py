"""Which names a workflow's filters let through: the examples of GitHub's own table, and what people write besides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.forge.ref_filters import lets_through


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (["feature/*"], "feature/my-branch"),
        (["feature/**"], "feature/beta-a/my-branch"),
        (["main"], "main"),
        (["*"], "releases"),
        (["**"], "all/the/branches"),
        (["*feature"], "ver-10-feature"),
        (["v2*"], "v2.9"),
        (["v[12].[0-9]+.[0-9]+"], "v1.10.1"),
        (["v*"], "v3.37.0"),
        (["v[0-9]+.[0-9]+.[0-9]+"], "v3.37.0"),
        (["v?1.0"], "1.0"),
        (["v?1.0"], "v1.0"),
        (["*", "!*-rc*", "v9-rc1"], "v9-rc1"),
        (["release/\\*"], "release/*"),
        (["[abc"], "[abc"),
        (["crate@*"], "crate@1.0.0"),
    ],
)
def test_a_name_that_passes(patterns: list[str], name: str) -> None:
    assert lets_through(patterns, name)


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (["feature/*"], "feature/a/b"),
        (["*"], "all/the/branches"),
        (["main"], "maintenance"),
        (["v[12].[0-9]+.[0-9]+"], "v3.1.0"),
        (["v*", "!v*-rc*"], "v1.0.0-rc.1"),
        (["!v*"], "w1"),
        ([], "v1"),
        (["v1.0"], "v1x0"),
        (["v[0-9]+.[0-9]+.[0-9]+"], "v3.37.0-rc.1"),
    ],
)
def test_a_name_that_does_not(patterns: list[str], name: str) -> None:
    assert not lets_through(patterns, name)


@given(st.lists(st.text(max_size=20), max_size=4), st.text(max_size=20))
def test_any_patterns_are_read(patterns: list[str], name: str) -> None:
    assert lets_through([*patterns, "!**"], name) in (False, "\n" in name)
