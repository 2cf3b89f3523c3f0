"""How the versions of a workspace's members hang together: what a profile says in `release.policy` and `release.requirements`."""

from __future__ import annotations

from enum import StrEnum


class Policy(StrEnum):
    """Which members move, and what happens to the requirements that members have on one another."""

    LOCKSTEP = "lockstep"
    """All move together, and with them all requirements."""
    KEEP_CARET_FLOOR = "keep-caret-floor"
    """All move together; requirements move only where it is necessary."""
    INDEPENDENT = "independent"
    """Each member has a version of its own; requirements move only where it is necessary."""


class Requirements(StrEnum):
    """Which requirements on a member follow it to its planned version."""

    ALL = "all"
    """Every one, in the operator and the number of components that its author chose."""
    CURRENT = "current"
    """Those that said the member's version before; an older floor moves only where it must."""
    NECESSARY = "necessary"
    """Only those that the planned version no longer satisfies."""
