"""Landing: the release commit on its way to the release branch, by a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, some_names
from loadmaster.errors.forge.answers import ForgeRefused


class PullClosed(LoadmasterError):
    """Somebody closed the pull request without merging it."""

    def __init__(self, url: str, branch: str) -> None:
        super().__init__(
            f"The pull request {url} was closed, and its commit is not on `{branch}`",
            why="a person, or a bot, decided against it.",
            fix="open it again on the forge, or leave it closed and give this version up; then try again.",
        )


class PullConflicts(LoadmasterError):
    """The release branch has changed in the same places."""

    def __init__(self, url: str, branch: str) -> None:
        super().__init__(
            f"The pull request {url} cannot be merged: `{branch}` has changed in the same places.",
            why="somebody changed the manifests, a lockfile or the changelog after this release was planned.",
            fix="close the pull request and start a new run: it plans from the branch as it is now.",
        )


class PullOutdated(LoadmasterError):
    """The release branch moved on while the pull request was open: merging would make a tree that nobody planned."""

    def __init__(self, url: str, branch: str, base: str, tip: str) -> None:
        super().__init__(
            f"`{branch}` is at `{tip}` by now, and the pull request {url} was made for `{base}`.",
            why="somebody's commit came onto the branch in between; the release would have it without its having been checked.",
            fix="close the pull request and start a new run: it plans from the branch as it is now.",
        )


class PullOvertaken(LoadmasterError):
    """The merged tree is another than the planned one: somebody's commit came in between."""

    def __init__(self, url: str, commit: str, branch: str) -> None:
        super().__init__(
            f"What `{branch}` has as `{commit}`, by {url}, is not the planned tree.",
            why="other commits came onto the branch before it, so that the merge has their changes, too: nobody checked that tree.",
            fix="start a new run for the same version: it takes the branch as it is now, has nothing to bump, and checks that "
            "tree.",
        )


class PullHeadMoved(LoadmasterError):
    """Somebody else pushed to the pull request's branch."""

    def __init__(self, branch: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The branch `{branch}` is at `{theirs}`, and this release's commit is `{ours}`.",
            why="somebody pushed to it, or an earlier run of this version planned other edits.",
            fix="look at it; close its pull request and delete the branch if nobody needs it, then try again.",
        )


class PullChecksFailed(LoadmasterError):
    """A check that the release branch requires has failed."""

    def __init__(self, url: str, checks: Sequence[str]) -> None:
        super().__init__(
            f"Of the checks that the pull request {url} needs, these failed: {some_names(checks)}",
            why="the release commit breaks something, or the check itself is broken.",
            fix="look at them; let the forge run them again if the commit is not to blame, then try again. If it is, close the "
            "pull request, mend the branch, and start a new run.",
        )


class PullNotReady(LoadmasterError):
    """The pull request did not become ready, or was not merged, in the time that the profile allows."""

    def __init__(self, url: str, waits_for: str, waited: float) -> None:
        super().__init__(
            f"The pull request {url} has waited {waited:.0f} s: {waits_for}",
            why="a check or a person is slow, or the profile's `landing` allows too little time.",
            fix="settle it there, then try again: the same pull request is followed.",
        )


class ForgeMergeRefused(ForgeRefused):
    """405: the pull request cannot be merged now, or not by this method."""

    transient: ClassVar[bool] = True
    _why = "a rule of the branch is not met yet, or the repository does not allow this way of merging."
    _fix = (
        "look at the pull request; try again when it can be merged, or choose another `landing.method` in the profile."
    )
