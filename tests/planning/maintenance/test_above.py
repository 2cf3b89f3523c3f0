"""What may come out below what is out already."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.maintenance.above import highest_above
from loadmaster.planning.values.version import parse

BACK, REMARK, FREE = True, False, None
CASES = [
    ("the next one", "1.5.0", ["1.4.0"], FREE),
    ("a first release", "0.1.0", [], FREE),
    ("a stable one below a pre-release", "0.8.21", ["0.8.20", "0.9.0-beta"], FREE),
    ("a stable one below its own pre-release of later numbers", "1.4.7", ["1.4.6", "1.5.0-rc.1"], FREE),
    ("an older series", "1.4.7", ["1.4.6", "2.0.0", "2.1.0"], REMARK),
    ("an older series below 1.0", "0.8.21", ["0.8.20", "0.9.0", "0.10.0"], REMARK),
    ("an older minor version", "1.4.7", ["1.4.6", "1.5.0"], BACK),
    ("a lower patch", "1.4.7", ["1.4.8"], BACK),
    ("a lower patch, and a higher series", "1.4.7", ["1.4.8", "2.0.0"], BACK),
    ("a series that the registry does not know", "0.1.1", ["2.0.0", "2.3.0"], BACK),
    ("0.0.3 is a series of its own", "0.0.4", ["0.0.3", "0.1.0"], BACK),
    ("a candidate below a later one", "1.0.0-rc.1", ["1.0.0-rc.2"], BACK),
    ("a candidate of what is out", "1.0.0-rc.1", ["1.0.0"], BACK),
    ("a candidate below one of a later version", "1.0.0-rc.1", ["0.9.0", "1.1.0-alpha"], FREE),
    ("a candidate of an older series", "1.5.0-rc.1", ["1.4.0", "2.0.0"], REMARK),
    ("last year's, by the calendar", "2025.12.1", ["2025.12.0", "2026.1.0"], REMARK),
    ("last month's, by the calendar", "2026.10.1", ["2026.10.0", "2026.11.0"], BACK),
    ("other build metadata", "1.0.3+spec-3", ["1.0.3+spec-2"], FREE),
]


@pytest.mark.parametrize(("reason", "planned", "published", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_version_below_others(reason: str, planned: str, published: list[str], expected: bool | None) -> None:
    found = highest_above(planned, published)
    assert (found and found.keeps_back) is expected, reason


ON_BRANCH = [
    ("an older minor version", "1.4.7", ["1.4.6", "1.5.0"], REMARK),
    ("a first patch of an older minor version", "1.4.1", ["1.5.0"], REMARK),
    ("a lower patch", "1.4.7", ["1.4.8", "1.5.0"], BACK),
]


@pytest.mark.parametrize(("reason", "planned", "published", "expected"), ON_BRANCH, ids=[case[0] for case in ON_BRANCH])
def test_a_version_below_others_from_a_maintenance_branch(
    reason: str, planned: str, published: list[str], expected: bool | None
) -> None:
    found = highest_above(planned, published, on_maintenance_branch=True)
    assert (found and found.keeps_back) is expected, reason


VERSIONS = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["", "-rc.1", "-rc.2"]),
)


@given(VERSIONS, st.lists(VERSIONS), st.booleans())
def test_only_what_is_really_above_counts_and_the_highest_is_always_free(
    planned: str, published: list[str], branch: bool
) -> None:
    found = highest_above(planned, published, on_maintenance_branch=branch)
    assert found is None or parse(found.highest) > parse(planned)
    highest = max((parse(text) for text in published), default=None)
    assert found is None or (highest is not None and highest > parse(planned))


@given(VERSIONS, st.lists(VERSIONS))
def test_a_maintenance_branch_never_holds_back_what_others_let_out(planned: str, published: list[str]) -> None:
    strict, lenient = highest_above(planned, published), highest_above(planned, published, on_maintenance_branch=True)
    assert not (lenient and lenient.keeps_back) or (strict is not None and strict.keeps_back)
