"""The flows, in this process: a release that goes through, one that is asked for again, and those that must not start."""

from __future__ import annotations

import shutil
import subprocess
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.schemas.objects import State

from loadmaster.clients.git import observe_refs
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.request import GatesClosed, LiveWorldRefused, ReleaseLocked
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out, release
from loadmaster.planning.show import receipt_text
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import allow
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import RunDirectory, Store
from loadmaster.tasks.publish import publish
from tests.kit.checkout import ROOT
from tests.kit.evidence import CRATES, crates_of, receipt_of, uploads

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]


class Run(NamedTuple):
    state: State[Receipt]
    directory: RunDirectory


def started(store: Store, request: RehearseRequest) -> Run:
    allow(request, store)
    state = rehearse(request, return_state=True)
    return Run(state, store.run(str(_run_id(state))))


def _run_id(state: State[Any]) -> UUID:
    identity = state.state_details.flow_run_id
    assert identity is not None
    return identity


@flow(name="rehearse again")
def rehearse_again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    """What Retry makes of the flow `rehearse`: the same run directory, another process's world."""
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


Stacks = dict[str, list[str]]
"""By where it was taken: the names of our own functions that were running, the outermost first."""


def our_frames() -> list[str]:
    """Of this thread, without the test's and this one."""
    ours = str(ROOT / "loadmaster")
    return [frame.name for frame in traceback.extract_stack()[:-1] if frame.filename.startswith(ours)]


@pytest.fixture(scope="module")
def stacks() -> Iterator[Stacks]:
    """Taken where a crate's task is submitted and where its bytes go out, in releases that really do so."""
    taken: Stacks = {}
    submit, upload = publish.submit, RegistryClient.upload

    def submit_seen(*arguments: Any, **options: Any) -> Any:
        taken.setdefault("submit", our_frames())
        return submit(*arguments, **options)

    def upload_seen(self: RegistryClient, *arguments: Any, **options: Any) -> None:
        taken.setdefault("upload", our_frames())
        upload(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "submit", submit_seen)
        patch.setattr(RegistryClient, "upload", upload_seen)
        yield taken


@pytest.fixture(scope="module")
def released(store: Store, stacks: Stacks) -> Run:
    return started(store, RehearseRequest(project="demo", version="rc"))


@pytest.mark.usefixtures("released")
def test_an_upload_lies_at_most_nine_of_our_frames_below_the_flow(stacks: Stacks) -> None:
    flow, *above = stacks["submit"]
    assert flow == "rehearse"
    below = [*stacks["upload"], "upload"]
    assert below[:2] == ["patiently", "publish_crate"]
    assert len(above) + len(below) <= 9, f"{' → '.join([flow, *above])} ⇒ {' → '.join(below)}"


def test_the_demo_is_released_and_every_object_of_it_is_there(released: Run) -> None:
    receipt = receipt_of(released.directory)

    assert released.state.is_completed()
    assert (receipt.outcome, receipt.version, receipt.world) == (ReceiptOutcome.RELEASED, "0.4.1-rc.1", "rehearsal")
    there = {(each.kind, each.id) for each in receipt.objects if each.state is ObjectState.SAME}
    assert there >= {("crate", f"{name}@0.4.1-rc.1") for name in CRATES} | {
        ("commit", receipt.commit),
        ("tag", "v0.4.1-rc.1"),
        ("release", "v0.4.1-rc.1"),
        ("asset", "SHA256SUMS"),
        ("asset", "receipt.json"),
        ("install", "hangar-cli@0.4.1-rc.1"),
    }
    others = [each for each in receipt.objects if each.kind != "workflow-run"]  # which goes on at its own pace
    assert len({each for each in there if each[0] != "workflow-run"}) == len(others)
    assert {each.crate: each.status for each in uploads(released.directory)} == dict.fromkeys(CRATES, 200)
    assert all(each.attempts == 1 for each in crates_of(receipt).values())


def test_without_a_docker_engine_the_receipt_says_that_the_smoke_test_was_skipped_and_how_to_get_one(
    released: Run,
) -> None:
    receipt = receipt_of(released.directory)
    (gate,) = [each for each in receipt.gates if each.gate == "smoke-worker"]
    assert gate.outcome is Outcome.SKIP
    assert gate.why.startswith("no Docker engine")
    assert "install Debian's `docker.io`" in receipt_text(receipt)


