"""What was seen of each package since its last release: the evidence of what changed. Values only, no judgement.

Whoever looks (`loadmaster.steps.changes.survey`) writes down what could not be seen as unknown, and never as unchanged.
"""

from __future__ import annotations

from loadmaster.planning.changes.entries import Entry
from loadmaster.planning.changes.level import Change
from loadmaster.planning.changes.messages import Commit
from loadmaster.planning.values.value import Value


class ApiSeen(Value):
    """What cargo-semver-checks says of a package's API, beside that of its last release."""

    asked: bool
    why: str = ""
    """Why there is no answer."""
    needs: Change | None = None
    """What the changes of the API ask for; None for nothing in particular."""
    findings: tuple[str, ...] = ()


class PackageSeen(Value):
    """A package that may be published."""

    name: str
    version: str
    """The tree's."""
    is_new: bool
    """Whether the registry has no version of it."""
    released: str | None = None
    """The version on the registry that it is compared with; None if every version there is above the tree's line."""
    tag: str | None = None
    """The tag that this version should have."""
    is_tagged: bool = False
    """Whether the history has this tag."""
    since: str | None = None
    """The commit of that version: of its tag, else the one that the published crate names. None if neither is in the history."""
    above: str | None = None
    """A higher version of its line that was released from elsewhere: the next number comes after this one."""
    files: tuple[str, ...] | None = ()
    """Packaged files that are not those of `released`; None if that is not known."""
    why_unknown: str = ""
    """Why `files` is not known."""
    commits: tuple[Commit, ...] = ()
    """The commits since `since` that touch packaged files, the newest first."""
    entries: tuple[Entry, ...] = ()
    """What the changelog says of what is to come."""
    has_library: bool = True
    """Whether others can use its types; True if that is not known."""
    api: ApiSeen | None = None
    """None if nobody had to ask: the answer could change nothing."""

    @property
    def counted_from(self) -> str | None:
        """The version that the next one comes after."""
        return self.above or self.released

    @property
    def is_changed(self) -> bool | None:
        """Whether a release would bring its users something else; None if that is not known."""
        if self.files is None:
            return None
        if not self.files:
            return False
        return bool(self.commits) if self.since is not None else None
