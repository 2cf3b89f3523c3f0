"""Whatever a server answers (status, headers, body), a client gives a value or an error of the catalogue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.clients import bounded
from loadmaster.clients.forge import refs, releases, workflows
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.registry import questions, trusted_publishing
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.base import LoadmasterError
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.patience import Patience, told_of
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.seen import CrateAnswers
from loadmaster.stack.api import Api
from tests.kit import answering
from tests.kit.hostile_bytes import hostile
from tests.kit.hostile_examples import LINE, OFTEN, RELEASE, RUN

SITE = "https://registry.example"
HEADERS: tuple[str, ...] = (
    "Content-Type",
    "Retry-After",
    "Location",
    "ETag",
    "Content-Encoding",
    "Link",
    "X-RateLimit-Reset",
)
HEADERS += ("Content-Length", "X-RateLimit-Remaining", "Set-Cookie")
WORDS = (
    *("text/html", "application/json; charset=zlib", "text/plain; charset=unicode_escape", "text/plain; charset=idna"),
    *(
        "99999999999999",
        "-99999999999999",
        "0",
        "9" * 5000,
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Wed, 99 Foo 20 99:99:99 GMT",
    ),
    *(
        "/again",
        "http://registry.example/",
        "https://[::1",
        "file:///etc/passwd",
        "//elsewhere.example",
        "https://é/",
        "\x80",
    ),
    *(
        "gzip",
        "gzip, gzip",
        "br",
        "identity",
        '<https://elsewhere.example/>; rel="next"',
        '<>; rel="next"',
        '</x>; rel="next"',
    ),
    *("", " ", ";", ",", "<", '"', "a" * 3000),
)
STATUSES = (
    *(200,) * 6,
    201,
    204,
    206,
    301,
    302,
    304,
    307,
    400,
    401,
    403,
    404,
    408,
    409,
    413,
    422,
    429,
    451,
    500,
    503,
    599,
)


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@st.composite
def answers(draw: st.DrawFn, seed: bytes) -> Answer:
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(WORDS), max_size=3))
    return Answer(draw(st.sampled_from(STATUSES)), headers, draw(hostile(seed)))


def _transport(answer: Answer) -> httpx.MockTransport:
    # As from a socket: as a stream, with headers in bytes.
    headers = [(name.encode(), value.encode("utf-8")) for name, value in answer.headers.items()]
    return httpx.MockTransport(
        lambda _: httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(answer.body))
    )


def _http(answer: Answer) -> httpx.Client:
    return bounded.Client(transport=_transport(answer), follow_redirects=True)


def _registry(answer: Answer) -> RegistryClient:
    return RegistryClient(f"sparse+{SITE}/", _http(answer))


class _Led(RegistryClient):
    """A registry whose `config.json` was sound."""

    api = dl = SITE


def _led(answer: Answer) -> RegistryClient:
    return _Led(f"sparse+{SITE}/", _http(answer))


def _forge(answer: Answer) -> httpx.Client:
    return http_client("https://api.forge.example", "ada/hangar", "token", _transport(answer))


def _upstream(ask: Callable[[Upstream], Any]) -> Callable[[Answer], object]:
    def asked(answer: Answer) -> object:
        async def within() -> object:
            upstream = Upstream(SITE, _place, as_of=datetime(2026, 11, 29, tzinfo=UTC))
            upstream._client = bounded.AsyncClient(transport=_transport(answer), follow_redirects=True)
            upstream._loop = asyncio.get_running_loop()
            try:
                return await ask(upstream)
            finally:
                await upstream.aclose()

        return asyncio.run(within())

    return asked


_place = Path()


@pytest.fixture(autouse=True)
def _a_place(tmp_path: Path) -> None:
    global _place
    _place = tmp_path


def _permissions(answer: Answer) -> object:
    http = _http(answer)
    said = questions.owners(SITE, "core", http)
    core = CrateAnswers(crate=said, owners=said, configs=said, probe=said)
    token = answering.READER.model_copy(update={"me": said, "configs_of_user": said})
    project = answering.profile({"owners": ["ann"], "trusted_publishing": answering.WANTED}, {"probe": True})
    return ask(answering.facts(project, core, site=said, token=token))


ONE_RELEASE, RELEASES = json.dumps(RELEASE).encode(), json.dumps([RELEASE]).encode()
REFUSED = json.dumps({"errors": [{"detail": "try again after Fri, 31 Dec 9999 23:59:59 GMT"}]}).encode()
MESSAGE = json.dumps({"message": "Validation Failed", "errors": [{"code": "already_exists", "field": "name"}]}).encode()
FLOW_RUN = json.dumps({"id": "0", "name": "x", "state": {"type": "RUNNING", "name": "Running"}}).encode()

CLIENTS: Mapping[str, tuple[Callable[[Answer], object], bytes]] = {
    "index lines": (lambda answer: _registry(answer).lines("core"), LINE),
    "index versions": (lambda answer: _registry(answer).versions("core"), LINE),
    "a second look at the index": (lambda answer: _registry(answer).look_again("core", None), LINE),
    "config.json": (
        lambda answer: (_registry(answer).api, _registry(answer).dl),
        b'{"api":"https://a","dl":"https://b"}',
    ),
    "a version": (lambda answer: _led(answer).published_checksum("core", "1.0.0"), b'{"version":{"checksum":"0"}}'),
    "a download": (lambda answer: _led(answer).download("core", "1.0.0", "0" * 64), b"x"),
    "an upload": (lambda answer: _led(answer).upload("core@1.0.0", b"x", "token"), REFUSED),
    "a yank": (lambda answer: _led(answer).yank("core", "1.0.0", "token"), REFUSED),
    "permissions: owners": (_permissions, b'{"users":[{"login":"ann","kind":"user"}]}'),
    "permissions: a crate": (_permissions, b'{"crate":{"id":"core","name":"core","trustpub_only":true}}'),
    "permissions: configurations": (_permissions, json.dumps({"github_configs": [answering.config()]}).encode()),
    "permissions: the site": (_permissions, b'{"read_only":true,"banner_message":"x"}'),
    "permissions: a refusal": (_permissions, REFUSED),
    "an ID token": (
        lambda answer: trusted_publishing.identity_token(SITE, "t", "a", _http(answer)),
        b'{"value":"a.b.c"}',
    ),
    "a token": (lambda answer: trusted_publishing.exchange(SITE, "jwt", _http(answer)), b'{"token":"x"}'),
    "a revocation": (lambda answer: trusted_publishing.revoke(SITE, "t", _http(answer)), REFUSED),
    "releases": (lambda answer: releases.releases(_forge(answer)), RELEASES),
    "a draft": (lambda answer: releases.publish(_forge(answer), 1), ONE_RELEASE),
    "the forge's refusal": (lambda answer: releases.publish(_forge(answer), 1), MESSAGE),
    "assets": (lambda answer: releases.assets(_forge(answer), 1), json.dumps(RELEASE["assets"]).encode()),
    "tags": (
        lambda answer: refs.find_tag(_forge(answer), "v1"),
        b'[{"ref":"refs/tags/v1","object":{"sha":"0","type":"tag"}}]',
    ),
    "workflow runs": (
        lambda answer: workflows.runs_of_commit(_forge(answer), "0"),
        json.dumps({"workflow_runs": [RUN]}).encode(),
    ),
    "dispatched runs": (
        lambda answer: workflows.dispatched_runs(_forge(answer), "x.yml"),
        json.dumps({"workflow_runs": [RUN]}).encode(),
    ),
    "a workflow": (
        lambda answer: workflows.workflow(_forge(answer), "x.yml"),
        b'{"id":1,"path":"x","state":"active"}',
    ),
    "jobs": (
        lambda answer: workflows.jobs(_forge(answer), 1),
        b'{"jobs":[{"id":1,"name":"x","status":"queued","conclusion":null}]}',
    ),
    "a job's log": (lambda answer: workflows.job_log(_forge(answer), 1), b"2026-11-29T00:00:00Z x"),
    "upstream's index": (_upstream(lambda upstream: upstream.lines("core")), LINE),
    "upstream's config.json": (_upstream(lambda upstream: upstream.downloads()), b'{"dl":"https://b"}'),
    "Prefect": (lambda answer: Api(SITE, _transport(answer), busy_patience=0).is_healthy(), b"true"),
}


@OFTEN
@given(data=st.data())
@pytest.mark.parametrize("what", CLIENTS)
def test_a_client_gives_a_value_or_an_error_of_the_catalogue(what: str, data: st.DataObject) -> None:
    read, seed = CLIENTS[what]
    answer = data.draw(answers(seed))
    try:
        read(answer)
    except LoadmasterError as error:
        str(error).encode()
        json.dumps(dict(error.facts)).encode()
        if error.until is not None:
            now = datetime.now(UTC)
            again = Patience(seconds=60).next_try(now, 1, now, 0.5, error.until)
            assert again is not None
            assert (again.at - now).total_seconds() <= 3600
            told_of(error.until, again.at)


@pytest.mark.parametrize("what", CLIENTS)
def test_the_client_takes_what_is_sound(what: str) -> None:
    """Else the test above would try nothing but refusals."""
    read, seed = CLIENTS[what]
    refusal = seed in (REFUSED, MESSAGE)
    answer = Answer(204 if what == "a revocation" else 201 if refusal else 200, {}, b"" if refusal else seed)
    if refusal and what.startswith(("permissions", "the forge")):
        return
    read(answer)
