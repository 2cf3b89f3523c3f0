"""How the versions of a workspace's members depend on each other: `release.policy` and `release.requirements` of a profile."""

from __future__ import annotations

from enum import StrEnum


class Policy(StrEnum):
    """Which members get a new version, and what happens to the requirements that members have on one another."""

    LOCKSTEP = "lockstep"
    """All get the same version, and all requirements move to it."""
    KEEP_CARET_FLOOR = "keep-caret-floor"
    """All get the same version; requirements move only if it is necessary."""
    INDEPENDENT = "independent"
    """Each member has a version of its own; requirements move only if it is necessary."""


class Requirements(StrEnum):
    """Which requirements on a member change to its planned version."""

    ALL = "all"
    """Every requirement. It keeps the operator and the number of components that its author chose."""
    CURRENT = "current"
    """Those that named the member's previous version. A requirement with an older floor moves only if it must."""
    NECESSARY = "necessary"
    """Only those that the planned version no longer satisfies."""
