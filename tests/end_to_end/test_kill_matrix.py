"""After every single side effect of a release the process is killed, or the answer is lost: one Retry finishes it.

Each case is a rehearsal of one small workspace, pinned to one instant, so that all of them must end in the same world:
the same commits, crates, tags and assets, byte for byte. The registry's own log counts the uploads.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from loadmaster.clients import git
from loadmaster.planning.values.receipt import ReceiptOutcome, same_release
from loadmaster.rehearsal.faults import Fault
from loadmaster.rehearsal.faults.fault import Door
from loadmaster.run.job import Pinned
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import RunDirectory
from loadmaster.stack.settings import environment
from tests.kit import evidence, hangar
from tests.kit.evidence import accepted, receipt_of, uploads
from tests.kit.service import Service, eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("end to end")]

FULL = os.environ.get("CHAOS") == "full"
"""`make chaos`: the demo workspace, with all its crates; else one of two crates."""

CRATES = tuple(sorted(evidence.CRATES)) if FULL else ("hangar-units", "hangar-cli")

STARTED = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT_ONCE = 2
"""Cases that run at the same time; a process of each needs about one core."""

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
def cases(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Case]]:
    """Every case, carried out; a few at a time."""
    place = tmp_path_factory.mktemp("workspace")
    repository = the_demo(place / "demo.git") if FULL else hangar.repository(place / "small")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = pool.map(lambda fault: carry_out(service, repository, fault), FAULTS.values())
        yield dict(zip(FAULTS, ended, strict=True))


def the_demo(bare: Path) -> Path:
    git.import_directory(ROOT / "examples" / "hangar", bare, "main", STARTED)
    return bare


def carry_out(service: Service, repository: Path, fault: Fault | None) -> Case:
    """One release with one fault: an attempt, and Retry where the first did not finish."""
    script = [fault.model_dump(mode="json", exclude_defaults=True)] if fault else []
    request = {"project": "demo", "version": "minor", "repository": str(repository), "faults": script}
    identity = create_run(service, request)
    directory = service.store.run(identity)
    pin_to_one_instant(directory, repository)
    code, attempts = attempt(service, identity), 1
    killed = code == -signal.SIGKILL
    if code != 0:
        service.api.set_state(identity, "CRASHED", "Crashed", "as the worker reports it")
        service.api.retry(identity)
        attempts += 1
        assert attempt(service, identity) == 0, directory.path.joinpath("attempt.log").read_text()[-3000:]
    return Case(killed=killed, attempts=attempts, directory=directory, ending=ending(directory))


def create_run(service: Service, request: Mapping[str, Any]) -> str:
    """A run of the flow without a deployment, so that no worker takes it."""
    flow = post(service, "/flows/", {"name": "rehearse"})
    body = {"flow_id": flow, "parameters": {"request": request}, "state": {"type": "PENDING"}}
    return post(service, "/flow_runs/", {**body, "idempotency_key": str(uuid.uuid4())})


def post(service: Service, path: str, body: Mapping[str, Any]) -> str:
    """The id of what was made; Prefect on SQLite answers 503 where several write at once."""
    answers: list[httpx.Response] = []

    def is_done() -> bool:
        answers.append(httpx.post(f"{service.stack.api_url}{path}", json=body, trust_env=False, timeout=30))
        return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    eventually(is_done, f"Prefect took {path}")
    return str(answers[-1].raise_for_status().json()["id"])


def pin_to_one_instant(directory: RunDirectory, repository: Path) -> None:
    """What the first attempt would pin, but for the instant: equal instants give equal commits in every case."""
    commit = git.resolve(repository, "HEAD")
    pinned = Pinned(project="demo", asked="minor", commit=commit, on_branch=True, started=STARTED, as_of=STARTED)
    directory.pinned.write_text(pinned.model_dump_json())


def attempt(service: Service, identity: str) -> int:
    env = environment(service.store.root, service.stack.port, ROOT)
    with (service.store.run(identity).path / "attempt.log").open("ab") as log:
        command = [sys.executable, "-m", "tests.kit.attempt", identity]
        return subprocess.run(command, cwd=ROOT, env=env, stdout=log, stderr=log, check=False, timeout=120).returncode


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


@pytest.mark.parametrize("name", FAULTS)
def test_the_release_is_finished_by_one_retry_at_most_and_ends_as_if_nothing_had_happened(
    cases: dict[str, Case], name: str
) -> None:
    case, undisturbed = cases[name], cases["nothing happens"]
    assert case.killed is name.startswith("killed")
    assert case.attempts <= 2
    assert receipt_of(case.directory).outcome is ReceiptOutcome.RELEASED
    assert case.ending._replace(receipt=b"") == undisturbed.ending._replace(receipt=b"")
    assert same_release(case.ending.receipt, undisturbed.ending.receipt)


@pytest.mark.parametrize("name", FAULTS)
def test_no_crate_is_accepted_twice_and_none_is_uploaded_twice_but_where_its_answer_was_lost(
    cases: dict[str, Case], name: str
) -> None:
    directory = cases[name].directory
    assert accepted(directory) == Counter(CRATES)
    assert Counter(each.crate for each in uploads(directory)) == Counter(CRATES)
