"""A rehearsal with two credentials side by side: an API token that may only create, and trusted publishing for updates."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from prefect import flow
from prefect.runtime import flow_run

from loadmaster.flows.release import carry_out
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.request import RehearseRequest, rehearse_request
from loadmaster.rehearsal.world import FORGE_OWNER_ID, rehearsal
from loadmaster.run.store import RunDirectory, Store
from tests.kit.evidence import uploads
from tests.kit.hangar import repository

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

SIDE_BY_SIDE = {"credential": "trusted-publishing", "credentials": {"new": "token"}}
SCENARIO = {
    "users": [{"login": "mia"}],
    "actor": "mia",
    "actor_token": {"scopes": ["publish-new"]},
    "crates": [{"name": "hangar-units", "owners": ["mia"], "versions": ["0.4.0"], "trustpub_only": True}],
    "trusted_publishing": [
        {
            "crate": "hangar-units",
            "repository_owner": "loadmaster",
            "repository_owner_id": FORGE_OWNER_ID,
            "repository_name": "hangar",
            "workflow_filename": "release.yml",
        }
    ],
}


@flow(name="rehearse with two credentials")
def rehearse_with(request: RehearseRequest, style: RegistryStyle, store: Store) -> Receipt:
    directory = store.run(str(flow_run.id))
    with directory.locked(), rehearsal(request, directory, store) as job:
        project = job.project.model_copy(update={"registry": style, "install": None})
        return carry_out(replace(job, project=project))


def rehearsed(store: Store, source: Path, style: Mapping[str, object]) -> tuple[Receipt, RunDirectory]:
    request = rehearse_request(
        {
            "project": "demo",
            "version": "minor",
            "repository": str(source),
            "scenario": SCENARIO,
            "preflight": False,
        }
    )
    state = rehearse_with(request, RegistryStyle.model_validate(style), store, return_state=True)
    directory = store.run(str(state.state_details.flow_run_id))
    return Receipt.model_validate_json(directory.receipt.read_bytes()), directory


def living_tokens(directory: RunDirectory) -> int:
    """Of trusted publishing: the registry forgets one that is revoked."""
    with sqlite3.connect(directory.world / "registry" / "registry.sqlite") as registry:
        return int(registry.execute("SELECT count(*) FROM trusted_tokens").fetchone()[0])


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("hangar"))


def test_each_crate_goes_out_with_its_own(store: Store, source: Path) -> None:
    receipt, directory = rehearsed(store, source, SIDE_BY_SIDE)
    assert receipt.outcome is ReceiptOutcome.RELEASED, receipt.failure
    assert {each.crate: each.status for each in uploads(directory)} == {"hangar-units": 200, "hangar-cli": 200}
    assert living_tokens(directory) == 0


def test_without_trusted_publishing_the_update_is_refused(store: Store, source: Path) -> None:
    receipt, directory = rehearsed(store, source, {})
    assert receipt.outcome is ReceiptOutcome.FAILED
    assert {each.crate: each.status for each in uploads(directory)} == {"hangar-units": 403}
