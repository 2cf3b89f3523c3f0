"""`--version changed` in a release for real: it means what changed, is decided once, and is finished like any other release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.schemas.objects import State

from loadmaster.flows.release import release
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.faults import FaultScript
from loadmaster.rehearsal.faults.fault import Fault
from loadmaster.rehearsal.registry import Registry
from loadmaster.run.allowed import allow
from loadmaster.run.job import Pinned
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import RunDirectory, Store
from tests.kit.credentials import holding
from tests.kit.hangar import git, repository
from tests.kit.registry_world import served

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

KILOGRAM = "pub const KILOGRAM: u32 = 1000;\n"
SECOND_IS_REFUSED = Fault(on="publish", crate="hangar-cli", status=403, detail="this crate is not yours", after=1)


@dataclass
class Released:
    bare: Path
    index: str
    store: Store
    registry: Registry

    def release(self, version: str) -> tuple[Receipt, RunDirectory]:
        request = LiveRequest(
            project="demo",
            version=version,
            repository=str(self.bare),
            registry=self.index,
            forge="none",
            preflight=False,
        )
        allow(request, self.store)
        state: State[Receipt] = release(request, return_state=True)
        directory = self.store.run(str(state.state_details.flow_run_id))
        return Receipt.model_validate_json(directory.receipt.read_bytes()), directory

    def change(self, place: Path, message: str, text: str) -> None:
        git(place.parent, "clone", "--quiet", str(self.bare), str(place))
        (place / "units/src/lib.rs").write_text(text)
        git(place, "commit", "--quiet", "--all", f"--message={message}")
        git(place, "push", "--quiet", "origin", "HEAD:main")

    def uploads(self) -> Counter[str]:
        return Counter(f"{each.crate}@{each.version}" for each in self.registry.uploads() if each.status == 200)


@pytest.fixture
def released(store: Store, tmp_path: Path) -> Iterator[Released]:
    """0.5.0 of the workspace is out."""
    registry = Registry(tmp_path / "registry", faults=FaultScript(faults=(SECOND_IS_REFUSED,)))
    bare = tmp_path / "hangar.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository(tmp_path / "hangar")), str(bare))
    with served(registry) as world, holding({TOKEN_VARIABLE: world.token}):
        made = Released(bare, f"sparse+{world.address}/index/", store, registry)
        assert made.release("0.5.0")[0].outcome is ReceiptOutcome.RELEASED
        yield made


def code_of(receipt: Receipt) -> str | None:
    return receipt.failure.code if receipt.failure is not None else None


def test_it_is_what_changed_half_of_it_is_finished_and_then_there_is_nothing(
    released: Released, tmp_path: Path
) -> None:
    nothing, _ = released.release("changed")
    assert (nothing.outcome, code_of(nothing)) == (ReceiptOutcome.FAILED, "nothing-changed")

    released.change(tmp_path / "theirs", "feat!: tons", f"{KILOGRAM}pub const TON: u32 = 1000;\n")
    half, directory = released.release("changed")
    assert (half.outcome, half.version, code_of(half)) == (ReceiptOutcome.FAILED, "0.6.0", "crates-not-published")
    pinned = Pinned.model_validate_json(directory.pinned.read_bytes())
    assert (pinned.asked, pinned.version) == ("changed", "0.6.0")  # every Retry of this run releases that
    assert "hangar-cli@0.6.0" not in released.uploads()

    finished, _ = released.release("changed")
    assert (finished.outcome, finished.version) == (ReceiptOutcome.RELEASED, "0.6.0")
    assert finished.commit == half.commit
    assert released.uploads() == Counter(
        {f"{crate}@{version}" for crate in ("hangar-cli", "hangar-units") for version in ("0.5.0", "0.6.0")}
    )
    assert code_of(released.release("changed")[0]) == "nothing-changed"


def test_a_begun_release_with_more_on_top_is_finished_by_its_own_version_first(
    released: Released, tmp_path: Path
) -> None:
    released.change(tmp_path / "theirs", "feat!: tons", f"{KILOGRAM}pub const TON: u32 = 1000;\n")
    released.release("changed")
    released.change(tmp_path / "more", "fix: tons", f"{KILOGRAM}pub const TON: u32 = 1_000;\n")
    stopped, _ = released.release("changed")
    assert stopped.failure is not None
    assert stopped.failure.code == "release-unfinished"
    facts = stopped.failure.facts or {}
    assert (facts["version"], facts["asked"]) == ("0.6.0", "changed")
