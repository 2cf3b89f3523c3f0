"""The client against answers as crates.io and what stands before it send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError, is_worth_retrying
from loadmaster.errors.registry import (
    AlreadyUploaded,
    DailyLimitReached,
    DownloadAbsent,
    RateLimited,
    RegistryBusy,
    RegistryUnreachable,
    UploadRefused,
)
from loadmaster.planning.values.retry_after import FARTHEST
from tests.kit.registry_client import API, INDEX, answering, registry_of

CRATE = "hangar@1.0.0"

ACCEPTED = json.dumps({"crate": {"id": "hangar"}, "warnings": {"invalid_categories": [], "other": []}})
PAGE = "<html><body><h1>Sign in to the network</h1></body></html>"
LIMITED = (
    "You have published too many new crates in a short period of time. Please try again after "
    "Sat, 25 Jul 2026 12:35:41 GMT and see https://crates.io/docs/rate-limits for more details."
)
DAILY = "You have published too many versions of this crate in the last 24 hours"
NOT_OWNER = "this crate exists but you don't seem to be an owner."
AGAIN = datetime(2026, 7, 25, 12, 35, 42, tzinfo=UTC)
"""One second after the date that is named: up to then crates.io may still refuse."""


def failing(error: httpx.HTTPError) -> RegistryClient:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return registry_of(handler)


def errors(*details: str) -> str:
    return json.dumps({"errors": [{"detail": each} for each in details]})


def upload(to: RegistryClient) -> None:
    to.upload(CRATE, b"body", "cio-secret")


class TestUpload:
    def test_it_is_one_put_with_the_raw_token_and_exactly_the_bytes(self) -> None:
        seen: list[httpx.Request] = []

        def handler(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, text=ACCEPTED)

        upload(registry_of(handler))
        (request,) = seen
        assert (request.method, str(request.url)) == ("PUT", f"{API}/api/v1/crates/new")
        assert request.headers["authorization"] == "cio-secret"
        assert request.content == b"body"
        assert request.headers["content-length"] == "4"

    def test_a_file_follows_the_body_and_its_length_is_told_before(self, tmp_path: Path) -> None:
        bodies: list[tuple[str, str | None, bytes]] = []

        def handler(request: httpx.Request) -> httpx.Response:
            headers = request.headers
            bodies.append((headers["content-length"], headers.get("transfer-encoding"), request.read()))
            return httpx.Response(200, text=ACCEPTED)

        file = tmp_path / "file"
        file.write_bytes(bytes(200_000))
        registry_of(handler).upload(CRATE, b"head", "cio-secret", file=file)
        assert bodies == [("200004", None, b"head" + bytes(200_000))]

    @pytest.mark.parametrize(
        ("status", "body"),
        [(200, ACCEPTED), (200, ""), (201, "{}"), (204, "")],
        ids=["as crates.io accepts", "with an empty body", "with another 2xx", "without a body"],
    )
    def test_accepted(self, status: int, body: str) -> None:
        upload(answering(status, body))

    REFUSED = (
        ("errors with status 200", 200, errors("no known crate named `units`"), "no known crate"),
        ("not an owner", 403, errors(NOT_OWNER), "is not an owner of `hangar`"),
        (
            "unknown token",
            401,
            errors("The given API token does not match the format used by crates.io."),
            "has not the form",
        ),
        ("several errors", 400, errors("no description", "no license"), "no description; no license"),
        ("too large", 413, errors("max upload size is: 10485760"), "10485760"),
    )

    @pytest.mark.parametrize(("status", "body", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
    def test_refused_for_good(self, status: int, body: str, told: str) -> None:
        with pytest.raises(UploadRefused) as caught:
            upload(answering(status, body))
        assert told in str(caught.value)
        assert not is_worth_retrying(caught.value)

    def test_the_daily_cap_names_no_instant_and_is_not_waited_for(self) -> None:
        with pytest.raises(DailyLimitReached, match="in the last 24 hours") as caught:
            upload(answering(429, errors(DAILY)))
        assert not is_worth_retrying(caught.value)

    def test_a_duplicate_is_worth_another_look(self) -> None:
        with pytest.raises(AlreadyUploaded, match=r"crate version `1\.0\.0` is already uploaded") as caught:
            upload(answering(400, errors("crate version `1.0.0` is already uploaded")))
        assert is_worth_retrying(caught.value)

    def test_kellnr_has_its_own_words_for_that(self) -> None:
        with pytest.raises(AlreadyUploaded):
            upload(answering(400, errors("ERROR: Crate with version already exists: hangar-1.0.0")))

    @pytest.mark.parametrize("status", [401, 403])
    def test_an_empty_no_is_a_refusal_and_not_asked_again(self, status: int) -> None:
        with pytest.raises(UploadRefused, match="does not know the token"):
            upload(answering(status, ""))

    OPEN = (
        ("a proxy's page with status 200", 200, PAGE, "Sign in"),
        ("a proxy's page with status 403", 403, PAGE, "Sign in"),
        ("no API at that address", 404, "", "404"),
        ("internal error", 500, errors("Internal Server Error"), "Internal Server Error"),
        ("read-only", 503, errors("crates.io is currently in read-only mode."), "read-only"),
        ("a router's time-out", 503, "", "503"),
        ("a slow body", 408, errors("Request Timeout"), "408"),
        ("a redirect", 302, "", "302"),
        ("too many requests, says a proxy", 429, PAGE, "429"),
    )

    @pytest.mark.parametrize(("status", "body", "told"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
    def test_what_leaves_open_whether_it_took_effect(self, status: int, body: str, told: str) -> None:
        with pytest.raises(RegistryUnreachable) as caught:
            upload(answering(status, body))
        assert told in str(caught.value)
        assert is_worth_retrying(caught.value)
        assert caught.value.outage

    @pytest.mark.parametrize("body", [errors("slow down"), PAGE, ""], ids=["an error", "a page", "nothing"])
    def test_a_limit_that_is_not_the_daily_cap_and_names_no_instant_is_an_outage(self, body: str) -> None:
        with pytest.raises(RegistryBusy) as caught:
            upload(answering(429, body))
        assert caught.value.outage
        assert caught.value.until is None

    @pytest.mark.parametrize(
        "error",
        [
            httpx.ReadTimeout("timed out"),
            httpx.ConnectError("refused"),
            httpx.ReadError(""),
            httpx.RemoteProtocolError(""),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_no_answer(self, error: httpx.HTTPError) -> None:
        with pytest.raises(RegistryUnreachable, match=type(error).__name__):
            upload(failing(error))

    def test_a_redirect_is_not_followed_to_a_page_that_says_200(self) -> None:
        asked: list[str] = []

        def handler(request: httpx.Request) -> httpx.Response:
            asked.append(request.method)
            return httpx.Response(302, headers={"Location": f"{API}/login"})

        with pytest.raises(RegistryUnreachable):
            upload(registry_of(handler))
        assert asked == ["PUT"]

    def test_no_error_tells_the_token(self) -> None:
        for answer in (answering(403, errors(NOT_OWNER)), answering(500), failing(httpx.ReadTimeout("timed out"))):
            with pytest.raises(LoadmasterError) as caught:
                upload(answer)
            assert "cio-secret" not in str(caught.value)


class TestRateLimit:
    NAMED: tuple[tuple[str, Mapping[str, str], str], ...] = (
        ("by the header", {"Retry-After": "Sat, 25 Jul 2026 12:35:41 GMT"}, errors("wait")),
        ("by the text alone", {}, errors(LIMITED)),
        ("by the text, where the header is nonsense", {"Retry-After": "soon"}, errors(LIMITED)),
        ("by the header of a proxy's page", {"Retry-After": "Sat, 25 Jul 2026 12:35:41 GMT"}, PAGE),
    )

    @pytest.mark.parametrize(("headers", "body"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
    def test_the_instant_is_named(self, headers: Mapping[str, str], body: str) -> None:
        with pytest.raises(RateLimited) as caught:
            upload(answering(429, body, headers))
        assert caught.value.until == AGAIN
        assert "2026-07-25 12:35:42 UTC" in caught.value.what

    def test_seconds_are_counted_from_now(self) -> None:
        before = datetime.now(UTC)
        with pytest.raises(RateLimited) as caught:
            upload(answering(429, errors("wait"), {"Retry-After": "120"}))
        assert timedelta(0) <= caught.value.until - before - timedelta(seconds=120) < timedelta(seconds=30)

    ABSURD = (
        ("beyond the calendar", "99999999999999", FARTHEST),
        ("in the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", FARTHEST),
        ("in the past", "Fri, 31 Dec 1999 23:59:58 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    )

    @pytest.mark.parametrize(("header", "instant"), [row[1:] for row in ABSURD], ids=[row[0] for row in ABSURD])
    def test_an_absurd_instant_is_read_alike_of_an_upload_and_of_a_look(self, header: str, instant: datetime) -> None:
        answer = answering(429, errors("wait"), {"Retry-After": header})
        with pytest.raises(RateLimited) as limited:
            upload(answer)
        with pytest.raises(RegistryBusy) as busy:
            answer.versions("hangar")
        assert (limited.value.until, busy.value.until) == (instant, instant)


class TestIndex:
    LINES = "\n".join(
        [
            '{"name":"hangar","vers":"0.9.0","deps":[],"cksum":"c0","features":{},"yanked":true}',
            '{"name":"hangar","vers":"1.0.0+b","deps":[],"cksum":"c1","features":{"\u2028":[]},"yanked":false}',
            '{"name":"hangar","vers":"1.1.0","deps":[],"cksum":"c2","features":{}}',
        ]
    )

    @pytest.mark.parametrize("end", ["", "\n", "\n\n"], ids=["no newline at the end", "one", "two"])
    def test_every_version_yanked_ones_too(self, end: str) -> None:
        found = answering(200, self.LINES + end).versions("hangar")
        assert [(each.version, each.checksum, each.yanked) for each in found] == [
            ("0.9.0", "c0", True),
            ("1.0.0+b", "c1", False),
            ("1.1.0", "c2", False),
        ]

    @pytest.mark.parametrize("status", [404, 410, 451])
    def test_what_cargo_takes_for_absent_is_absent(self, status: int) -> None:
        assert answering(status, "no such key").versions("hangar") == ()

    UNKNOWN = (
        ("forbidden", 403, "AccessDenied"),
        ("broken", 500, ""),
        ("busy", 503, ""),
        ("limited", 429, ""),
        ("a proxy's page", 200, PAGE),
        ("a line without a checksum", 200, '{"name":"hangar","vers":"1.0.0"}'),
        ("a line without a version", 200, '{"name":"hangar","cksum":"c0"}'),
        ("a line that is a list", 200, "[]"),
        ("a checksum that is a number", 200, '{"vers":"1.0.0","cksum":1}'),
        ("bytes that are no text", 200, "\udcff"),
    )

    @pytest.mark.parametrize(("status", "body"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
    def test_unknown_is_never_taken_for_absent(self, status: int, body: str) -> None:
        content = body.encode(errors="surrogateescape")
        with pytest.raises(RegistryUnreachable, match=r"https://registry\.example/index/ha/ng/hangar"):
            registry_of(lambda request: httpx.Response(status, content=content)).versions("hangar")

    @pytest.mark.parametrize(
        ("status", "body", "is_outage"),
        [
            (403, errors("authentication failed"), False),
            (403, PAGE, True),
            (408, "", True),
            (429, "", True),
            (503, errors("busy"), True),
        ],
        ids=["the registry refuses", "a proxy's page", "a slow answer", "a limit", "busy"],
    )
    def test_what_the_registry_itself_refuses_is_no_outage(self, status: int, body: str, is_outage: bool) -> None:
        with pytest.raises(RegistryUnreachable) as caught:
            answering(status, body).versions("hangar")
        assert caught.value.outage is is_outage

    def test_no_answer_is_not_taken_for_absent_either(self) -> None:
        with pytest.raises(RegistryUnreachable, match="ReadTimeout"):
            failing(httpx.ReadTimeout("")).versions("hangar")

    @pytest.mark.parametrize("index", [INDEX, INDEX.rstrip("/"), INDEX.removeprefix("sparse+")])
    def test_the_address_may_lack_its_prefix_or_its_slash(self, index: str) -> None:
        asked: list[str] = []

        def handler(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(404)

        registry_of(handler, index).versions("Hangar")
        assert asked == ["https://registry.example/index/ha/ng/hangar"]


CONFIG = '{"dl": "https://x/{crate}", "api": "https://x/"}'


def configured(status: int, body: str = "") -> RegistryClient:
    """A registry whose `config.json` is that."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, text=body))
    return RegistryClient(INDEX, httpx.Client(transport=transport))


