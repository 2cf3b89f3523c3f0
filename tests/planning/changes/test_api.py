"""What the comparisons of APIs say of planned versions."""

from __future__ import annotations

from loadmaster.planning.changes.api import judge_apis
from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.survey import ApiSeen

SAME = ApiSeen(asked=True)
GONE = ApiSeen(asked=True, needs=Change.BREAKING, findings=("function_missing: pub fn removed or renamed",))
MUST_USE = ApiSeen(asked=True, needs=Change.FEATURE, findings=("function_must_use_added",))
SLOW = ApiSeen(asked=False, why="no time")


def test_a_version_that_is_high_enough_passes() -> None:
    found = judge_apis(
        {"hull": ("1.4.0", "2.0.0", GONE), "mast": ("0.4.0", "0.4.1", MUST_USE), "deck": ("1.0.0", "1.0.1", SAME)}
    )
    assert (found.ran, found.passed, found.findings) == (True, True, ())


def test_one_that_is_too_low_is_named_with_what_was_found() -> None:
    found = judge_apis({"hull": ("1.4.0", "1.5.0", GONE), "mast": ("1.4.0", "1.4.1", MUST_USE)})
    assert (found.ran, found.passed) == (True, False)
    assert found.findings == (
        "`hull` 1.5.0 comes after 1.4.0, and its API needs a breaking one: function_missing: pub fn removed or renamed",
        "`mast` 1.4.1 comes after 1.4.0, and its API needs a feature one: function_must_use_added",
    )


def test_what_could_not_be_compared_is_said_beside_what_was() -> None:
    found = judge_apis({"hull": ("1.4.0", "1.4.1", SAME), "mast": ("1.4.0", "1.4.1", SLOW)})
    assert (found.ran, found.passed, found.unasked) == (True, True, ("`mast`: no time",))


def test_if_nothing_could_be_compared_nothing_ran() -> None:
    found = judge_apis({"hull": ("1.4.0", "1.4.1", SLOW), "mast": ("1.4.0", "1.4.1", SLOW)})
    assert (found.ran, found.passed, found.why) == (False, True, "no time")


def test_without_an_earlier_release_nothing_ran() -> None:
    found = judge_apis({})
    assert not found.ran
    assert "no package has an earlier release" in found.why
