"""What damage control asks of a registry: an index with what each version needs, and a yank."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import RegistryUnreachable, YankLimited, YankRefused
from tests.kit.registry_client import API, answering, registry_of

LIMITED = (
    "You have yanked or unyanked too many versions in a short period of time. Please try again after "
    "Sat, 25 Jul 2026 12:35:41 GMT and see https://crates.io/docs/rate-limits for more details."
)


def errors(detail: str) -> str:
    return json.dumps({"errors": [{"detail": detail}]})


def yank(to: RegistryClient) -> None:
    to.yank("hangar", "1.0.0", "cio-secret")


def test_a_yank_is_one_delete_with_the_raw_token() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text='{"ok":true}')

    yank(registry_of(handler))
    (request,) = seen
    assert (request.method, str(request.url)) == ("DELETE", f"{API}/api/v1/crates/hangar/1.0.0/yank")
    assert request.headers["authorization"] == "cio-secret"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(403, errors("must already be an owner to yank or unyank"), YankRefused, id="not an owner"),
        pytest.param(404, errors("crate `hangar` does not exist"), YankRefused, id="no such crate"),
        pytest.param(200, errors("no"), YankRefused, id="200 with errors"),
        pytest.param(403, "", YankRefused, id="an empty no, as kellnr says it"),
        pytest.param(200, "<html>", RegistryUnreachable, id="a page"),
        pytest.param(404, "no route", RegistryUnreachable, id="a registry that cannot yank"),
        pytest.param(503, errors("read-only mode"), RegistryUnreachable, id="read-only"),
        pytest.param(302, "", RegistryUnreachable, id="a redirect, which would turn into another request"),
    ],
)
def test_what_is_no_yes_is_no_success(status: int, body: str, kind: type[LoadmasterError]) -> None:
    with pytest.raises(kind, match="hangar"):
        yank(answering(status, body, {"Location": "https://elsewhere.example/"}))


def test_a_limit_says_until_when() -> None:
    with pytest.raises(YankLimited) as limited:
        yank(answering(429, errors(LIMITED)))
    assert limited.value.until == datetime(2026, 7, 25, 12, 35, 42, tzinfo=UTC)
    assert "`hangar@1.0.0` may be yanked from 2026-07-25 12:35:42 UTC" in limited.value.what


def test_lines_tell_what_each_version_needs() -> None:
    line = {"name": "hangar", "vers": "1.0.0", "cksum": "0" * 64, "deps": [{"name": "units", "req": "^1"}]}
    (found,) = answering(200, json.dumps(line) + "\n").lines("hangar")
    assert [(each.name, each.requirement) for each in found.needs] == [("units", "^1")]


@pytest.mark.parametrize(
    "body", ["", "\n", "<html></html>", errors("no"), '{"name":"hangar","vers":"1.0.0","deps":[]}']
)
def test_an_index_that_makes_no_sense_is_not_taken_for_absent(body: str) -> None:
    with pytest.raises(RegistryUnreachable, match="gave no usable answer"):
        answering(200, body).lines("hangar")


def test_redirects_without_end_are_not_taken_for_absent() -> None:
    with pytest.raises(RegistryUnreachable, match="TooManyRedirects"):
        answering(302, headers={"Location": "https://registry.example/again"}).lines("hangar")


@pytest.mark.parametrize("index", ["nonsense", "http://[::1", "sparse+"])
def test_an_address_that_is_none_is_told_as_such(index: str) -> None:
    with pytest.raises(RegistryUnreachable):
        RegistryClient(index, httpx.Client()).lines("hangar")
