"""`loadmaster yank`, as a program: it plans, acts only when told to, and goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from loadmaster.clients.serving import serving
from tests.kit.registry_world import Served
from tests.kit.running import MEMBERS, VERSION, Ran, Repository, index_of, loadmaster, publish, reserve

pytestmark = pytest.mark.cargo


def yank(home: Path, repository: Repository, index: str, *options: str, **variables: str) -> Ran:
    asked = ("--project", "demo", "--version", VERSION, "--repository", str(repository.directory), "--registry", index)
    return loadmaster(home, "yank", *asked, *options, **variables)


def states(ran: Ran) -> list[tuple[str, str]]:
    return [(each["crate"], each["state"]) for each in ran.document["crates"]]


def yanked(world: Served) -> set[str]:
    """Names whose version is yanked, by the index."""
    files = {name: world.client.get(f"/index/{len(name)}/{name[0]}/{name}") for name in MEMBERS if len(name) == 3}
    files["hull"] = world.client.get("/index/hu/ll/hull")
    lines = [json.loads(line) for file in files.values() if file.status_code == 200 for line in file.text.splitlines()]
    return {each["name"] for each in lines if each["vers"] == VERSION and each["yanked"]}


def test_the_plan_goes_from_the_dependents_down_and_changes_nothing(
    home: Path, repository: Repository, world: Served
) -> None:
    publish(world, "hull", "mid", "app")
    ran = yank(home, repository, index_of(world), "--json", LOADMASTER_REGISTRY_TOKEN=world.token)
    assert ran.code == 0
    assert states(ran) == [("app", "to-yank"), ("mid", "to-yank"), ("hull", "to-yank")]
    assert ran.document["executed"] is False
    assert "100 yanks of one user at once" in ran.document["limit"]
    assert yanked(world) == set()


def test_it_yanks_with_the_typed_version_and_a_second_time_finds_it_done(
    home: Path, repository: Repository, world: Served
) -> None:
    publish(world, "hull", "mid")
    told = ("--execute", "--confirm", VERSION, "--json")
    first = yank(home, repository, index_of(world), *told, LOADMASTER_REGISTRY_TOKEN=world.token)
    assert (first.code, first.document["executed"]) == (0, True)
    assert states(first) == [("mid", "same"), ("hull", "same"), ("app", "not-published")]
    assert yanked(world) == {"hull", "mid"}
    second = yank(home, repository, index_of(world), *told)  # nothing is left to do, so no token is asked for
    assert (second.code, states(second)) == (0, states(first))
    assert {each["why"] for each in second.document["crates"][:2]} == {"yanked already"}


def test_after_a_refusal_it_goes_on_where_it_stopped(home: Path, repository: Repository, world: Served) -> None:
    publish(world, "hull", "mid", "app")
    told = ("--execute", "--confirm", VERSION)
    only_app = world.token_of("mia", scopes=("yank",), crates=("app",))
    stopped = yank(home, repository, index_of(world), *told, LOADMASTER_REGISTRY_TOKEN=only_app)
    assert stopped.code == 1
    assert stopped.err.startswith("loadmaster: The registry refused to yank `mid@1.0.0` with status 403")
    assert yanked(world) == {"app"}
    assert yank(home, repository, index_of(world), *told, LOADMASTER_REGISTRY_TOKEN=world.token).code == 0
    assert yanked(world) == {"app", "mid", "hull"}


@pytest.mark.parametrize("confirm", [(), ("--confirm", "1.0.1")], ids=["nothing typed", "another version typed"])
def test_without_the_typed_version_nothing_happens(
    home: Path, repository: Repository, world: Served, confirm: tuple[str, ...]
) -> None:
    publish(world, "hull")
    ran = yank(home, repository, index_of(world), "--execute", *confirm, LOADMASTER_REGISTRY_TOKEN=world.token)
    assert ran.code == 2
    assert "To yank, the version `1.0.0` must be typed" in ran.err
    assert yanked(world) == set()


def test_without_a_token_nothing_happens(home: Path, repository: Repository, world: Served) -> None:
    publish(world, "hull")
    ran = yank(home, repository, index_of(world), "--execute", "--confirm", VERSION)
    assert ran.code == 1
    assert "There is no token for the registry" in ran.err
    assert yanked(world) == set()


@pytest.mark.parametrize("registry", [(), ("--registry", "sparse+https://registry.example/index/")])
def test_elsewhere_nothing_is_yanked(home: Path, registry: tuple[str, ...]) -> None:
    asked = ("yank", "--project", "demo", "--version", VERSION, *registry, "--execute", "--confirm", VERSION)
    ran = loadmaster(home, *asked, LOADMASTER_REGISTRY_TOKEN="cio-secret")
    assert ran.code == 1
    assert ran.err.startswith("loadmaster: Releases in the live world are not open yet")
    assert "cio-secret" not in ran.out + ran.err


def test_an_api_that_is_elsewhere_is_refused_before_a_token_goes_there(home: Path, repository: Repository) -> None:
    line = {"name": "hull", "vers": VERSION, "deps": [], "cksum": "0" * 64, "features": {}, "yanked": False}

    async def config(request: Request) -> Response:
        return JSONResponse({"dl": "https://registry.example/files", "api": "https://registry.example"})

    async def index(request: Request) -> Response:
        return PlainTextResponse(json.dumps(line) + "\n")

    routes = [Route("/config.json", config), Route("/hu/ll/hull", index)]
    with serving(Starlette(routes=routes)) as address:
        told = ("--execute", "--confirm", VERSION)
        ran = yank(home, repository, address, *told, LOADMASTER_REGISTRY_TOKEN="cio-secret")
    assert ran.code == 1
    assert "the live world" in ran.err
    assert "cio-secret" not in ran.out + ran.err


def test_a_crate_that_cannot_be_asked_for_leaves_no_plan(home: Path, repository: Repository) -> None:
    with serving(Starlette()) as address:
        gone = address
    ran = yank(home, repository, gone, "--json")
    assert ran.code == 1
    assert "gave no usable answer" in ran.document["failure"]["what"]


def test_an_older_version_is_left_alone(home: Path, repository: Repository, world: Served) -> None:
    reserve(world, "hull")
    ran = yank(home, repository, index_of(world), "--json")
    assert set(states(ran)) == {(name, "not-published") for name in MEMBERS}