class TestConfig:
    def test_the_two_addresses(self) -> None:
        told = configured(200, CONFIG)
        assert (told.dl, told.api) == ("https://x/{crate}", "https://x")

    @pytest.mark.parametrize("body", [PAGE, "[]", "{}", '{"dl": "x"}'])
    def test_what_is_no_config_is_told_with_its_address(self, body: str) -> None:
        with pytest.raises(RegistryUnreachable, match=r"https://registry\.example/index/config\.json"):
            assert configured(200, body).api

    def test_a_failure_is_forgotten_and_the_answer_is_kept(self) -> None:
        answers = [httpx.Response(503), httpx.Response(200, text=PAGE), httpx.Response(200, text=CONFIG)]
        transport = httpx.MockTransport(lambda request: answers.pop(0))
        registry = RegistryClient(INDEX, httpx.Client(transport=transport))
        for _ in range(2):
            with pytest.raises(RegistryUnreachable):
                assert registry.api
        assert (registry.api, registry.dl) == ("https://x", "https://x/{crate}")
        assert answers == []

    def test_a_registry_without_config_is_not_one(self) -> None:
        with pytest.raises(RegistryUnreachable, match="404"):
            assert configured(404).api


class TestDownload:
    def test_the_address_is_that_of_the_config_with_its_markers_filled_in(self) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/ha/ng/hangar-1.0.0.crate":
                return httpx.Response(302, headers={"Location": "https://elsewhere.example/c1"})
            return httpx.Response(200, content=b"crate" if str(request.url).endswith("/c1") else b"another")

        dl = "https://registry.example/{prefix}/{crate}-{version}.crate"
        assert registry_of(handler, dl=dl).download("hangar", "1.0.0", "c1") == b"crate"

    @pytest.mark.parametrize(
        ("status", "kind"), [(403, RegistryUnreachable), (404, DownloadAbsent), (500, RegistryUnreachable)]
    )
    def test_a_file_that_is_not_served_is_unknown(self, status: int, kind: type[RegistryUnreachable]) -> None:
        with pytest.raises(kind, match=str(status)):
            answering(status).download("hangar", "1.0.0", "c1")
