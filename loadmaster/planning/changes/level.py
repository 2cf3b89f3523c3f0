"""What a change means to those who use a package, and which version it asks for. Cargo's rules of SemVer.

In 0.y.z a breaking change moves y, and everything else z; in 0.0.z every change is breaking, and moves z.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from loadmaster.planning.values.version import parse


class Change(StrEnum):
    """The lightest first."""

    FIX = "fix"
    """Everything that asks for no more than a new release."""
    FEATURE = "feature"
    """Something new that breaks nobody."""
    BREAKING = "breaking"
    """Something that may break whoever takes it without a change of his own."""

    @property
    def weight(self) -> int:
        return list(Change).index(self)


_IN_WORK = re.compile(r"-(?:(?:dev|snapshot|git|wip|unreleased)\b|pre$)", re.IGNORECASE)
"""Pre-releases that say that the version is not out yet: nobody publishes those, but `-pre.1`."""


def heaviest(changes: Iterable[Change]) -> Change | None:
    return max(changes, key=lambda change: change.weight, default=None)


def next_after(version: str, change: Change) -> str:
    """The lowest version above `version` that lets out such a change. After a pre-release it is the next pre-release."""
    current = parse(version).replace(build=None)
    if current.prerelease is not None:
        return str(current.bump_prerelease())
    if current.major:
        part = {Change.FIX: "patch", Change.FEATURE: "minor", Change.BREAKING: "major"}[change]
    else:
        part = "minor" if change is Change.BREAKING and current.minor else "patch"
    return str(current.next_version(part))


def allows(before: str, after: str, change: Change) -> bool:
    """Whether going from `before` to `after` lets out such a change. A pre-release promised nothing."""
    older, newer = parse(before), parse(after)
    if older.prerelease is not None:
        return newer > older
    return newer > older and newer.finalize_version() >= parse(next_after(before, change))


def version_for(tree: str, released: str, change: Change) -> str:
    """The version that lets out a change since `released`: the tree's own, if a person has raised it that far already.

    A tree at `0.9.0-dev` or `0.9.0-pre` is on its way to 0.9.0.
    """
    raised = str(parse(tree).finalize_version()) if _IN_WORK.search(tree) else tree
    return raised if allows(released, raised, change) else next_after(released, change)
