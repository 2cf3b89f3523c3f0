"""`loadmaster preflight`, as a program: with a token and without one, before a proxy's page, and nothing changed by asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from tests.kit.registry_world import Served
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster, reserve

pytestmark = pytest.mark.cargo


def preflight(home: Path, repository: Repository, index: str, *options: str, **variables: str) -> Ran:
    asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory))
    return loadmaster(home, "preflight", *asked, "--registry", index, *options, **variables)


def outcomes(ran: Ran, gate: str) -> dict[str, str]:
    return {each["where"]: each["outcome"] for each in ran.document["findings"] if each["gate"] == gate}


def test_without_a_token_it_says_what_it_could_check_and_what_not(
    home: Path, repository: Repository, world: Served
) -> None:
    reserve(world, *MEMBERS)
    before = len(world.registry.uploads())
    ran = preflight(home, repository, index_of(world), "--json")

    assert ran.code == 0, ran.err
    for gate in ("crate-exists", "trusted-publishing", "dependency-names", "crate-rules"):
        assert outcomes(ran, gate) == dict.fromkeys(MEMBERS, "pass"), gate
    assert set(outcomes(ran, "token").values()) == {"could-not-check"}
    assert outcomes(ran, "registry-ready") == {"registry": "pass"}
    assert len(world.registry.uploads()) == before
    assert not list((home / "runs").iterdir())


@pytest.mark.parametrize(
    ("token", "code", "outcome", "told"),
    [
        pytest.param("{token}", 0, "pass", "is alive", id="one that is alive"),
        pytest.param("cio" + "x" * 32, 1, "fail", "unknown, revoked or expired", id="one that nobody knows"),
        pytest.param("no-token-of-crates-io", 1, "fail", "malformed", id="something else"),
        pytest.param("{token}\n", 1, "fail", "line break", id="one with a line break"),
    ],
)
def test_a_token_is_told_apart_and_never_shown(
    home: Path, repository: Repository, world: Served, token: str, code: int, outcome: str, told: str
) -> None:
    reserve(world, *MEMBERS)
    token = token.format(token=world.token)
    ran = preflight(home, repository, index_of(world), "--json", LOADMASTER_REGISTRY_TOKEN=token)

    assert ran.code == code, ran.out
    (finding,) = [each for each in ran.document["findings"] if each["where"] == "token"]
    assert finding["outcome"] == outcome
    assert told in finding["what"]
    assert token.strip() not in ran.out + ran.err


def test_the_text_is_a_table_with_crates_down_and_what_to_do_below(
    home: Path, repository: Repository, world: Served
) -> None:
    ran = preflight(home, repository, index_of(world), LOADMASTER_REGISTRY_TOKEN="cio" + "x" * 32)

    lines = ran.out.splitlines()
    assert "registry-ready  crate-exists  owners" in lines[1]
    assert any(line.split()[:1] == ["hull"] for line in lines)
    assert "✘ token `token for new crates`: is unknown, revoked or expired" in ran.out
    assert "Next: make a token at https://crates.io/settings/tokens" in ran.out
    assert lines[-1].strip() == "a release would not start"


def test_a_proxys_page_instead_of_the_web_api_is_said_as_such(home: Path, repository: Repository) -> None:
    def config(request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return JSONResponse({"dl": f"{base}/crates", "api": base})

    def page(_: Request) -> Response:
        return HTMLResponse("<!doctype html>\n<title>Sign in to the network</title>")

    def nothing(_: Request) -> Response:
        return PlainTextResponse("", status_code=404)

    routes = [
        Route("/index/config.json", config),
        Route("/index/{path:path}", nothing),
        Route("/{path:path}", page),
    ]
    with serving(Starlette(routes=routes)) as address:
        ran = preflight(home, repository, f"sparse+{address}/index/", "--json")

    assert ran.code == 0, ran.err
    (site,) = [each for each in ran.document["findings"] if each["gate"] == "registry-ready"]
    assert site["outcome"] == "could-not-check"
    assert "a page of HTML, which begins `<!doctype html>`" in site["what"]
    assert set(outcomes(ran, "crate-exists").values()) == {"could-not-check"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--project", "nope"), "no project `nope`"),
        (("--project", "demo", "--version", "banana"), "version"),
        (("--project", "demo", "--registry", "http://127.0.0.1:1/"), "registry"),
    ],
)
def test_what_cannot_be_asked_is_refused(home: Path, options: tuple[Any, ...], told: str) -> None:
    ran = loadmaster(home, "preflight", *options)
    assert ran.code == 2
    assert told in ran.err
