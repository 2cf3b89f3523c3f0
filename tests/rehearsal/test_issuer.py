"""The issuer of a rehearsal's world, asked by the clients that a release uses."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from loadmaster.clients.registry import trusted_publishing
from loadmaster.clients.registry.registry import RegistryClient, http_client
from loadmaster.clients.serving import serving
from loadmaster.credentials.sources import identity
from loadmaster.errors.credentials import ExchangeRefused, IdentityRefused
from loadmaster.rehearsal.issuer import Issuer
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import FORGE_OWNER_ID, rehearsal
from loadmaster.run.clock import utc_now
from loadmaster.run.profiles import load_project
from loadmaster.run.store import Store
from loadmaster.run.world import World
from tests.kit.hangar import repository


def scenario(workflow: str) -> dict[str, object]:
    owner, _, name = load_project("demo").forge.partition("/")
    config = {"crate": "hangar", "repository_owner": owner, "repository_owner_id": FORGE_OWNER_ID}
    config |= {"repository_name": name, "workflow_filename": workflow}
    return {
        "users": [{"login": "mia"}],
        "crates": [{"name": "hangar", "owners": ["mia"], "versions": ["0.1.0"]}],
        "trusted_publishing": [config],
    }


def exchanged(world: World, client: httpx.Client) -> str:
    api = RegistryClient(world.index, client).api
    url, asks = identity(world)
    jwt = trusted_publishing.identity_token(url, asks.reveal(), trusted_publishing.audience_of(api), client)
    return trusted_publishing.exchange(api, jwt, client)


def test_a_release_gets_its_token_and_a_retry_another(tmp_path: Path) -> None:
    source, store, client = repository(tmp_path / "source"), Store(tmp_path / "home"), http_client()
    values = {"project": "demo", "version": "minor", "repository": str(source), "scenario": scenario("release.yml")}
    seen = set()
    for _ in range(2):
        with rehearsal(rehearse_request(values), store.run("one"), store) as job:
            seen.add(exchanged(job.world, client))
            key = job.world.directory / "issuer.pem"
            assert key.stat().st_mode & 0o077 == 0, "nobody else signs for this world"
    assert len(seen) == 2
    assert all(token.startswith("cio_tp_") for token in seen)


def test_a_configuration_with_a_blank_is_told_apart(tmp_path: Path) -> None:
    source, store = repository(tmp_path / "source"), Store(tmp_path / "home")
    values = {"project": "demo", "version": "minor", "repository": str(source), "scenario": scenario(" release.yml")}
    with (
        rehearsal(rehearse_request(values), store.run("one"), store) as job,
        pytest.raises(ExchangeRefused, match=r"Expected workflow filenames: ` release\.yml`"),
    ):
        exchanged(job.world, http_client())


def test_another_worlds_request_token_is_refused(tmp_path: Path) -> None:
    source, store, client = repository(tmp_path / "source"), Store(tmp_path / "home"), http_client()
    request = rehearse_request({"project": "demo", "version": "minor", "repository": str(source)})
    with (
        rehearsal(request, store.run("one"), store) as one,
        rehearsal(request, store.run("two"), store) as other,
        pytest.raises(IdentityRefused),
    ):
        foreign = identity(other.world).token.reveal()
        trusted_publishing.identity_token(identity(one.world).url, foreign, "anybody", client)


def test_a_run_that_cannot_be_is_not_started(tmp_path: Path) -> None:
    with serving(Issuer(tmp_path, utc_now).app()) as address:
        answer = httpx.post(f"{address}/runs", json={"run": {"repository": "a/b"}})
    assert answer.status_code == 422
    assert "workflow" in answer.json()["message"]
