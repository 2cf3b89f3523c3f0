"""Credentials leave no trace: canaries are planted where credentials come from, and searched wherever a release leaves something.

Live releases on loopback: through an API token that was given, one in a Secret block, and trusted publishing; to a
registry that takes the crates, and to one that repeats the `Authorization` header in all spellings when it refuses them.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.blocks.system import Secret
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogWorker
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from loadmaster.clients.serving import serving
from loadmaster.flows.release import carry_out
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.profile.secret_variables import IDENTITY_VARIABLES, TOKEN_VARIABLE
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.rehearsal.seeding import seed
from loadmaster.run.allowed import allow
from loadmaster.run.job import Job
from loadmaster.run.live import live_job
from loadmaster.run.request import LiveRequest
from loadmaster.run.sandboxing import READS_VARIABLE
from loadmaster.run.store import RunDirectory, Store
from tests.kit.canary import in_error, in_files
from tests.kit.credentials import holding
from tests.kit.hangar import repository

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

BLOCK = "canary-of-the-tests"
TOKENS = "/api/v1/trusted_publishing/tokens"


def new_canary() -> str:
    return f"cio{secrets.token_hex(16)}"


@dataclass
class Counterpart:
    """A registry on loopback, with its part in trusted publishing. `echoes`: it refuses by repeating the request's header."""

    registry: Registry
    canary: str
    echoes: bool = False
    minted: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        own = [
            Route("/identity", self._vouch),
            Route(f"/registry{TOKENS}", self._exchange, methods=["POST"]),
            Route(f"/registry{TOKENS}", self._revoke, methods=["DELETE"]),
        ]
        echoing = {"crates/new": "PUT", "me": "GET", "trusted_publishing/github_configs": "GET"} if self.echoes else {}
        refusing = [Route(f"/registry/api/v1/{path}", self._refuse, methods=[how]) for path, how in echoing.items()]
        return Starlette(routes=[*own, *refusing, Mount("/registry", self.registry.app())])

    async def _vouch(self, request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {self.canary}"
        return JSONResponse({"value": f"{self.canary}.jwt"})

    async def _exchange(self, request: Request) -> Response:
        assert (await request.json())["jwt"] == f"{self.canary}.jwt"
        self.minted.append(new_canary())
        self.registry.add_token("mia", self.minted[-1])
        return JSONResponse({"token": self.minted[-1]})

    async def _revoke(self, request: Request) -> Response:
        self.revoked.append(request.headers["Authorization"].removeprefix("Bearer "))
        if not self.echoes:
            return Response(status_code=204)
        return JSONResponse({"errors": [{"detail": f"not now: {request.headers['Authorization']}"}]}, status_code=500)

    async def _refuse(self, request: Request) -> Response:
        async for _ in request.stream():
            pass
        header = request.headers["Authorization"]
        self.sent.append(header)
        encoded = [base64.b64encode(b"." * before + header.encode()).decode() for before in range(3)]
        told = " ".join([f"`{header}` may not", f"?token={quote(header, safe='')}", *encoded])
        return JSONResponse({"errors": [{"detail": told}]}, status_code=403, headers={"X-Echo": header})


@dataclass(frozen=True, kw_only=True)
class Left:
    """What one release left behind, and the secrets that were in play."""

    state: State[Receipt]
    directory: RunDirectory
    counterpart: Counterpart
    children: Path

    @property
    def canaries(self) -> list[str]:
        return [self.counterpart.canary, *self.counterpart.minted]

    @property
    def receipt(self) -> Receipt:
        return Receipt.model_validate_json(self.directory.receipt.read_bytes())


@flow(name="release with credentials")
def release_with(request: LiveRequest, style: RegistryStyle, store: Store) -> Receipt:
    directory = store.run(str(flow_run.id))
    job: Job = live_job(request, directory, store)
    project = job.project.model_copy(update={"registry": style, "install": None})
    return carry_out(replace(job, project=project))


@pytest.fixture(scope="module")
def hangar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("hangar"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Every cargo and git of this module says here what it was given: its arguments and its environment.

    In the sandbox nobody can write here; there it says so among its temporary files, which are the run's.
    """
    place = tmp_path_factory.mktemp("children")
    (place / "bin").mkdir()
    for name in ("cargo", "git"):
        shim = place / "bin" / name
        note = f'note() {{ (echo "$0" "$@"; env) >> "$1/{name}.log"; }}'
        shim.write_text(
            f'#!/bin/sh\n{note}\nnote {place} "$@" 2>/dev/null || note "$TMPDIR" "$@"\nexec {shutil.which(name)} "$@"\n'
        )
        shim.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(READS_VARIABLE, str(Path(shutil.which("cargo") or "").parent))
        patch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
        yield place


def database() -> Path:
    """The file that the harness' server keeps; what is not yet in it lies beside it, under the same name and more."""
    url = get_current_settings().server.database.connection_url
    assert url is not None
    return Path(url.get_secret_value().partition(":///")[2])


def places(store: Store, children: Path) -> list[Path]:
    """Wherever a release leaves something: logs, artifacts, parameters and states are in the database."""
    parts = [
        each for each in store.root.iterdir() if each.name != "build"
    ]  # cargo's own; it is seen by what it was given
    return [database(), children, *parts]


def released(store: Store, hangar: Path, counterpart: Counterpart, children: Path, source: str) -> Left:
    style = {"given": {}, "block": {"credentials": {"token_block": BLOCK}}, "trusted": TRUSTED}[source]
    with serving(counterpart.app()) as address:
        if source == "block":
            Secret(value=SecretStr(counterpart.canary)).save(BLOCK, overwrite=True)
        identity = dict(zip(IDENTITY_VARIABLES, (f"{address}/identity", counterpart.canary), strict=True))
        secrets = {"given": {TOKEN_VARIABLE: counterpart.canary}, "block": {}, "trusted": identity}[source]
        index = f"sparse+{address}/registry/index/"
        request = LiveRequest(project="demo", version="minor", repository=str(hangar), registry=index, forge="none")
        allow(request, store)
        with holding(secrets):
            state = release_with(request, RegistryStyle.model_validate(style), store, return_state=True)
        APILogWorker.drain_all(timeout=10)
    run = str(state.state_details.flow_run_id)
    return Left(state=state, directory=store.run(run), counterpart=counterpart, children=children)


TRUSTED: dict[str, Any] = {"credential": "trusted-publishing"}
SOURCES = ["given", "block", "trusted"]


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def counterpart(directory: Path, *, echoes: bool) -> Counterpart:
    """Both crates are there in an older version: trusted publishing cannot create them."""
    registry = Registry(directory / "registry")
    crates = [{"name": name, "owners": ["mia"], "versions": ["0.4.0"]} for name in ("hangar-units", "hangar-cli")]
    scenario = Scenario.model_validate({"users": [{"login": "mia"}], "crates": crates})
    seed(scenario, registry, directory, datetime.now(UTC))
    planted = Counterpart(registry, new_canary(), echoes=echoes)
    registry.add_token("mia", planted.canary)
    return planted


@pytest.fixture(scope="module")
def went_out(store: Store, hangar: Path, recorded: Path, source: str, tmp_path_factory: pytest.TempPathFactory) -> Left:
    planted = counterpart(tmp_path_factory.mktemp("taking"), echoes=False)
    return released(store, clone(hangar, tmp_path_factory), planted, recorded, source)


@pytest.fixture(scope="module")
def was_refused(
    store: Store, hangar: Path, recorded: Path, source: str, tmp_path_factory: pytest.TempPathFactory
) -> Left:
    planted = counterpart(tmp_path_factory.mktemp("echoing"), echoes=True)
    return released(store, clone(hangar, tmp_path_factory), planted, recorded, source)


def clone(hangar: Path, factory: pytest.TempPathFactory) -> Path:
    """A live release pushes: each one to a repository of its own."""
    bare = factory.mktemp("remote") / "hangar.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(hangar), str(bare)], check=True)
    return bare


def test_a_release_with_this_credential_goes_out_and_leaves_no_trace_of_it(store: Store, went_out: Left) -> None:
    assert went_out.state.is_completed(), went_out.state.message
    assert went_out.receipt.outcome is ReceiptOutcome.RELEASED
    for canary in went_out.canaries:
        assert in_files(canary, places(store, went_out.children)) == []


def test_a_refusal_that_repeats_the_credential_is_told_without_it(store: Store, was_refused: Left) -> None:
    assert was_refused.state.is_failed()
    assert "`[redacted]` may not ?token=[redacted]" in str(was_refused.state.message)
    sent = was_refused.counterpart.minted or [was_refused.counterpart.canary]
    assert set(was_refused.counterpart.sent) == set(sent)
    error = was_refused.state.result(raise_on_failure=False)
    assert isinstance(error, BaseException)
    for canary in was_refused.canaries:
        assert in_error(canary, error) == []
        assert in_files(canary, places(store, was_refused.children)) == []


def test_what_was_minted_is_revoked_whether_the_release_went_out_or_not(went_out: Left, was_refused: Left) -> None:
    for left in (went_out, was_refused):
        assert left.counterpart.revoked == left.counterpart.minted
    lines = logged("was not revoked at")
    assert all("[redacted]" in line for line in lines)
    assert bool(lines) or not was_refused.counterpart.minted


def logged(text: str) -> list[str]:
    with sqlite3.connect(database()) as server:
        found = server.execute("select message from log where message like ?", (f"%{text}%",)).fetchall()
    return [str(message) for (message,) in found]


def test_cargo_and_git_were_watched_and_had_none_of_it(recorded: Path, went_out: Left) -> None:
    inside = went_out.directory.home / "tmp" / "cargo.log"
    logs = [recorded / "git.log", inside if inside.exists() else recorded / "cargo.log"]
    for told in (log.read_text() for log in logs):
        assert told.count("PATH=") > 3
        assert TOKEN_VARIABLE not in told
        assert IDENTITY_VARIABLES[1] not in told


@task(persist_result=True)
def leak(canary: str, places: list[str]) -> str:
    """Everything that a careless step could do."""
    get_run_logger().info("the header was `Authorization: %s`", canary)
    create_markdown_artifact(key="leak", markdown=base64.b64encode(f"..{canary}".encode()).decode())
    for place in places:
        Path(place).write_text(f"?token={canary}")
    subprocess.run(["git", "--version", f"--{canary}"], check=False, capture_output=True)
    subprocess.run(["cargo", "--version"], check=True, env={**os.environ, "TOKEN": canary}, capture_output=True)
    return canary


@flow(name="leak")
def leaking(canary: str, places: list[str]) -> None:
    leak(canary, places)
    raise ValueError(f"401 for {canary}")


def test_each_of_these_leaks_would_have_been_found(store: Store, recorded: Path) -> None:
    canary = new_canary()
    planted = [store.run("leak").path / "receipt.json", store.part("crates") / "leak"]
    state = leaking(canary, [str(each) for each in planted], return_state=True)
    APILogWorker.drain_all(timeout=10)
    found = in_files(canary, places(store, recorded))
    try:
        for name in (*map(str, planted), f"{recorded}/git.log", f"{recorded}/cargo.log", f"{store.root}/results"):
            assert [each for each in found if each.startswith(name)], name
        assert logged(f"Authorization: {canary}")
        for spelling in ("plain", "base64 after 2"):
            assert [each for each in found if each.startswith(str(database())) and each.endswith(spelling)], spelling
        assert "plain" in in_error(canary, state.result(raise_on_failure=False))
    finally:
        for file in planted:
            file.unlink()
