"""The permission gates in the flows: closed before anything is pushed, switched off on request, asked alone by `preflight`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from prefect import flow
from prefect.artifacts import Artifact

from loadmaster.clients.git import observe_refs
from loadmaster.errors.registry import CratesNotPublished
from loadmaster.errors.request import GatesClosed
from loadmaster.flows.preflight import preflight
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.request import RehearseRequest, rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import allow
from loadmaster.run.journal import NO_PREFLIGHT
from loadmaster.run.preflight import PreflightReport, PreflightRequest
from loadmaster.run.store import RunDirectory, Store
from loadmaster.run.world import credential_file
from tests.kit.credentials import holding
from tests.kit.evidence import receipt_of, uploads
from tests.kit.hangar import repository
from tests.kit.registry_world import fresh

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

EXPIRED = {
    "actor": "ann",
    "actor_token": {"expires": "2020-01-01T00:00:00Z"},
    "crates": [{"name": name, "owners": ["ann"], "versions": ["0.4.0"]} for name in ("hangar-units", "hangar-cli")],
}


def request_for(source: Path, **values: Any) -> RehearseRequest:
    return rehearse_request(
        {"project": "demo", "version": "minor", "repository": str(source), "scenario": EXPIRED, **values}
    )


@flow(name="rehearse again")
def rehearse_again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    """What Retry makes of the flow `rehearse`."""
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


def directory_of(state: Any, store: Store) -> RunDirectory:
    identity = state.state_details.flow_run_id
    assert isinstance(identity, UUID)
    return store.run(str(identity))


def test_a_dead_token_closes_the_gates_before_anything_is_pushed(store: Store, tmp_path: Path) -> None:
    request = request_for(repository(tmp_path))
    allow(request, store)
    state = rehearse(request, return_state=True)

    with pytest.raises(GatesClosed, match=r"token: `token` in `registry\.token` is unknown, revoked or expired"):
        state.result()
    directory = directory_of(state, store)
    assert uploads(directory) == ()
    assert set(observe_refs(str(directory.world / "remote.git"))) == {"HEAD", "refs/heads/main"}
    receipt = receipt_of(directory)
    assert (receipt.outcome, receipt.deviations) == (ReceiptOutcome.FAILED, ())
    (token,) = [each for each in receipt.gates if each.gate == "token"]
    assert "authentication failed" in (token.problems[0].evidence or "")


def test_without_the_preflight_the_registry_says_it_and_a_retry_finishes_after_the_repair(
    store: Store, tmp_path: Path
) -> None:
    request = request_for(repository(tmp_path), preflight=False)
    allow(request, store)
    state = rehearse(request, return_state=True)

    with pytest.raises(CratesNotPublished, match=r"`hangar-units@0.5.0`.*authentication failed"):
        state.result()
    directory = directory_of(state, store)
    stopped = receipt_of(directory)
    assert NO_PREFLIGHT in stopped.deviations
    # Nothing of the catalogue is lost on the way: the release's reason is the crate's own, and names the credential.
    (refused,) = [record for record in stopped.objects if record.code == "upload-refused"]
    assert stopped.failure is not None
    assert refused.why is not None
    assert refused.why in stopped.failure.what
    assert (refused.cause, refused.next) == (stopped.failure.why, stopped.failure.next)
    assert "`registry.token`, or it has expired" in stopped.failure.why
    assert (refused.facts or {})["reason"] == "token-unknown"

    token = "cio" + "n" * 32
    Registry(directory.world / "registry").add_token("ann", token)
    credential_file(directory.world, "registry").write_text(token)
    receipt = rehearse_again(request, directory.path.name, store)

    assert receipt.outcome is ReceiptOutcome.RELEASED
    assert [each.crate for each in uploads(directory) if each.status == 200] == ["hangar-units", "hangar-cli"]


def test_a_preflight_asks_a_live_registry_and_leaves_a_table(store: Store, tmp_path: Path) -> None:
    with fresh(tmp_path / "registry") as world, holding({TOKEN_VARIABLE: world.token}):
        request = PreflightRequest(
            project="demo",
            repository=str(repository(tmp_path / "hangar")),
            registry=f"sparse+{world.address}/index/",
        )
        allow(request, store)
        report: PreflightReport = preflight(request)
        assert world.registry.uploads() == ()

    outcomes = {each.gate: each.outcome for each in report.gates}
    assert Outcome.FAIL not in outcomes.values()
    assert outcomes["crate-rules"] is Outcome.PASS
    artifact = cast(Any, Artifact.get("demo-permissions"))
    assert artifact.type == "table"
    assert '"what": "hangar-units"' in artifact.data


def test_a_preflight_that_finds_something_fails_and_says_it(store: Store, tmp_path: Path) -> None:
    with fresh(tmp_path / "registry") as world, holding({TOKEN_VARIABLE: "cio" + "x" * 32}):
        request = PreflightRequest(
            project="demo",
            repository=str(repository(tmp_path / "hangar")),
            registry=f"sparse+{world.address}/index/",
        )
        allow(request, store)
        state = preflight(request, return_state=True)

    with pytest.raises(GatesClosed, match="is unknown, revoked or expired"):
        state.result()
