"""git and the remote."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from loadmaster.errors.base import LoadmasterError, in_one_line, some_names

_COMPLETES = {"history": "--tags --unshallow", "objects": "--tags --refetch", "tags": "--tags"}
"""What git is told to bring what a clone lacks."""


class NotObserved(LoadmasterError):
    """The act was accepted, but its object is absent when it is observed again."""

    transient: ClassVar[bool] = True

    def __init__(self, kind: str, name: str, where: str) -> None:
        super().__init__(
            f"The {kind} `{name}` was accepted by `{where}`, but is not there.",
            why="somebody changed it at the same moment, a hook undid it, or the answers come from a copy that lags.",
            fix="look for it there, then try again: if it is there by then, it is recognised.",
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

    def __init__(self, tag: str, remote: str) -> None:
        super().__init__(
            f"The remote has no tag `{tag}`.",
            why="this version was never released from there, or the profile's `release.tag` has another pattern.",
            fix=f"name a version whose tag `git ls-remote --tags {shlex.quote(remote)}` shows, or mend the pattern.",
        )


class UnknownCommit(LoadmasterError):
    """The repository does not have the revision."""

    def __init__(self, repository: str, revision: str) -> None:
        super().__init__(
            f"`{repository}` has no commit `{revision}`.",
            why="it is misspelt or shortened, was never pushed there, or the clone is shallow.",
            fix="push the commit, or name one that `git log` shows in that repository.",
        )


class BranchMissing(LoadmasterError):
    """The repository does not have the branch that is to be released."""

    def __init__(self, repository: str, branch: str, known: Sequence[str]) -> None:
        super().__init__(
            f"`{repository}` has no branch `{branch}`; it has {some_names(known) or 'none'}.",
            why="`source.branch` in the profile, or `--branch`, names one that was renamed, never pushed there, or is only on "
            "another remote; a clone has as branches only what was checked out in it.",
            fix="name one of its branches, or make the branch there, then try again.",
        )


class SourceIncomplete(LoadmasterError):
    """A person's clone lacks history, tags or objects, and they could not be had from where it was cloned."""

    def __init__(self, repository: str, lacking: str, told: str) -> None:
        super().__init__(
            f"`{repository}` lacks {lacking} that a release needs: {in_one_line(told)}",
            why="it is a shallow or a partial clone, or one without tags. Tags and notes would be made from what is not all.",
            fix=f"run `git -C {shlex.quote(repository)} fetch {_COMPLETES[lacking]}` while its remote can be reached (in a CI job: "
            "`fetch-depth: 0`); or name the remote's address as the repository.",
        )


class NoWorkTree(LoadmasterError):
    """A bare repository, where files have to be looked at."""

    def __init__(self, repository: str) -> None:
        super().__init__(
            f"`{repository}` has no files to look at: it is a bare repository.",
            why="a profile is written from a checkout; a release itself takes a bare repository, too.",
            fix="clone it, and name the clone; `[source] repository` in the profile may then name the bare one.",
        )


class CheckoutSparse(LoadmasterError):
    """A checkout in which tracked files are left out."""

    def __init__(self, repository: str, path: str, files: int) -> None:
        super().__init__(
            f"`{repository}` is a sparse checkout: `{path}` is not there, as the first of {files} tracked files.",
            why="a sparse checkout leaves files out, and what is not there cannot be looked at.",
            fix=f"run `git -C {shlex.quote(repository)} sparse-checkout disable`, or name a whole clone.",
        )


class CheckoutAltered(LoadmasterError):
    """Settings of one person's git give the files other bytes than everybody else has."""

    def __init__(self, repository: str, settings: tuple[str, ...]) -> None:
        told = ", ".join(f"`{each}`" for each in settings)
        super().__init__(
            f"`{repository}` has files with other bytes than a clone of it has, by {told}.",
            why="these settings are in your own configuration or in `.git`, so that no clone has them. A crate that you package "
            "there would differ from the one that is released.",
            fix="write what all should have into `.gitattributes` and commit it, or take the setting away.",
        )


class ObjectsReplaced(LoadmasterError):
    """`git replace` gives the commit other contents here than everywhere else."""

    def __init__(self, repository: str, commit: str, what: str, replaced: str) -> None:
        super().__init__(
            f"`{repository}` shows another `{what}` in commit `{commit}` than that commit has: `{replaced}` is replaced there.",
            why="somebody put an object in the place of another, which counts in this repository only.",
            fix=f"commit what is meant, and run `git replace --delete {replaced}` in the repository.",
        )


class SubmoduleRefused(LoadmasterError):
    """`.gitmodules` names what no release may ask or write."""

    def __init__(self, path: str, told: str) -> None:
        super().__init__(
            f"The submodule `{path}` cannot be fetched: {told}.",
            why="`.gitmodules` comes with the tree, and git would run a program or read this machine's files for such an entry.",
            fix="name an address of the form `https://HOST/PATH` in `.gitmodules`; or check the submodule out in the checkout that "
            "is released, because what is there is taken.",
        )


