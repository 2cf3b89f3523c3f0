from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.crates_io.requirement import is_version, normalize, strip_build


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("1", "^1"),
        ("1.2.3-rc.1", "^1.2.3-rc.1"),
        ("1.2.3+build", "^1.2.3"),
        ("=1.2.3", "=1.2.3"),
        (">= 1.2,<3", ">=1.2, <3"),
        ("~1.2", "~1.2"),
        ("*", "*"),
        (" x ", "*"),
        ("1.x", "1.*"),
        ("1.2.*", "1.2.*"),
        ("1.*.*", "1.*"),
        ("^1.2.*", "^1.2"),
        (">=1.*", ">=1"),
    ],
)
def test_requirements_are_spelled_as_the_index_spells_them(written: str, spelled: str) -> None:
    assert normalize(written) == spelled


@pytest.mark.parametrize(
    "written",
    [
        "",
        "abc",
        "1.",
        "01",
        "1 2",
        "1,",
        "*, 1",
        "1.*.2",
        "1.2.3-",
        "=>1",
        "1.2-rc",
        "1.2.x-rc",
        "1" * 30,
        ",".join("1" * 33),
    ],
)
def test_what_is_no_requirement(written: str) -> None:
    with pytest.raises(ValueError):
        normalize(written)


numbers = st.integers(0, 2**64 - 1).map(str)
operators = st.sampled_from(["", "=", ">", ">=", "<", "<=", "~", "^"])
comparators = st.builds(lambda op, parts: op + ".".join(parts), operators, st.lists(numbers, min_size=1, max_size=3))


@given(st.lists(comparators, min_size=1, max_size=4).map(",".join))
def test_a_normalized_requirement_is_its_own_normal_form(written: str) -> None:
    assert normalize(normalize(written)) == normalize(written)


def test_versions() -> None:
    assert is_version("1.0.0-rc.1+b.2")
    assert not is_version("1.0.0\n")
    assert not is_version("1.0.0-01")
    assert strip_build("1.0.0-rc.1+b") == "1.0.0-rc.1"
