"""A release whose own program is tested: what it was seen to deny decides whether anything is pushed, and what the receipt says.

The program is a stand-in of ours, built and installed by real cargo; its object says what it does. The kernels are Debian's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from prefect import flow
from prefect.client.schemas.objects import State

from loadmaster.clients.forge import releases as forge
from loadmaster.clients.forge.http import http_client
from loadmaster.clients.git import observe_refs
from loadmaster.credentials.sources import forge_token
from loadmaster.errors.smoke_run import SmokeNotPassed
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out
from loadmaster.planning.forge.releases import Draft
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import allow
from loadmaster.run.store import RunDirectory, Store
from loadmaster.smoke.clients.container import Engine
from loadmaster.smoke.running import machine
from tests.kit.archives import tar
from tests.kit.enforcer import PROFILE, object_of, workspace
from tests.kit.evidence import accepted, receipt_of, uploads

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("flows")]

DRAFT = Draft(tag_name="v0.5.0", name="enforcer 0.5.0", body="", target_commitish="main", prerelease=False)
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

    def says(self, smoke: str, artefact: str) -> None:
        """What stands in its profile, besides the rest."""
        (self.place / "projects" / "enforcer.toml").write_text(PROFILE % (smoke, artefact))

    def has(self, smoke: str, conduct: str) -> None:
        """What stands in its profile, and what its program does, by an object that is a file."""
        self.says(smoke, f'object = {{file = "{self.place}/{{version}}/enforcer.o"}}')
        self.gets_object(conduct)

    def gets_object(self, conduct: str) -> None:
        (self.place / "0.5.0" / "enforcer.o").write_bytes(object_of(conduct))

    def released(self) -> Run:
        allow(self.request, self.store)
        state = rehearse(self.request, return_state=True)
        return Run(state, self.store.run(str(state.state_details.flow_run_id)))


@pytest.fixture
def project(store: Store, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "projects").mkdir()
    (tmp_path / "0.5.0").mkdir()
    workspace(tmp_path / "repository")
    monkeypatch.setattr("loadmaster.run.profiles.PROJECTS", tmp_path / "projects")
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    return Project(tmp_path, store)


def smoke_of(receipt: Receipt) -> list[ObjectRecord]:
    return [each for each in receipt.objects if each.kind == "smoke"]


def test_a_candidate_that_denies_is_released_and_the_receipt_tells_of_the_release_s_own_denial(
    project: Project,
) -> None:
    project.has(BEFORE, "enforces")
    run = project.released()
    assert run.receipt.outcome is ReceiptOutcome.RELEASED
    (record,) = smoke_of(run.receipt)
    assert record.state is ObjectState.SAME
    assert record.id.startswith("release on 6.12.")
    assert (record.why or "").startswith("enforced: denied to both processes")
    assert "the probe beside it: enforced; kernel from linux-image-6.12." in (record.why or "")
    assert accepted(run.directory) == {"enforcer": 1}


def test_the_weakest_of_two_kernels_keeps_a_candidate_back_before_anything_is_pushed(project: Project) -> None:
    project.has(BEFORE + 'kernels = ["6.12", "6.1"]\n', "enforces-on-6.12")
    run = project.released()
    with pytest.raises(SmokeNotPassed, match=r"`not-enforced` for the release on `6\.1\..*` \(vm\)"):
        run.state.result()
    assert run.receipt.outcome is ReceiptOutcome.FAILED
    assert {record.id.split()[2][:4]: record.state for record in smoke_of(run.receipt)} == {
        "6.12": ObjectState.SAME,
        "6.1.": ObjectState.DIFFERENT,
    }
    assert uploads(run.directory) == ()
    assert run.pushed == {"refs/heads/main"}
    assert {each.kind for each in run.receipt.objects} == {"smoke"}


def test_a_release_that_was_seen_not_to_deny_has_failed_until_a_retry_sees_it_deny(
    project: Project,
) -> None:
    project.has(AFTER, "attaches-elsewhere")
    run = project.released()
    with pytest.raises(SmokeNotPassed, match="`not-enforced`"):
        run.state.result()
    failed = run.receipt
    (record,) = smoke_of(failed)
    assert (failed.outcome, record.state) == (ReceiptOutcome.FAILED, ObjectState.DIFFERENT)
    assert "victim opened" in (record.why or "")
    assert failed.failure is not None
    assert "`not-enforced`" in failed.failure.what

    project.gets_object("enforces")
    receipt = rehearse_again(project.request, run.directory.path.name, project.store)

    assert (receipt.outcome, [each.state for each in smoke_of(receipt)]) == (
        ReceiptOutcome.RELEASED,
        [ObjectState.SAME],
    )
    assert [each.crate for each in uploads(run.directory)] == ["enforcer"]


def test_what_the_host_cannot_do_is_skipped_with_its_reason_where_the_mode_lets_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "command", partial(on_a_kernel_without_bpf, machine.command))
    project.has(BEFORE + 'mode = "best-effort"\n', "enforces")
    run = project.released()
    assert run.receipt.outcome is ReceiptOutcome.RELEASED
    (record,) = smoke_of(run.receipt)
    assert record.state is ObjectState.UNKNOWN
    assert (record.why or "").startswith("skip: unsupported: the stage `btf` failed: no errno, bpf is not among")


def on_a_kernel_without_bpf(
    command: Callable[..., Sequence[str]], memory: int, seconds: int, environment: Mapping[str, str], also: str
) -> Sequence[str]:
    """The machine, where the host's administrator left BPF out of the kernel's security modules."""
    return command(memory, seconds, environment, f"{also} lsm=landlock,lockdown,yama")


def test_a_program_whose_object_nobody_names_could_not_be_checked_beside_a_probe_that_was(project: Project) -> None:
    project.says(BEFORE, "")
    run = project.released()
    with pytest.raises(SmokeNotPassed, match="`could-not-check`"):
        run.state.result()
    (record,) = smoke_of(run.receipt)
    assert record.state is ObjectState.UNKNOWN
    assert (record.why or "").startswith("could-not-check: object missing: ")
    assert "; the probe beside it: enforced; kernel from " in (record.why or "")
    assert run.pushed == {"refs/heads/main"}


@flow(name="rehearse beside a CI")
def rehearse_beside_ci(request: RehearseRequest, assets: Mapping[str, bytes], store: Store) -> Receipt:
    """A rehearsal on whose forge the project's CI has drafted the release already, with what it built."""
    directory = store.run("beside-ci")
    with directory.locked(), rehearsal(request, directory, store) as job:
        token = forge_token(job.world).reveal()
        with http_client(str(job.world.forge), job.world.repository, token) as client:
            draft = forge.create_draft(client, DRAFT)
            for name, content in assets.items():
                forge.upload_asset(client, draft, name, content)
        return carry_out(job)


def test_the_assets_of_the_forge_s_release_are_what_is_tested_once_it_is_out(project: Project, standin: bytes) -> None:
    project.says(AFTER, 'asset = "enforcer-{version}.tar.gz"\nobject = {asset = "enforcer.o"}')
    assets = {"enforcer-0.5.0.tar.gz": tar(("enforcer", standin)), "enforcer.o": object_of("attaches-elsewhere")}
    with pytest.raises(SmokeNotPassed, match="`not-enforced` for the release"):
        rehearse_beside_ci(project.request, assets, project.store)
    receipt = receipt_of(project.store.run("beside-ci"))
    assert [each.state for each in smoke_of(receipt)] == [ObjectState.DIFFERENT]
    assert {each.id for each in receipt.objects if each.kind == "release"} == {"v0.5.0"}
