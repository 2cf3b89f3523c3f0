"""`loadmaster preflight`, as a program: with a token and without one, before a proxy's page, and nothing changed by asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.cli.commands.preflight import preflight_here
from loadmaster.clients.serving import serving
from loadmaster.errors.rehearsal import PortTaken
from loadmaster.planning.values.gate import Outcome
from loadmaster.run.preflight import preflight_request
from loadmaster.run.store import Store
from tests.kit.checkout import ROOT
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
    for gate in ("crate-exists", "trusted-publishing", "crate-rules"):
        assert outcomes(ran, gate) == dict.fromkeys(MEMBERS, "pass"), gate
    assert outcomes(ran, "dependency-names") == dict.fromkeys(MEMBERS, "skip")
    assert set(outcomes(ran, "token").values()) == {"could-not-check"}
    assert all(each["asked"] for each in ran.document["findings"] if each["outcome"] == "pass")
    assert outcomes(ran, "registry-ready") == {"registry": "pass"}
    assert len(world.registry.uploads()) == before
    assert not list((home / "runs").iterdir())


@pytest.mark.parametrize(
    ("token", "code", "outcome", "told"),
    [
        pytest.param("{token}", 0, "pass", "is alive", id="one that is alive"),
        pytest.param("cio" + "x" * 32, 1, "fail", "unknown, revoked or expired", id="one that nobody knows"),
        pytest.param("no-token-of-crates-io", 1, "fail", "malformed", id="something else"),
        pytest.param("{token}\n", 1, "fail", "it has a line break", id="one with a line break"),
        pytest.param('"{token}"', 1, "fail", "there is a quote around it", id="one in quotes"),
        pytest.param("$TOKEN", 1, "fail", "it names a variable", id="the name of a variable"),
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
    assert "`LOADMASTER_REGISTRY_TOKEN`" in finding["what"]
    assert world.token not in ran.out + ran.err


def test_with_a_token_for_new_crates_alone_it_says_so_and_reads_the_configurations_with_it(
    home: Path, repository: Repository, world: Served, tmp_path: Path
) -> None:
    reserve(world, *MEMBERS)
    ran = preflight(
        home,
        repository,
        index_of(world),
        "--json",
        LOADMASTER_PROJECTS=str(projects_with(tmp_path, TRUSTED)),
        LOADMASTER_REGISTRY_TOKEN_NEW=world.token,
    )

    (finding,) = [each for each in ran.document["findings"] if each["where"] == "token"]
    assert finding["outcome"] == "could-not-check"
    assert "the token in `LOADMASTER_REGISTRY_TOKEN_NEW` is for new crates alone" in finding["what"]
    assert ran.code == 1
    wrong = [each for each in ran.document["findings"] if each["what"] == "has no configuration of trusted publishing"]
    assert [each["where"] for each in wrong] == list(MEMBERS)
    assert {each["credential"] for finding in wrong for each in finding["asked"]} == {
        "the token in `LOADMASTER_REGISTRY_TOKEN_NEW`"
    }


def test_a_server_that_does_not_start_leaves_the_block_an_open_question(
    home: Path, repository: Repository, world: Served
) -> None:
    def read(_: str) -> str:
        raise PortTaken(4200)

    asked = {"project": "demo", "version": VERSION, "repository": str(repository.directory)}
    request = preflight_request(asked | {"registry": index_of(world), "token_block": "registry-token"})
    report = preflight_here(request, Store(home), read)
    (finding,) = [each for each in report.findings if each.where == "token for new crates"]
    assert finding.outcome is Outcome.COULD_NOT_CHECK
    assert "The Secret block `registry-token` could not be read: " in finding.what
    assert report.is_open


def test_the_end_of_a_token_in_the_profile_is_held_against_the_plan(
    home: Path, repository: Repository, world: Served, tmp_path: Path
) -> None:
    reserve(world, *MEMBERS)
    ended = "\n[registry.credentials]\ntoken_expires = 2020-01-01T00:00:00Z\n"
    variables = {
        "LOADMASTER_PROJECTS": str(projects_with(tmp_path, ended)),
        "LOADMASTER_REGISTRY_TOKEN": world.token,
    }
    ran = preflight(home, repository, index_of(world), **variables)
    assert ran.code == 1
    assert "in `LOADMASTER_REGISTRY_TOKEN` expires at 2020-01-01 00:00 UTC, as the profile says" in ran.out

    (tmp_path / "projects" / "demo.toml").write_text(DEMO + ended.replace("2020", "2999"))
    ran = preflight(home, repository, index_of(world), **variables)
    assert (ran.code, "outlives the release" in ran.out) == (0, True), ran.out


DEMO = (ROOT / "projects" / "demo.toml").read_text()
TRUSTED = '\n[registry.trusted_publishing]\nrepository = "loadmaster/hangar"\nworkflow = "release.yml"\n'


def projects_with(directory: Path, more: str) -> Path:
    """A folder of profiles in which the demo's says more."""
    projects = directory / "projects"
    projects.mkdir()
    (projects / "demo.toml").write_text(DEMO + more)
    return projects


def test_the_text_is_a_table_with_crates_down_and_what_to_do_below(
    home: Path, repository: Repository, world: Served
) -> None:
    ran = preflight(home, repository, index_of(world), LOADMASTER_REGISTRY_TOKEN="cio" + "x" * 32)

    lines = ran.out.splitlines()
    assert "registry-ready  crate-exists  owners" in lines[1]
    assert any(line.split()[:1] == ["hull"] for line in lines)
    assert "✘ token `token for new crates`: in `LOADMASTER_REGISTRY_TOKEN` is unknown, revoked or expired" in ran.out
    assert "Next: make a token at https://crates.io/settings/tokens" in ran.out
    assert lines[-1].strip().startswith("a release would not start; ")


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
