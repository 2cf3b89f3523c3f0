"""crates.io's recorded answers, read as a release reads them: each that it can meet has a reason of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import httpx
import pytest

from loadmaster.clients.registry import trusted_publishing
from loadmaster.clients.registry.answers import judge_upload, judge_yank, unread
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.credentials import ExchangeRefused, TokenNotRevoked
from loadmaster.errors.refusals.reason import FALLBACKS, FINAL, Reason
from loadmaster.errors.registry import (
    AnotherAnswered,
    RateLimited,
    ReadRefused,
    RegistryFailed,
    RegistryReadOnly,
    RegistryUnreachable,
    UploadRefused,
    YankRefused,
)
from loadmaster.planning.answers.messages_page import page
from loadmaster.rehearsal.conformance import Case, load_corpus
from tests.kit.checkout import ROOT

URL = "https://registry.example/api/v1/crates"
VARIABLE = "`LOADMASTER_REGISTRY_TOKEN`"
A_VERSION = r"/api/v1/crates/[^/]+/[^/]+"


def exchanged(answer: httpx.Response) -> None:
    trusted_publishing.exchange(URL, "jwt", httpx.Client(transport=httpx.MockTransport(lambda _: answer)))


def revoked(answer: httpx.Response) -> None:
    trusted_publishing.revoke(URL, "token", httpx.Client(transport=httpx.MockTransport(lambda _: answer)))


def read(answer: httpx.Response) -> None:
    raise unread(URL, answer)


READERS: Mapping[tuple[str, str], Callable[[httpx.Response], None]] = {
    ("PUT", r"/api/v1/crates/new"): lambda answer: judge_upload("hangar@1.0.0", URL, answer, VARIABLE),
    ("DELETE", rf"{A_VERSION}/yank"): lambda answer: judge_yank("hangar@1.0.0", URL, answer, VARIABLE),
    ("GET", r"/api/v1/crates/[^/]+/[\dx][^/]*(?:/download)?"): read,
    ("POST", r"/api/v1/trusted_publishing/tokens"): exchanged,
    ("DELETE", r"/api/v1/trusted_publishing/tokens"): revoked,
}
"""What a release asks of crates.io, and the function that reads the answer."""
HANDLED = {("GET", 302), ("GET", 404)}
"""Of a read: the file is elsewhere (followed), or there is no such version (a value, no error)."""


def reader_of(case: Case) -> Callable[[httpx.Response], None] | None:
    path = case.request.path.partition("?")[0]
    fitting = (
        reads
        for (method, route), reads in READERS.items()
        if method == case.request.method and re.fullmatch(route, path)
    )
    return next(fitting, None)


def answer_of(case: Case) -> httpx.Response:
    recorded = case.answer
    if recorded.errors is not None:
        # A recorded date is a mark; a real one lets wait.
        told = [each.replace("<DATE>", "Sat, 25 Jul 2026 12:35:41 GMT") for each in recorded.errors]
        return httpx.Response(recorded.status, json={"errors": [{"detail": each} for each in told]})
    return httpx.Response(recorded.status, text=recorded.text or "")


MET = [
    case
    for case in load_corpus()
    if reader_of(case) is not None
    and case.answer.status not in (200, 204)
    and (case.request.method, case.answer.status) not in HANDLED
]


@pytest.mark.parametrize("case", MET, ids=lambda case: case.name)
def test_each_answer_that_a_release_can_meet_is_read_for_what_it_is(case: Case) -> None:
    reads = reader_of(case)
    assert reads is not None
    with pytest.raises(LoadmasterError) as caught:
        reads(answer_of(case))
    error = caught.value
    match error:
        case UploadRefused() | YankRefused() | ExchangeRefused() | ReadRefused():
            assert Reason(str(error.facts["reason"])) not in FALLBACKS
        case RateLimited() | RegistryFailed() | TokenNotRevoked():
            pass  # each is a situation of its own
        case _:
            assert isinstance(error, AnotherAnswered)
            assert case.answer.errors is None, "the registry's own words were taken for somebody else's"
    for text in (error.what, error.why, error.fix):
        assert re.search(r"[^.]\.$", text), text
        assert "…" not in text
    if isinstance(error, UploadRefused | YankRefused):
        assert "`hangar@1.0.0`" in error.what


def test_the_corpus_holds_enough_of_them() -> None:
    assert len(MET) > 150
    asked = {(case.request.method, case.answer.status) for case in MET}
    assert {("PUT", 400), ("PUT", 401), ("PUT", 403), ("PUT", 429), ("PUT", 500), ("POST", 400)} <= asked


def test_planted_an_answer_that_nobody_knows_would_be_seen() -> None:
    with pytest.raises(UploadRefused) as caught:
        judge_upload("hangar@1.0.0", URL, httpx.Response(400, json={"errors": [{"detail": "no authors"}]}))
    assert caught.value.facts["reason"] in FALLBACKS


@pytest.mark.parametrize(
    ("status", "told", "reason", "words"),
    [
        (403, "authentication failed", Reason.TOKEN_UNKNOWN, "expired"),
        (400, "expected at most 5 keywords per crate", Reason.KEYWORDS, "release a higher version"),
        (403, "this crate exists but you don't seem to be an owner.", Reason.NOT_OWNER, "has not accepted"),
        (403, "The provided access token is not valid for crate `hangar`", Reason.TRUSTED_OTHER_CRATE, "configuration"),
        (
            403,
            "This account is locked until 2026-07-25 at 13:00:00 UTC. Reason: too many names",
            Reason.ACCOUNT_LOCKED,
            "until 2026-07-25 at 13:00:00 UTC; their reason is `too many names`",
        ),
    ],
)
def test_the_issue_s_own_cases(status: int, told: str, reason: Reason, words: str) -> None:
    with pytest.raises(UploadRefused) as caught:
        judge_upload(
            "hangar@1.0.0",
            URL,
            httpx.Response(status, json={"errors": [{"detail": told}]}),
            "the Secret block `crates`",
        )
    assert caught.value.facts["reason"] == reason
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, "<Error><Code>AccessDenied</Code></Error>", AnotherAnswered),
        (503, "", RegistryUnreachable),
        (401, "", ReadRefused),
        (404, "<html>no such page</html>", AnotherAnswered),
        (403, '{"errors": [{"detail": "something new"}]}', RegistryUnreachable),
        (400, '{"errors": [{"detail": "Invalid URL: unexpected character"}]}', ReadRefused),
        (503, '{"errors": [{"detail": "crates.io is currently in read-only mode."}]}', RegistryReadOnly),
    ],
)
def test_a_read_without_the_registry_s_words(status: int, body: str, kind: type[RegistryUnreachable]) -> None:
    assert type(unread(URL, httpx.Response(status, text=body))) is kind


def test_a_limit_that_is_not_the_registry_s_gives_no_version_up() -> None:
    with pytest.raises(UploadRefused, match="413") as caught:
        judge_upload("hangar@1.0.0", URL, httpx.Response(413, text="<h1>413 Request Entity Too Large</h1>"))
    assert caught.value.facts["reason"] == Reason.PROXY_LIMIT
    assert Reason.PROXY_LIMIT not in FINAL


def test_the_page_is_what_the_tables_say() -> None:
    told = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    assert told == page(), "run: python -m loadmaster.planning.answers.messages_page > docs/messages.md"
