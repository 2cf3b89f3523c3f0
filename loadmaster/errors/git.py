"""git and the remote."""

from __future__ import annotations

from typing import ClassVar

from loadmaster.errors.base import LoadmasterError


class NotObserved(LoadmasterError):
    """The act was accepted, but its object is absent when it is observed again."""

    transient: ClassVar[bool] = True

    def __init__(self, kind: str, name: str, where: str) -> None:
        super().__init__(
            f"The {kind} `{name}` was accepted by `{where}`, but is not there.",
            why="somebody changed it at the same moment, a hook undid it, or the answers come from a copy that lags.",
            fix="look for it there; then press Retry: if it is there by then, it is recognised.",
        )


class TagTaken(LoadmasterError):
    """At the remote, the tag is on another commit."""

    final: ClassVar[bool] = True

    def __init__(self, tag: str, ours: str, theirs: str) -> None:
        super().__init__(
            f"The tag `{tag}` is on commit `{theirs}`; this release's commit is `{ours}`.",
            why="it was pushed by hand or by another release; a pushed tag is never moved.",
            fix="release another version.",
        )


class GitMissing(LoadmasterError):
    """There is no `git` on the path."""

    def __init__(self) -> None:
        super().__init__(
            "There is no `git` on the search path.",
            why="it is not installed, or `PATH` does not name its directory.",
            fix="install git 2.36 or newer, then try again.",
        )


class NotARepository(LoadmasterError):
    """A directory that should be a git repository is none, or is not ours to read."""

    def __init__(self, directory: str, told: str) -> None:
        super().__init__(
            f"`{directory}` is not a git repository that can be read: {told}",
            why="the path is misspelt, the directory is gone, or it belongs to another user.",
            fix="name the top of a repository; a plain directory is imported, not cloned.",
        )


class TagMissing(LoadmasterError):
    """The remote lacks the tag of a release that should be published."""

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"The remote has no tag `{tag}`.",
            why="this version was never released from there, or the profile's `release.tag` has another pattern.",
            fix="name a version whose tag `git ls-remote --tags` shows, or mend the pattern.",
        )


class UnknownCommit(LoadmasterError):
    """The repository does not have the revision."""

    def __init__(self, repository: str, revision: str) -> None:
        super().__init__(
            f"`{repository}` has no commit `{revision}`.",
            why="it is misspelt or shortened, was never pushed there, or the clone is shallow.",
            fix="push the commit, or name one that `git log` shows in that repository.",
        )


class GitRemoteMissing(LoadmasterError):
    """There is no repository at that address."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"There is no repository at `{remote}`: {told}",
            why="the address or path is misspelt, or the repository is private and no credential was given.",
            fix="check the address with `git ls-remote`.",
        )


class GitDenied(LoadmasterError):
    """The remote asked for a credential, or did not accept the one that it was given."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` refused access: {told}",
            why="no credential was given, it has expired, or it does not cover this repository.",
            fix="give the release a credential that may do this, then press Retry.",
        )


class GitRemoteUnreachable(LoadmasterError):
    """The remote did not answer, or broke off."""

    transient: ClassVar[bool] = True

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` could not be reached: {told}",
            why="the network, a proxy, or the forge is down for the moment.",
            fix="press Retry when it is back; nothing was half done.",
        )


class GitFailed(LoadmasterError):
    """git failed, and no class of the catalogue fits."""

    def __init__(self, command: str, directory: str, told: str) -> None:
        super().__init__(
            f"`{command}` failed in `{directory}`: {told}",
            why="git's own words above are all that is known.",
            fix="if they mention a lock or a broken object, remove that directory: it is Loadmaster's and is made again.",
        )


class DirectoryTaken(LoadmasterError):
    """The directory of a new clone exists already."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"`{directory}` exists; a clone goes into a new directory only.",
            why="an earlier run left it there.",
            fix="remove it, or use what is in it.",
        )


class NothingToCommit(LoadmasterError):
    """The checkout equals its commit."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"There is nothing to commit in `{directory}`.",
            why="the edits are in its commit already, or changed nothing.",
            fix="check that the planned version is not the one of the commit.",
        )


class PushForced(LoadmasterError):
    """A refspec that overwrites or deletes; never sent."""

    def __init__(self, refspec: str) -> None:
        super().__init__(
            f"The refspec `{refspec}` would overwrite or delete at the remote.",
            why="a leading `+` forces, a leading `:` deletes; a release does neither.",
            fix="push `SOURCE:refs/heads/BRANCH` or `refs/tags/TAG`.",
        )


class PushRefused(LoadmasterError):
    """The remote did not take one of the refs, and so none of the push. A subclass for each reason that can be recognised."""

    _why: ClassVar[str] = "a hook of the remote refused it; its words are above."
    _fix: ClassVar[str] = "mend what it names, then press Retry."

    def __init__(self, ref: str, remote: str, told: str) -> None:
        super().__init__(f"`{remote}` did not take `{ref}`: {told}", why=self._why, fix=self._fix)


class PushProtected(PushRefused):
    """A protected branch or a rule on tags."""

    _why = "the branch or tag is protected, and the credential may not bypass the protection."
    _fix = "bring the commit in as the rule asks (a pull request, a bot that may bypass it), then press Retry."


class PushNotFastForward(PushRefused):
    """The branch moved on since the clone was made."""

    _why = "somebody pushed to the branch in the meantime."
    _fix = "start a new release from the branch's head; a release never forces."


class RemoteTagExists(PushRefused):
    """The tag is at the remote, and is another object."""

    final: ClassVar[bool] = True

    _why = "it was pushed by hand or by another release; a pushed tag is never moved."
    _fix = "compare it with `git ls-remote --tags`; if it is not this release's, release another version."
