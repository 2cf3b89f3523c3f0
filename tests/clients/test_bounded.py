"""The limits of an answer, each by itself; `tests/hostile` tries them over a real socket."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import httpx
import pytest

from loadmaster.clients import bounded
from loadmaster.clients.bounded import API, ERROR_MIB, INDEX_FILE, MIB, MOST_REDIRECTS, AnswerRefused, Bounds
from loadmaster.clients.forge import releases
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.pages import beginning
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.forge.answers import ForgeAddressForeign
from loadmaster.errors.registry import AnotherAnswered, AnswerOutOfBounds
from tests.kit.hostile_examples import LINE

SITE = "https://registry.example"


def client(body: bytes, status: int = 200, bounds: Bounds | None = None, **headers: str) -> httpx.Client:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return bounded.Client(bounds, transport=httpx.MockTransport(lambda _: answered(body, status, named)))


def answered(body: bytes, status: int, headers: Mapping[str, str]) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def test_an_answer_may_have_as_much_as_its_bounds_say_and_no_more() -> None:
    small = Bounds(mib=1, seconds=9)
    assert len(client(bytes(MIB), bounds=small).get(SITE).content) == MIB
    with pytest.raises(AnswerRefused, match="more than the 1 MiB"):
        client(bytes(MIB + 1), bounds=small).get(SITE)
    with pytest.raises(AnswerRefused, match="more than the 1 MiB"):
        client(gzip.compress(bytes(MIB + 1)), bounds=small, Content_Encoding="gzip").get(SITE)


def test_a_request_may_name_other_bounds_than_its_client() -> None:
    assert client(bytes(2 * MIB), bounds=Bounds(mib=1, seconds=9)).get(SITE, extensions=API.asked).is_success


def test_an_error_is_read_for_its_words_only() -> None:
    assert client(bytes(ERROR_MIB * MIB), 500).get(SITE).status_code == 500
    with pytest.raises(AnswerRefused):
        client(bytes(ERROR_MIB * MIB + 1), 500).get(SITE)


def test_gzip_is_asked_for_and_unpacked() -> None:
    answer = client(gzip.compress(b"words"), Content_Encoding="gzip", Content_Length="25").get(SITE)
    assert (answer.content, answer.request.headers["Accept-Encoding"]) == (b"words", "gzip")
    assert not {"Content-Encoding", "Content-Length"} & set(answer.headers)


@pytest.mark.parametrize(
    ("encoding", "body", "told"),
    [
        ("br", b"x", "only gzip was asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), "only gzip was asked for"),
        ("gzip", b"no gzip", "not the gzip that it says it is"),
        ("gzip", gzip.compress(b"words" * 99)[:-9], "ends in the midst"),
        ("gzip", zlib.compress(b"x"), "not the gzip that it says it is"),
    ],
    ids=["another packing", "packed twice", "not packed", "cut off", "zlib"],
)
def test_a_body_that_is_packed_otherwise_or_cut_off_is_refused(encoding: str, body: bytes, told: str) -> None:
    with pytest.raises(AnswerRefused, match=told):
        client(body, Content_Encoding=encoding).get(SITE)


def test_an_answer_without_a_body_may_say_that_it_is_packed() -> None:
    assert client(b"", 304, Content_Encoding="gzip").get(SITE).content == b""


@pytest.mark.parametrize("charset", ["zlib", "unicode_escape", "idna", "rot13"])
def test_a_charset_that_is_none_is_not_believed(charset: str) -> None:
    answer = client(b"\\ud800", Content_Type=f"text/html; charset={charset}").get(SITE)
    assert (answer.text, answer.headers["Content-Type"]) == ("\\ud800", "text/html")


def test_a_usual_charset_is_kept() -> None:
    answer = client("é".encode("latin-1"), Content_Type="text/html; charset=ISO-8859-1").get(SITE)
    assert answer.text == "é"


def test_no_cookie_is_kept() -> None:
    http = client(b"", Set_Cookie="a=b")
    http.get(SITE)
    assert not http.cookies
    assert "Cookie" not in http.get(SITE).request.headers


def test_redirects_end() -> None:
    asked: list[str] = []

    def again(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "/again"})

    with pytest.raises(httpx.TooManyRedirects):
        bounded.Client(transport=httpx.MockTransport(again), follow_redirects=True).get(SITE)
    assert len(asked) == MOST_REDIRECTS + 1


def test_a_redirect_leads_from_https_to_nothing_less() -> None:
    led = bounded.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(302, headers={"Location": "http://registry.example/"})),
        follow_redirects=True,
    )
    with pytest.raises(AnswerRefused, match="from https to `http`"):
        led.get(SITE)


def test_the_proxies_of_the_environment_are_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    made = bounded.Client()
    assert [type(each).__name__ for each in made._mounts.values()] == ["_Bounded"]
    assert type(made._mounts[next(iter(made._mounts))]) is type(made._transport)


def test_a_large_index_file_is_read_and_one_that_is_too_large_is_not_waited_out() -> None:
    line = LINE + b"\n"
    large = line * (9 * MIB // len(line))
    http = client(gzip.compress(large, 1), Content_Encoding="gzip")
    assert len(RegistryClient(f"sparse+{SITE}/", http).versions("core")) == len(large) // len(line)
    http = client(line * (INDEX_FILE.mib * MIB // len(line) + 1))
    with pytest.raises(AnswerOutOfBounds) as raised:
        RegistryClient(f"sparse+{SITE}/", http).versions("core")
    assert (raised.value.transient, raised.value.outage) == (False, False)


def test_a_line_of_an_index_that_does_not_end_is_none() -> None:
    with pytest.raises(AnotherAnswered):
        RegistryClient(f"sparse+{SITE}/", client(b'{"name":"' + b"a" * (4 * MIB))).versions("core")


def test_a_page_is_shown_by_its_first_words() -> None:
    assert beginning(client(b"\xff" + b"a" * 9000).get(SITE)) == "\ufffd" + "a" * 199


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/next",
        "http://api.forge.example/next",
        "https://api.forge.example:8443/next",
        "https://api.forge.example.elsewhere.example/next",
        "https://api.forge.example@elsewhere.example/next",
        "//elsewhere.example/next",
    ],
)
def test_the_forge_s_token_goes_to_no_address_elsewhere(address: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=[], headers={"Link": f'<{address}>; rel="next"'})

    forge = http_client("https://api.forge.example", "ada/hangar", "token", httpx.MockTransport(answer))
    with pytest.raises(ForgeAddressForeign):
        releases.releases(forge)
    assert len(asked) == 1
