"""What git's words about a remote mean: why it did not take a ref, and why it did not answer.

The words are git's own, and those that GitHub and GitLab send with them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from loadmaster.errors.git import (
    GitArchived,
    GitDenied,
    GitForbidden,
    GitHostUnknown,
    GitRemoteMissing,
    GitRemoteUnreachable,
    GitTooLarge,
    PushHoldsSecret,
    PushHookDeclined,
    PushLacksWorkflowScope,
    PushNotFastForward,
    PushProtected,
    PushRefused,
    PushShallow,
    PushShowsEmail,
    PushToCheckedOut,
    PushTooLarge,
    RemoteCannotStore,
    RemoteRefLocked,
    RemoteTagExists,
)


class PushRow(NamedTuple):
    kind: type[PushRefused | GitRemoteUnreachable]
    says: str
    """A regular expression that is searched in git's reason and the remote's words."""
    reason: str
    """An example: git's reason for one ref, word for word."""
    words: str = ""
    """The remote's words with it; none if git has only its reason."""


class ComplaintRow(NamedTuple):
    kind: type[GitDenied | GitRemoteMissing | GitRemoteUnreachable | GitTooLarge]
    says: str
    """A regular expression that is searched in git's complaint."""
    example: str


_DECLINED = "[remote rejected] (pre-receive hook declined)"
_PROTECTED = r"GH006|GH013|protected|rule violations"
_FORBIDDEN = r"marked as read only|Permission to \S+ denied|[Ww]rite access|not allowed to|returned error: 403|HTTP 403"
_DENIED = (
    r"Authentication failed|could not read (?:Username|Password)|Permission denied|returned error: 401"
    r"|[Ii]nvalid (?:username|credentials)"
)
PUSH_ROWS = (
    PushRow(
        PushHoldsSecret,
        r"(?i)cannot contain secrets|push protection",
        _DECLINED,
        "error: GH013: Repository rule violations found for refs/heads/main. - Push cannot contain secrets",
    ),
    PushRow(
        PushTooLarge,
        r"GH001|exceeds .*file size limit|exceeds maximum allowed size|larger than the maximum",
        _DECLINED,
        "error: GH001: Large files detected. error: File big.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
    ),
    PushRow(
        PushShowsEmail,
        r"GH007|private email address",
        _DECLINED,
        "error: GH007: Your push would publish a private email address.",
    ),
    PushRow(
        PushLacksWorkflowScope,
        r"refusing to allow .* workflow",
        "[remote rejected] (refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` "
        "without `workflow` scope)",
    ),
    PushRow(
        PushProtected,
        _PROTECTED,
        _DECLINED,
        "error: GH006: Protected branch update failed for refs/heads/main.",
    ),
    PushRow(
        PushProtected,
        _PROTECTED,
        _DECLINED,
        "GitLab: You are not allowed to push code to protected branches on this project.",
    ),
    PushRow(
        RemoteCannotStore,
        r"unpacker error|unpack failed|No space left|[Dd]isk quota|insufficient permission for adding",
        "[remote rejected] (unpacker error)",
        "error: remote unpack failed: unable to create temporary object directory",
    ),
    PushRow(
        RemoteRefLocked,
        r"cannot lock ref|failed to (?:update|lock)|atomic transaction failed|incorrect old value",
        "[remote rejected] (atomic transaction failed)",
        "error: cannot lock ref 'refs/heads/main': Unable to create 'refs/heads/main.lock': File exists.",
    ),
    PushRow(PushShallow, r"shallow update not allowed", "[remote rejected] (shallow update not allowed)"),
    PushRow(
        PushToCheckedOut,
        r"currently checked out",
        "[remote rejected] (branch is currently checked out)",
        "error: refusing to update checked out branch: refs/heads/main",
    ),
    PushRow(
        GitRemoteUnreachable,
        r"(?i)internal (?:server )?error|(?:http|status|error:?) ?50\d|service unavailable|bad gateway|time-?out|timed out"
        r"|temporarily unavailable|fatal error in commit_refs|failed to report status|\[remote failure\]",
        "[remote rejected] (Internal Server Error)",
    ),
    PushRow(
        PushNotFastForward,
        r"non-fast-forward|fetch first",
        "[remote rejected] (non-fast-forward)",
        "error: denying non-fast-forward refs/heads/main (you should pull first)",
    ),
    PushRow(RemoteTagExists, r"already exists", "[remote rejected] (already exists)"),
    PushRow(PushHookDeclined, r"hook declined", _DECLINED, "error: no pushes on Fridays"),
    PushRow(PushRefused, r"", "[remote rejected] (deny updating a hidden ref)"),
)
"""The first row that fits counts."""

COMPLAINT_ROWS = (
    ComplaintRow(
        GitArchived,
        r"was archived",
        "remote: This repository was archived so it is read-only. fatal: unable to access 'https://forge.example/ada/hangar/': The "
        "requested URL returned error: 403",
    ),
    ComplaintRow(
        GitHostUnknown,
        r"Host key verification|HOST IDENTIFICATION",
        "Host key verification failed. fatal: Could not read from remote repository.",
    ),
    ComplaintRow(
        GitForbidden,
        _FORBIDDEN,
        "remote: Permission to ada/hangar.git denied to bot. fatal: unable to access 'https://forge.example/ada/hangar/': The "
        "requested URL returned error: 403",
    ),
    ComplaintRow(
        GitForbidden,
        _FORBIDDEN,
        "ERROR: The key you are authenticating with has been marked as read only.",
    ),
    ComplaintRow(
        GitTooLarge,
        r"HTTP 413|returned error: 413",
        "error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413",
    ),
    ComplaintRow(
        GitRemoteMissing,
        r"does not appear to be a git repository|[Rr]epository .*not found|does not exist|HTTP 404|returned error: 404",
        "remote: Repository not found. fatal: repository 'https://forge.example/ada/hangar/' not found",
    ),
    ComplaintRow(
        GitDenied,
        _DENIED,
        "fatal: could not read Username for 'https://forge.example': terminal prompts disabled",
    ),
    ComplaintRow(
        GitDenied,
        _DENIED,
        "git@forge.example: Permission denied (publickey). fatal: Could not read from remote repository.",
    ),
    ComplaintRow(
        GitRemoteUnreachable,
        r"Could not resolve|Connection (?:refused|reset|timed out)|Failed to connect|Operation timed out|early EOF"
        r"|hung up unexpectedly|unexpected disconnect|RPC failed|Operation too slow|returned error: (?:5\d\d|429)"
        r"|Network is unreachable|No route to host|Temporary failure in name resolution|unable to access|Cannot access URL"
        r"|Connection closed|kex_exchange_identification|is this a git repository\?",
        "error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500",
    ),
)
"""The first row that fits counts."""


def push_refusal(reason: str, words: str) -> type[PushRefused | GitRemoteUnreachable]:
    """The error for a ref that the remote did not take: git's reason, and the remote's words."""
    return next(row.kind for row in PUSH_ROWS if re.search(row.says, f"{reason} {words}"))


def complaint(words: str) -> type[GitDenied | GitRemoteMissing | GitRemoteUnreachable | GitTooLarge] | None:
    """The error for a complaint of git about a remote; None if it is about something else."""
    return next((row.kind for row in COMPLAINT_ROWS if re.search(row.says, words)), None)
