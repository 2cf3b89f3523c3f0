"""A rehearsal with a command of the project's own: what it makes is released; one that fails keeps everything from starting."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

import pytest
from prefect import flow
from prefect.client.schemas.objects import State

from loadmaster.clients.git import observe_refs
from loadmaster.errors.release_commands.running import ReleaseCommandFailed
from loadmaster.flows.rehearse import rehearse
from loadmaster.flows.release import carry_out
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import allow
from loadmaster.run.store import RunDirectory, Store
from tests.kit.evidence import crates_of, receipt_of, uploads
from tests.kit.hangar import git, repository

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

PROFILE = """forge = "ada/hangar"
[source]
repository = "{repository}"
[registry]
new_burst = 30
[rehearsal]
upstream = false
[cargo]
clippy = false
[[release.commands]]
name = "table"
run = ["sh", "-ec", '''{script}''']
paths = ["units/src/*.rs", "docs/*.md"]
"""
MAKES = (
    'echo "of $LOADMASTER_VERSION" > docs/table.md; '
    'echo "pub const RELEASED: &str = \\"$LOADMASTER_VERSION\\";" >> units/src/lib.rs'
)
FAILS = 'echo "there is no table"; exit 7'


class Hangar(NamedTuple):
    place: Path
    store: Store

    @property
    def request(self) -> RehearseRequest:
        return RehearseRequest(project="hangar", version="minor")

    def says(self, script: str) -> None:
        text = PROFILE.format(repository=self.place / "repository", script=script)
        (self.place / "projects" / "hangar.toml").write_text(text)

    def rehearsed(self) -> tuple[State[Receipt], RunDirectory]:
        allow(self.request, self.store)
        state = rehearse(self.request, return_state=True)
        return state, self.store.run(str(state.state_details.flow_run_id))


@pytest.fixture
def hangar(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hangar:
    (tmp_path / "projects").mkdir()
    repository(tmp_path / "repository", {"docs/table.md": "of 0.4.0\n"})
    monkeypatch.setattr("loadmaster.run.profiles.PROJECTS", tmp_path / "projects")
    return Hangar(tmp_path, store)


@flow(name="rehearse again")
def rehearse_again(request: RehearseRequest, identity: str, store: Store) -> Receipt:
    """What Retry makes of the flow `rehearse`."""
    directory = store.run(identity)
    with directory.locked(), rehearsal(request, directory, store) as job:
        return carry_out(job)


def test_what_a_command_makes_is_committed_packaged_and_published_and_a_retry_takes_it_over(hangar: Hangar) -> None:
    hangar.says(MAKES)
    state, directory = hangar.rehearsed()
    assert state.is_completed(), state.message
    receipt, remote = receipt_of(directory), directory.world / "remote.git"
    assert receipt.outcome is ReceiptOutcome.RELEASED
    (record,) = receipt.commands
    assert (record.name, record.exit_code, record.kept) == ("table", 0, False)
    assert record.files == ("docs/table.md", "units/src/lib.rs")
    assert git(remote, "show", f"{receipt.commit}:docs/table.md") == "of 0.5.0"
    assert git(remote, "rev-parse", "main") == git(remote, "rev-parse", "v0.5.0^{}") == receipt.commit
    crate = crates_of(receipt)["hangar-units"]
    packed = read_crate(hangar.store.crate(crate.id, str(crate.sha256)), crate.id).files
    assert packed["src/lib.rs"].size == len((directory.checkout / "units" / "src" / "lib.rs").read_bytes()) > 40

    again = rehearse_again(hangar.request, directory.path.name, hangar.store)
    assert (again.outcome, again.commit, again.plan) == (ReceiptOutcome.RELEASED, receipt.commit, receipt.plan)
    assert [each.kept for each in again.commands] == [True]
    assert len(uploads(directory)) == 2


def test_a_command_that_fails_is_told_in_one_line_with_its_last_words_and_nothing_is_out(
    hangar: Hangar, caplog: pytest.LogCaptureFixture
) -> None:
    hangar.says(FAILS)
    state, directory = hangar.rehearsed()
    with pytest.raises(ReleaseCommandFailed, match="exited with 7:\nthere is no table"):
        state.result()
    receipt = receipt_of(directory)
    assert (receipt.outcome, receipt.version, receipt.plan) == (ReceiptOutcome.FAILED, "0.5.0", "")
    assert receipt.failure is not None
    assert (receipt.failure.code, receipt.failure.transient) == ("release-command-failed", False)
    assert set(observe_refs(str(directory.world / "remote.git"))) == {"HEAD", "refs/heads/main"}
    assert uploads(directory) == ()
    assert (directory.commands / "1.log").read_text() == "there is no table\n"
    told = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert not [line for line in told if "Traceback" in line]

    hangar.says(MAKES)
    again = rehearse_again(hangar.request, directory.path.name, hangar.store)
    assert (again.outcome, again.commands[0].name) == (ReceiptOutcome.RELEASED, "table")
