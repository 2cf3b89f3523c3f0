"""After every single side effect of a release the process is killed, or the answer is lost: one Retry finishes it.

Each case is a rehearsal of one small workspace, pinned to one instant, so that all of them must end in the same world:
the same commits, crates, tags and assets, byte for byte. The registry's own log counts the uploads.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from loadmaster.clients import git
from loadmaster.planning.values.receipt import ReceiptOutcome, same_release
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.faults.fault import Door
from loadmaster.run.job import Pinned
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import RunDirectory
from tests.kit import evidence, hangar
from tests.kit.evidence import accepted, receipt_of, uploads
from tests.kit.service import Service

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

FULL = os.environ.get("CHAOS") == "full"
"""`make chaos`: the demo workspace, with all its crates; else one of two crates."""

CRATES = tuple(sorted(evidence.CRATES)) if FULL else ("hangar-units", "hangar-cli")

STARTED = datetime(2026, 11, 22, 12, tzinfo=UTC)

EFFECTS: tuple[tuple[Door, str | None, int], ...] = (
    ("push-commit", None, 0),
    ("push-tag", None, 0),
    *[("publish", crate, 0) for crate in CRATES],
    ("draft", None, 0),
    ("asset", None, 0),
    ("asset", None, 1),
    ("release", None, 0),
)
"""Every side effect of a release: where it is made, of which crate, and how many of the kind come before it."""


class Ending(NamedTuple):
    """What the world holds at the end, without instants."""

    refs: Mapping[str, str]
    crates: Mapping[str, str]
    sums: bytes
    receipt: bytes
    releases: list[tuple[str, bool, str]]


class Case(NamedTuple):
    killed: bool
    attempts: int
    directory: RunDirectory
    ending: Ending


def faults() -> dict[str, Fault | None]:
    named: dict[str, Fault | None] = {"nothing happens": None}
    for door, crate, after in EFFECTS:
        what = " ".join(str(each) for each in (door, crate, after or None) if each is not None)
        named[f"killed after {what}"] = Fault(on=door, crate=crate, after=after, kill=True)
        named[f"answer lost to {what}"] = Fault(on=door, crate=crate, after=after, lose_answer=True)
    return named


FAULTS = faults()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("workspace")
    if not FULL:
        return hangar.repository(place / "small")
    git.import_directory(ROOT / "examples" / "hangar", place / "demo.git", "main", STARTED)
    return place / "demo.git"


@pytest.fixture(scope="module")
def undisturbed(service: Service, repository: Path) -> Case:
    return carry_out(service, repository, None)


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
    return undisturbed if FAULTS[named] is None else carry_out(service, repository, FAULTS[named])


def carry_out(service: Service, repository: Path, fault: Fault | None) -> Case:
    """One release with one fault: an attempt, and Retry where the first did not finish."""
    script = [fault.model_dump(mode="json", exclude_defaults=True)] if fault else []
    request = {"project": "demo", "version": "minor", "repository": str(repository), "faults": script}
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


def ending(directory: RunDirectory) -> Ending:
    world = directory.world
    with closing(sqlite3.connect(world / "forge" / "forge.sqlite")) as forge:
        assets = dict(forge.execute("select name, content from assets").fetchall())
        releases = forge.execute("select tag_name, draft, body from releases").fetchall()
    with closing(sqlite3.connect(world / "registry" / "registry.sqlite")) as registry:
        crates = dict(registry.execute("select canonical || '@' || plain_version, checksum from versions").fetchall())
    refs = dict(git.observe_refs(str(world / "remote.git")))
    return Ending(
        refs=refs, crates=crates, sums=assets["SHA256SUMS"], receipt=assets["receipt.json"], releases=releases
    )


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
