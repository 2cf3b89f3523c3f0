"""After every single side effect of a release the process is killed, or the answer is lost: one Retry finishes it.

Both ways: crates that Loadmaster uploads, and crates that a job of CI uploads, with which the killed process takes its world along.

Each case is a rehearsal of one small workspace, pinned to one instant, so that all of them must end in the same world:
the same commits, crates, tags and assets, byte for byte. The registry's own log counts the uploads.
"""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from loadmaster.clients import git
from loadmaster.planning.values.receipt import ReceiptOutcome, same_release
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.job import Pinned
from loadmaster.run.store import RunDirectory
from tests.kit.evidence import accepted, receipt_of, uploads
from tests.kit.killing import CRATES, STARTED, Ending, effects, ending, workspace
from tests.kit.service import Service

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]


class Case(NamedTuple):
    killed: bool
    attempts: int
    directory: RunDirectory
    ending: Ending


class Planned(NamedTuple):
    publisher: str
    fault: Fault | None


def faults() -> dict[str, Planned]:
    named: dict[str, Planned] = {
        "nothing happens": Planned("direct", None),
        "nothing happens, by CI": Planned("ci", None),
    }
    for effect in effects(CRATES):
        named[f"killed after {effect.name}"] = Planned("direct", effect.killed)
        named[f"answer lost to {effect.name}"] = Planned("direct", effect.unanswered)
        named[f"killed after {effect.name}, by CI"] = Planned("ci", effect.killed)
    return named


FAULTS = faults()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def undisturbed_ones(service: Service, repository: Path) -> dict[str, Case]:
    """By publisher, made when they are first asked for."""
    return {}


@pytest.fixture(scope="module")
def undisturbed(named: str, undisturbed_ones: dict[str, Case], service: Service, repository: Path) -> Case:
    publisher = FAULTS[named].publisher
    if publisher not in undisturbed_ones:
        undisturbed_ones[publisher] = carry_out(service, repository, Planned(publisher, None))
    return undisturbed_ones[publisher]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in FAULTS],
    ids=lambda name: name,
)
def named(request: pytest.FixtureRequest) -> str:
    """Every case by its name, and each a group of tests of its own: any process takes any of them."""
    return str(request.param)


@pytest.fixture(scope="module")
def case(named: str, undisturbed: Case, service: Service, repository: Path) -> Case:
    return undisturbed if FAULTS[named].fault is None else carry_out(service, repository, FAULTS[named])


def carry_out(service: Service, repository: Path, planned: Planned) -> Case:
    """One release with one fault: an attempt, and Retry where the first did not finish."""
    script = [planned.fault.model_dump(mode="json", exclude_defaults=True)] if planned.fault else []
    asked = {"project": "demo", "version": "minor", "repository": str(repository), "publisher": planned.publisher}
    request = {**asked, "faults": script}
    identity = service.create_run(request)
    directory = service.store.run(identity)
    pin_to_one_instant(directory, repository)
    code, attempts = service.attempt(identity).code(), 1
    killed = code == -signal.SIGKILL
    if code != 0:
        service.api.set_state(identity, "CRASHED", "Crashed", "as the worker reports it")
        service.api.retry(identity)
        attempts += 1
        second = service.attempt(identity)
        assert second.code() == 0, second.log_end
    return Case(killed=killed, attempts=attempts, directory=directory, ending=ending(directory))


def pin_to_one_instant(directory: RunDirectory, repository: Path) -> None:
    """What the first attempt would pin, but for the instant: equal instants give equal commits in every case."""
    commit = git.resolve(repository, "HEAD")
    pinned = Pinned(project="demo", asked="minor", commit=commit, on_branch=True, started=STARTED, as_of=STARTED)
    directory.pinned.write_text(pinned.model_dump_json())


def test_the_release_is_finished_by_one_retry_at_most_and_ends_as_if_nothing_had_happened(
    named: str, case: Case, undisturbed: Case
) -> None:
    assert case.killed is named.startswith("killed")
    assert case.attempts <= 2
    assert receipt_of(case.directory).outcome is ReceiptOutcome.RELEASED
    assert case.ending._replace(receipt=b"") == undisturbed.ending._replace(receipt=b"")
    assert same_release(case.ending.receipt, undisturbed.ending.receipt)


def test_no_crate_is_accepted_twice_and_none_is_uploaded_twice_but_where_its_answer_was_lost(case: Case) -> None:
    assert accepted(case.directory) == Counter(CRATES)
    assert Counter(each.crate for each in uploads(case.directory)) == Counter(CRATES)
