"""GitHub's REST API for pull requests, and for the checks of a commit.

Each function raises the errors that `loadmaster.clients.forge.http` lists.
"""

from __future__ import annotations

import httpx

from loadmaster.clients.forge.http import pages, read, send
from loadmaster.planning.forge.answered import Answered
from loadmaster.planning.forge.pulls import CheckRun, CommitStatus, PullRequest


def find_pulls(client: httpx.Client, branch: str, base: str) -> tuple[PullRequest, ...]:
    """All from this branch of the repository itself into `base`, newest first, closed ones too."""
    owner = str(client.base_url).rstrip("/").rsplit("/", 2)[1]
    answers = pages(client, "pulls", state="all", head=f"{owner}:{branch}", base=base)
    return tuple(pull for answer in answers for pull in read(tuple[PullRequest, ...], answer))


def pull(client: httpx.Client, number: int) -> PullRequest:
    return read(PullRequest, send(client, "GET", f"pulls/{number}"))


def open_pull(client: httpx.Client, *, branch: str, base: str, title: str, body: str) -> PullRequest:
    """Raises `ForgeRefused`, too, if one is open, or if there is nothing between the two branches."""
    wanted = {"title": title, "head": branch, "base": base, "body": body, "maintainer_can_modify": False}
    return read(PullRequest, send(client, "POST", "pulls", json=wanted))


def merge(client: httpx.Client, number: int, *, method: str, head: str, title: str, message: str) -> None:
    """Merges by `squash`, `merge` or `rebase`, only while the branch is at `head`.

    Raises `ForgeConflict` if it moved, and `ForgeMergeRefused` if it cannot be merged now.
    """
    wanted = {"merge_method": method, "sha": head}
    if method != "rebase":
        wanted |= {"commit_title": title, "commit_message": message}
    send(client, "PUT", f"pulls/{number}/merge", json=wanted)


def update_branch(client: httpx.Client, number: int, *, head: str) -> None:
    """Asks the forge to merge the base into the branch, which must be at `head`."""
    send(client, "PUT", f"pulls/{number}/update-branch", json={"expected_head_sha": head})


class _Checks(Answered):
    check_runs: tuple[CheckRun, ...]


class _Combined(Answered):
    statuses: tuple[CommitStatus, ...]


def checks(client: httpx.Client, commit: str) -> tuple[CheckRun, ...]:
    """The latest run of each check of the commit."""
    answers = pages(client, f"commits/{commit}/check-runs", filter="latest")
    return tuple(check for answer in answers for check in read(_Checks, answer).check_runs)


def statuses(client: httpx.Client, commit: str) -> tuple[CommitStatus, ...]:
    """The latest status of each context of the commit."""
    answers = pages(client, f"commits/{commit}/status")
    return tuple(status for answer in answers for status in read(_Combined, answer).statuses)
