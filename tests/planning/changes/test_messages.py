"""What commit messages say."""

from __future__ import annotations

import pytest

from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.messages import Commit, change_in, standing, touching
from tests.kit.surveyed import commit

FIX, FEATURE, BREAKING = Change

SAID = [
    ("feat: add wings", FEATURE),
    ("feat(wing): add flaps", FEATURE),
    ("Feat: add wings", FEATURE),
    ("fix: the door", FIX),
    ("feat!: no more doors", BREAKING),
    ("refactor(hull)!: smaller doors", BREAKING),
    ("fix: the door\n\nBREAKING CHANGE: it opens the other way", BREAKING),
    ("fix: the door\n\nBREAKING-CHANGE: it opens the other way", BREAKING),
    ("Add wings (#12)", FIX),
    ("feature request of a customer", FIX),
    ("fix: say that no BREAKING CHANGE: is here", FIX),
    ("feat add wings", FIX),
    ("Wings!: they fly", BREAKING),
    ("Merge branch 'feat: x'", FIX),
    ("", FIX),
]


@pytest.mark.parametrize(("message", "change"), SAID, ids=[row[0].partition("\n")[0] or "nothing" for row in SAID])
def test_a_message_says_what_the_change_is(message: str, change: Change) -> None:
    assert change_in(message) is change


def takes_back(other: Commit, number: int) -> Commit:
    return commit(f'Revert "{other.subject}"\n\nThis reverts commit {other.id}.', number)


def test_a_commit_that_was_taken_back_says_nothing_and_neither_does_the_one_that_takes_it_back() -> None:
    first, second = commit("feat!: no doors", 1), commit("fix: a rivet", 2)
    assert standing((takes_back(first, 3), second, first)) == (second,)


def test_a_commit_that_was_brought_back_stands() -> None:
    first = commit("feat!: no doors", 1)
    back = takes_back(first, 2)
    again = takes_back(back, 3)
    assert standing((again, back, first)) == (first,)


def test_taking_back_what_was_released_before_is_a_change() -> None:
    alone = takes_back(commit("feat: wings", 1), 2)
    assert standing((alone,)) == (alone,)


def test_only_commits_that_touch_a_path_count() -> None:
    here, there = commit("One", 1, "hull/src/lib.rs"), commit("Two", 2, "docs/x.md")
    assert touching((here, there), {"hull/src/lib.rs", "hull/Cargo.toml"}) == (here,)