class GitRemoteMissing(LoadmasterError):
    """There is no repository at that address."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"There is no repository at `{remote}`: {in_one_line(told)}",
            why="the address or path is misspelt, or the repository is private and the credential does not cover it.",
            fix="correct the address, so that `git ls-remote ADDRESS` shows its branches, then try again.",
        )


class GitDenied(LoadmasterError):
    """The remote asked for a credential, or did not accept the one that it was given."""

    _why: ClassVar[str] = (
        "no credential was given, or the remote does not know it: it is misspelt, revoked or has expired."
    )
    _fix: ClassVar[str] = "give the release a credential that the remote knows, then try again."

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(f"`{remote}` refused access: {in_one_line(told)}", why=self._why, fix=self._fix)


class GitForbidden(GitDenied):
    """The remote knows the credential, and it may not do this."""

    _why = "the remote knows the credential, and it may not do this in this repository."
    _fix = "let it write there (a token: `contents: write`; a deploy key: with write access), or give another, then try again."


class GitHostUnknown(GitDenied):
    """ssh does not know the host's key."""

    _why = "ssh does not know the host's key, or the host has another key than the known one."
    _fix = (
        "compare the key with the one that the forge publishes, put it into `known_hosts` of this user, then try again."
    )


class GitArchived(GitDenied):
    """The repository takes nothing any more."""

    _why = "the repository is archived, so that nothing can be pushed to it."
    _fix = "let its owner end the archiving in the repository's settings, then try again."


class GitTooLarge(LoadmasterError):
    """The remote, or a proxy before it, takes no request of this size."""

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` takes no push of this size: {in_one_line(told)}",
            why="the forge, or a proxy before it, limits the size of a request.",
            fix="let whoever runs it raise the limit (nginx: `client_max_body_size`), or push by ssh, then try again.",
        )


class GitRemoteUnreachable(LoadmasterError):
    """The remote did not answer, broke off, or failed over what it was asked."""

    transient: ClassVar[bool] = True
    outage: ClassVar[bool] = True

    def __init__(self, remote: str, told: str) -> None:
        super().__init__(
            f"`{remote}` gave no usable answer: {in_one_line(told)}",
            why="the network, a proxy, or the remote itself is down for the moment.",
            fix="wait until it answers, then try again.",
        )


class GitFailed(LoadmasterError):
    """git failed, and no class of the catalogue fits."""

    def __init__(self, command: str, directory: str, told: str) -> None:
        super().__init__(
            f"`{command}` failed in `{directory}`: {told}",
            why="git's own words above are all that is known.",
            fix="if they mention a lock, let the program that holds it end; if they mention a broken object and the directory is "
            "in Loadmaster's store (`LOADMASTER_HOME`), remove it: it is made again. Then try again.",
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

    _why: ClassVar[str] = "the remote's words above are all that is known."
    _fix: ClassVar[str] = "mend what they name, then try again."

    def __init__(self, ref: str, remote: str, told: str) -> None:
        fix = self._fix.format(remote=shlex.quote(remote))
        super().__init__(f"`{remote}` did not take `{ref}`: {in_one_line(told)}", why=self._why, fix=fix)


class PushHookDeclined(PushRefused):
    """A hook of the remote refused it, in words of its own."""

    _why = "a hook of the remote refused it; its words are above."


class PushProtected(PushRefused):
    """A protected branch or a rule on tags."""

    _why = "the branch or tag is protected, and the credential may not bypass the protection."
    _fix = "bring the commit in as the rule asks (a pull request, a bot that may bypass it), then try again."


class PushNotFastForward(PushRefused):
    """The branch moved on since the clone was made."""

    _why = "somebody pushed to the branch in the meantime."
    _fix = "start a new release from the branch's head; a release never forces."


class RemoteTagExists(PushRefused):
    """The tag is at the remote, and is another object."""

    final: ClassVar[bool] = True

    _why = "it was pushed by hand or by another release; a pushed tag is never moved."
    _fix = "look at it with `git ls-remote --tags {remote}`; if it is not this release's, release another version."


class RemoteRefLocked(PushRefused):
    """The remote could not update the ref at that moment."""

    transient: ClassVar[bool] = True
    _why = "somebody else changes the same ref at the same moment, or a program that was killed there left its lock behind."
    _fix = "try again a little later; if it stays so, let whoever runs the remote remove the lock that it names."


class RemoteCannotStore(PushRefused):
    """The remote cannot write what it was sent."""

    _why = "the remote cannot write the objects: its disk or quota is full, or its files belong to another user."
    _fix = "let whoever runs the remote make room or put the rights of its files right, then try again."


class PushTooLarge(PushRefused):
    """A file, or all of the push, is larger than the remote takes."""

    _why = "a file in it, or all of it, is larger than the remote takes."
    _fix = (
        "take the file that it names out of the branch's history, or let the remote raise its limit, then release anew."
    )


class PushLacksWorkflowScope(PushRefused):
    """A commit touches a workflow's file, and the credential may not change those."""

    _why = "one of the pushed commits changes a file in `.github/workflows`, and the credential may not do that."
    _fix = "push that commit by hand, or give the release a credential with the permission `workflows: write`, then try again."


class PushShowsEmail(PushRefused):
    """The author's address is one that its owner keeps private."""

    _why = "the commit's author has an e-mail address that its owner keeps private at the forge."
    _fix = "put the forge's `noreply` address into `author_email` of the profile, or let the owner allow it, then release anew."


class PushHoldsSecret(PushRefused):
    """The forge has found a credential in a commit."""

    _why = "the forge has found a credential in a file of the pushed commits; its words name the place."
    _fix = "revoke that credential and take it out of the history, then release anew; it never reached the forge."


class PushToCheckedOut(PushRefused):
    """The remote has a work tree in which the branch is checked out."""

    _why = "the remote is a repository that somebody works in, and has this branch checked out."
    _fix = "make a bare repository of it, `git clone --bare {remote} DIRECTORY`, and name that one in the profile."


class PushShallow(PushRefused):
    """The clone lacks history that the remote needs."""

    _why = "the source is a shallow clone, so that the history that the remote needs is not there."
    _fix = "give the release a full clone (in a CI job: `fetch-depth: 0`), then try again."
