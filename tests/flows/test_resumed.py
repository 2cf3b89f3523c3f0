"""A release for real that stopped half way and is resumed by another run, after newer versions came out."""

from __future__ import annotations

import io
import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.schemas.objects import State

from loadmaster.flows.release import release
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.faults import FaultScript
from loadmaster.rehearsal.faults.fault import Fault
from loadmaster.rehearsal.registry import Registry
from loadmaster.run.allowed import allow
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import Store
from tests.kit.credentials import holding
from tests.kit.evidence import crates_of
from tests.kit.hangar import git, repository
from tests.kit.packing import upload
from tests.kit.registry_world import served

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

REFUSED = Fault(on="publish", crate="hangar-cli", status=403, detail="this crate is not yours")


@dataclass
class Days:
    """The registry's calendar."""

    later: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@dataclass
class Half:
    """Half of a release: `hangar-units` 0.5.0 is out, `hangar-cli` was refused; then came `hangar-units` 0.5.1."""

    first: Receipt
    packaged: set[str]
    """SHA-256 of the crates that the first attempt packaged."""
    resumed: Receipt
    store: Store


def run(store: Store, request: LiveRequest) -> Receipt:
    allow(request, store)
    state: State[Receipt] = release(request, return_state=True)
    directory = store.run(str(state.state_details.flow_run_id))
    return Receipt.model_validate_json(directory.receipt.read_bytes())


@pytest.fixture(scope="module")
def half(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Half]:
    directory, calendar = tmp_path_factory.mktemp("resumed"), Days()
    registry = Registry(directory / "registry", clock=calendar, faults=FaultScript(faults=(REFUSED,)))
    remote = directory / "hangar.git"
    git(directory, "clone", "--quiet", "--bare", str(repository(directory / "hangar")), str(remote))
    with served(registry) as world, holding({TOKEN_VARIABLE: world.token}):
        request = LiveRequest(
            project="demo",
            version="0.5.0",
            repository=str(remote),
            registry=f"sparse+{world.address}/index/",
            forge="none",
            preflight=False,
        )
        first = run(store, request)
        packaged = {each.stem for each in store.part("crates").iterdir()}
        calendar.later = timedelta(days=1)
        assert world.put(upload("hangar-units", "0.5.1")).status_code == 200
        yield Half(first, packaged, run(store, request), store)


def test_the_release_is_finished_with_the_bytes_that_its_first_attempt_packaged(half: Half) -> None:
    assert (half.first.outcome, half.resumed.outcome) == (ReceiptOutcome.FAILED, ReceiptOutcome.RELEASED)
    crates = crates_of(half.resumed)
    assert {each.sha256 for each in crates.values()} <= half.packaged
    assert [crates[name].attempts for name in ("hangar-units", "hangar-cli")] == [0, 1]


def test_the_uploaded_lockfile_names_the_sibling_of_its_own_release_not_the_newer_one(half: Half) -> None:
    sha256 = crates_of(half.resumed)["hangar-cli"].sha256
    assert sha256 is not None
    with tarfile.open(fileobj=io.BytesIO(half.store.crate("hangar-cli", sha256))) as archive:
        lockfile = archive.extractfile("hangar-cli-0.5.0/Cargo.lock")
        assert lockfile is not None
        packages = tomllib.loads(lockfile.read().decode())["package"]
    assert [each["version"] for each in packages if each["name"] == "hangar-units"] == ["0.5.0"]


def test_the_receipt_tells_the_instant_of_the_first_attempt(half: Half) -> None:
    assert half.first.as_of is not None
    # A registry tells the instant of an upload in whole seconds.
    assert half.resumed.as_of is not None
    assert abs((half.resumed.as_of - half.first.as_of).total_seconds()) < 1
    assert half.first.as_of < half.resumed.started