def test_a_finished_release_asked_for_again_uploads_nothing_and_says_so(store: Store, released: Run) -> None:
    first = receipt_of(released.directory)

    request = RehearseRequest(project="demo", version="rc")
    again = rehearse_again(request, released.directory.path.name, store)

    assert (again.outcome, again.version, again.commit) == (ReceiptOutcome.RELEASED, first.version, first.commit)
    acted = {each.id for each in again.objects if each.attempts or "was there already" not in (each.why or "")}
    looks = {each.id for each in again.objects if each.kind in ("install", "workflow-run") or each.code == "promised"}
    assert acted == looks
    assert {each.id: each.sha256 for each in again.objects} == {each.id: each.sha256 for each in first.objects}
    assert len(uploads(released.directory)) == len(CRATES)


def test_a_second_attempt_beside_the_first_is_refused_and_names_its_process(store: Store) -> None:
    directory = store.run("taken")
    with directory.locked():
        request = RehearseRequest(project="demo", version="rc")
        state = rehearse_again(request, "taken", store, return_state=True)

    with pytest.raises(ReleaseLocked, match=rf"process `{_pid(directory)}` already"):
        state.result()
    assert not directory.pinned.exists()


def _pid(directory: RunDirectory) -> str:
    return (directory.path / "lock").read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("registry", "forge"),
    [
        pytest.param(None, None, id="nothing named"),
        pytest.param("sparse+https://registry.example/index/", "none", id="a registry that is not on this machine"),
        pytest.param("sparse+http://127.0.0.1:1/index/", None, id="a forge"),
    ],
)
def test_a_release_that_would_leave_this_machine_is_refused_with_a_way_out(
    store: Store, registry: str | None, forge: Literal["none"] | None
) -> None:
    request = LiveRequest(project="demo", version="minor", registry=registry, forge=forge)
    allow(request, store)

    state = release(request, return_state=True)

    assert state.is_failed()
    assert "Releases in the live world are not open yet" in (state.message or "")
    with pytest.raises(LiveWorldRefused, match="next: rehearse it instead; or name a registry on loopback"):
        state.result()
    assert not store.run(str(_run_id(state))).pinned.exists()


@pytest.mark.parametrize(
    ("request_values", "told"),
    [
        pytest.param({"project": "demo", "version": "banana"}, "version", id="a version that is none"),
        pytest.param({"project": "demo", "version": "v1.0.0"}, "version", id="a version with a leading v"),
        pytest.param({"project": "nope", "version": "minor"}, "no project `nope`", id="a project that is none"),
        pytest.param({"project": "demo", "version": "minor", "comit": "abc1234"}, "comit", id="a misspelt field"),
    ],
)
def test_what_the_form_let_through_is_refused_by_the_flow(
    store: Store, request_values: dict[str, str], told: str
) -> None:
    state: State[Receipt] = cast(Any, rehearse)(request_values, return_state=True)

    assert state.is_failed()
    assert told in (state.message or "")
    assert not (store.root / "runs" / str(_run_id(state))).exists()


def git(checkout: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
    done = subprocess.run(("git", *identity, *arguments), cwd=checkout, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def hangar(tmp_path: Path) -> Path:
    """A checkout of the demo workspace: one commit on `main`."""
    checkout = tmp_path / "hangar"
    shutil.copytree(ROOT / "examples" / "hangar", checkout, ignore=shutil.ignore_patterns("target"))
    git(checkout, "init", "--quiet", "--initial-branch=main")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "-m", "Everything")
    return checkout


def test_closed_gates_name_all_problems_and_nothing_is_pushed_or_uploaded(store: Store, hangar: Path) -> None:
    git(hangar, "tag", "v0.5.0")
    manifest = hangar / "crates" / "hangar-json" / "Cargo.toml"
    manifest.write_text("".join(line for line in manifest.read_text().splitlines(True) if "description" not in line))
    git(hangar, "commit", "--quiet", "--all", "-m", "Drop a description")
    (hangar / "notes.txt").write_text("not committed\n")

    run = started(store, RehearseRequest(project="demo", version="minor", repository=str(hangar)))

    with pytest.raises(GatesClosed) as closed:
        run.state.result()
    assert closed.value.what.startswith("3 problems found before anything was changed")
    for named in ("tag-free: `v0.5.0`", "tree-clean: `notes.txt`", "metadata-complete: `crates/hangar-json"):
        assert named in closed.value.what
        assert named in (run.state.message or "")
    receipt = receipt_of(run.directory)
    assert (receipt.outcome, receipt.objects) == (ReceiptOutcome.FAILED, ())
    assert {each.gate for each in receipt.gates if each.problems} == {"tag-free", "tree-clean", "metadata-complete"}
    assert uploads(run.directory) == ()
    pushed = observe_refs(str(run.directory.world / "remote.git"))
    assert {name: commit for name, commit in pushed.items() if name != "HEAD"} == {
        "refs/heads/main": git(hangar, "rev-parse", "main"),
        "refs/tags/v0.5.0": git(hangar, "rev-parse", "v0.5.0"),
    }
