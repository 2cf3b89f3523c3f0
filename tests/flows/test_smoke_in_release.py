"""A release whose own program is tested: what it was seen to deny decides whether anything is pushed, and what the receipt says.

The program is a stand-in of ours, built and installed by real cargo; its object says what it does. The kernels are Debian's.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from prefect import flow
from prefect.client.schemas.objects import State

from flows.rehearse import rehearse
from flows.release import carry_out
from loadmaster.clients.container import ENDS, Engine
from loadmaster.clients.git import observe_refs
from loadmaster.errors import SmokeNotPassed
from loadmaster.planning.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.state import ObjectState
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.smoke import machine
from loadmaster.store import RunDirectory, Store
from tests.flows.evidence import accepted, receipt_of, uploads
from tests.smoke.enforcer import PROFILE, object_of, workspace

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

BEFORE = 'when = "before-publish"\n'
AFTER = 'when = "after-release"\n'


@flow(name="rehearse again")
def rehearse_again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    """What Retry makes of the flow `rehearse`."""
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


class Run(NamedTuple):
    state: State[Receipt]
    directory: RunDirectory

    @property
    def receipt(self) -> Receipt:
        return receipt_of(self.directory)

    @property
    def pushed(self) -> set[str]:
        return set(observe_refs(str(self.directory.world / "remote.git"))) - {"HEAD"}


class Project(NamedTuple):
    """The project `enforcer`, whose object and profile a test may change."""

    place: Path
    store: Store

    @property
    def request(self) -> RehearseRequest:
        return RehearseRequest(project="enforcer", version="minor", repository=str(self.place / "repository"))

    def said(self, smoke: str, conduct: str | None) -> None:
        """What its profile says, and its object does. None: the profile knows of no object."""
        known = "" if conduct is None else f'object = {{file = "{self.place}/{{version}}/enforcer.o"}}'
        (self.place / "projects" / "enforcer.toml").write_text(PROFILE % (smoke, known))
        self.gets_object(conduct or "")

    def gets_object(self, conduct: str) -> None:
        (self.place / "0.5.0" / "enforcer.o").write_bytes(object_of(conduct))

    def released(self) -> Run:
        state = rehearse(self.request, return_state=True)
        return Run(state, self.store.run(str(state.state_details.flow_run_id)))


@pytest.fixture
def project(store: Store, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "projects").mkdir()
    (tmp_path / "0.5.0").mkdir()
    workspace(tmp_path / "repository")
    monkeypatch.setattr("loadmaster.project._PLACES", (tmp_path / "projects",))
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    return Project(tmp_path, store)


def smoke_of(receipt: Receipt) -> list[ObjectRecord]:
    return [each for each in receipt.objects if each.kind == "smoke"]


def test_a_candidate_that_denies_is_released_and_the_receipt_tells_of_the_release_s_own_denial(
    project: Project,
) -> None:
    project.said(BEFORE, "enforces")
    run = project.released()
    assert run.receipt.outcome is ReceiptOutcome.RELEASED
    (record,) = smoke_of(run.receipt)
    assert record.state is ObjectState.SAME
    assert record.id.startswith("release on 6.12.")
    assert (record.why or "").startswith("enforced: denied to both processes")
    assert (record.why or "").endswith("the probe beside it: enforced")
    assert accepted(run.directory) == {"enforcer": 1}
