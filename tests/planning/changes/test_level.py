"""Which version a change asks for, by Cargo's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.changes.level import Change, allows, heaviest, next_after, version_for
from loadmaster.planning.values.requirement import matches
from loadmaster.planning.values.version import parse

FIX, FEATURE, BREAKING = Change

NEXT = [
    ("1.4.2", "1.4.3", "1.5.0", "2.0.0"),
    ("0.4.2", "0.4.3", "0.4.3", "0.5.0"),
    ("0.0.2", "0.0.3", "0.0.3", "0.0.3"),
    ("1.4.2+spec-3", "1.4.3", "1.5.0", "2.0.0"),
    ("2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.2", "2.0.0-rc.2"),
    ("0.9.0-alpha", "0.9.0-alpha.0", "0.9.0-alpha.0", "0.9.0-alpha.0"),
]


@pytest.mark.parametrize(("version", "fix", "feature", "breaking"), NEXT, ids=[row[0] for row in NEXT])
def test_the_next_version_of_each_change(version: str, fix: str, feature: str, breaking: str) -> None:
    assert [next_after(version, change) for change in Change] == [fix, feature, breaking]


ALLOWED = [
    ("a breaking change in a patch", "1.4.2", "1.4.3", BREAKING, False),
    ("a breaking change in a minor version", "1.4.2", "1.5.0", BREAKING, False),
    ("a breaking change in a major version", "1.4.2", "2.0.0", BREAKING, True),
    ("a feature in a patch", "1.4.2", "1.4.3", FEATURE, False),
    ("a feature below 1.0, where z moves for it", "0.4.2", "0.4.3", FEATURE, True),
    ("a breaking change below 1.0, where y moves for it", "0.4.2", "0.4.3", BREAKING, False),
    ("a breaking change below 0.1", "0.0.2", "0.0.3", BREAKING, True),
    ("a breaking change in a candidate of the next major version", "1.4.2", "2.0.0-rc.1", BREAKING, True),
    ("a breaking change in a candidate of a patch", "1.4.2", "1.4.3-rc.1", BREAKING, False),
    ("a breaking change after a candidate", "2.0.0-rc.1", "2.0.0", BREAKING, True),
    ("the same version", "1.4.2", "1.4.2", FIX, False),
    ("a lower one", "1.4.2", "1.4.1", FIX, False),
]


@pytest.mark.parametrize(("reason", "before", "after", "change", "allowed"), ALLOWED, ids=[row[0] for row in ALLOWED])
def test_what_a_version_lets_out(reason: str, before: str, after: str, change: Change, allowed: bool) -> None:
    assert allows(before, after, change) is allowed, reason


RAISED = [
    ("the tree is where the release was", "1.4.2", "1.4.2", FIX, "1.4.3"),
    ("a person raised it far enough", "2.0.0", "1.4.2", BREAKING, "2.0.0"),
    ("further than it needs", "2.0.0", "1.4.2", FIX, "2.0.0"),
    ("not far enough", "1.5.0", "1.4.2", BREAKING, "2.0.0"),
    ("to a candidate", "2.0.0-rc.1", "1.4.2", BREAKING, "2.0.0-rc.1"),
    ("to what is not meant to be published", "2.0.0-dev", "1.4.2", FIX, "2.0.0"),
    ("to what is on its way", "1.9.0-pre", "1.8.2", FIX, "1.9.0"),
    ("to a numbered one", "1.9.0-pre.1", "1.8.2", FIX, "1.9.0-pre.1"),
    ("the tree lags behind a hotfix", "1.4.2", "1.4.3", FIX, "1.4.4"),
]


@pytest.mark.parametrize(("reason", "tree", "released", "change", "version"), RAISED, ids=[row[0] for row in RAISED])
def test_what_a_person_wrote_into_the_tree_counts(
    reason: str, tree: str, released: str, change: Change, version: str
) -> None:
    assert version_for(tree, released, change) == version, reason


VERSIONS = st.builds("{}.{}.{}".format, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
CHANGES = st.sampled_from(Change)


@given(VERSIONS, CHANGES)
def test_the_next_version_is_higher_lets_the_change_out_and_is_taken_for_the_old_one_only_if_nothing_breaks(
    version: str, change: Change
) -> None:
    following = next_after(version, change)
    assert parse(following) > parse(version)
    assert allows(version, following, change)
    is_first = parse(version) < parse("0.1.0")
    assert matches(f"^{version}", following) is (change is not Change.BREAKING and not is_first)


@given(VERSIONS, VERSIONS, CHANGES)
def test_a_heavier_change_never_asks_for_less(tree: str, released: str, change: Change) -> None:
    lighter = [other for other in Change if other.weight <= change.weight]
    asked = [parse(version_for(tree, released, other)) for other in lighter]
    assert asked == sorted(asked)
    assert allows(released, version_for(tree, released, change), change)


def test_of_several_changes_the_heaviest_counts() -> None:
    assert heaviest((FIX, BREAKING, FEATURE)) is BREAKING
    assert heaviest(()) is None
