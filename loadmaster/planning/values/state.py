"""The five states in which an object of a release can be observed."""

from __future__ import annotations

from enum import StrEnum


class ObjectState(StrEnum):
    """What was observed of a commit, a tag, a crate, a forge release or an asset, compared with what the plan wants."""

    ABSENT = "absent"
    """Not there: the step acts."""
    SAME = "same"
    """There, and byte-identical to what the plan wants: the step does nothing and succeeds."""
    EQUIVALENT = "equivalent"
    """There, and different only in what packaging may change: the step does nothing and succeeds, and the receipt says why."""
    DIFFERENT = "different"
    """There, and not ours: the step stops the release. It is never overwritten, and never taken for published."""
    UNKNOWN = "unknown"
    """Could not be observed: the step retries, then stops. It is never taken for absent or for done."""


THERE = frozenset({ObjectState.SAME, ObjectState.EQUIVALENT})
"""States of an object that is there and is ours."""
