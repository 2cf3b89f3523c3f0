"""The tables of git's words about a remote."""

from __future__ import annotations

import re

import pytest

from loadmaster.errors.base import is_worth_retrying
from loadmaster.errors.git import (
    GitForbidden,
    GitRemoteMissing,
    GitRemoteUnreachable,
    GitTooLarge,
    PushHookDeclined,
    PushRefused,
    RemoteRefLocked,
)
from loadmaster.planning.answers.git import (
    COMPLAINT_ROWS,
    PUSH_ROWS,
    ComplaintRow,
    PushRow,
    complaint,
    push_refusal,
)


@pytest.mark.parametrize("row", PUSH_ROWS, ids=lambda row: f"{row.reason} {row.words}"[:70])
def test_each_push_is_read_by_its_row(row: PushRow) -> None:
    assert push_refusal(row.reason, row.words) is row.kind
    assert re.search(row.says, f"{row.reason} {row.words}")


@pytest.mark.parametrize("row", COMPLAINT_ROWS, ids=lambda row: row.example[:70])
def test_each_complaint_is_read_by_its_row(row: ComplaintRow) -> None:
    assert complaint(row.example) is row.kind


DECLINED = "[remote rejected] (pre-receive hook declined)"


@pytest.mark.parametrize(
    ("reason", "words", "kind"),
    [
        pytest.param(DECLINED, "error: HTTP 500", GitRemoteUnreachable, id="the remote failed"),
        pytest.param(DECLINED, "error: 502 Bad Gateway", GitRemoteUnreachable, id="what is before it failed"),
        pytest.param(DECLINED, "at most 500 lines in a commit", PushHookDeclined, id="a number is no status"),
        pytest.param("[remote failure] (remote failed to report status)", "", GitRemoteUnreachable, id="no report"),
        pytest.param("[remote rejected] (failed to update ref)", "", RemoteRefLocked, id="a ref at the same moment"),
        pytest.param("[remote rejected] (something new)", "", PushRefused, id="unknown words"),
    ],
)
def test_who_is_at_fault_for_a_push(reason: str, words: str, kind: type[PushRefused | GitRemoteUnreachable]) -> None:
    assert push_refusal(reason, words) is kind


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        # Answers to the POST of a push, in git's words, as git 2.39 said them of a server on loopback.
        ("error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403", GitForbidden),
        ("error: RPC failed; HTTP 404 curl 22 The requested URL returned error: 404", GitRemoteMissing),
        ("error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413", GitTooLarge),
        ("error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429", GitRemoteUnreachable),
        ("error: RPC failed; curl 52 Empty reply from server", GitRemoteUnreachable),
        ("error: Cannot access URL https://x/, return code 22\nfatal: git-http-push failed", GitRemoteUnreachable),
        ("fatal: https://x/info/refs not valid: is this a git repository?", GitRemoteUnreachable),
        ("fatal: something never seen before", None),
    ],
)
def test_statuses_of_a_push_by_http(words: str, kind: type[Exception] | None) -> None:
    assert complaint(words) is kind


def test_only_what_passes_by_itself_is_tried_again() -> None:
    kinds = {row.kind for row in PUSH_ROWS}
    again = {kind for kind in kinds if kind.transient}
    assert again == {GitRemoteUnreachable, RemoteRefLocked}
    assert is_worth_retrying(RemoteRefLocked("refs/heads/main", "origin", "cannot lock ref"))
