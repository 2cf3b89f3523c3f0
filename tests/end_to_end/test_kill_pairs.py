"""A release that is killed after one of its side effects, in a world where something else is wrong as well.

Every pair ends *released*, with the right digests everywhere: in the receipt, in `SHA256SUMS`, in the index, and in the bytes
that the registry keeps, hashed here. Or it is refused with its own error, and is finished once that is repaired.

`make test` takes a pair of each condition, by processes that are forked. `make chaos` takes all of them, twice: from the
run's page, and from the command line, both on the worker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.store import RunDirectory
from tests.kit import hangar
from tests.kit.evidence import accepted, crates_of, receipt_of
from tests.kit.killing import FULL, SMALL, Effect, effects, ending, hashed_files
from tests.kit.service import Run, Service
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo]

FOR_GOOD = 10_000
ATTEMPTS = 6
"""More than any pair needs: the first, one after the kill, those that are refused, one after the repair."""
PROJECT = "impatient"
"""The demo, which waits seconds and not minutes, and reads every file back."""


class Condition(NamedTuple):
    name: str
    faults: tuple[Fault, ...]
    refused: frozenset[str] = frozenset()
    """Codes of the errors that an attempt may end with until the fault is repaired."""


DISAGREE = frozenset({"checksum-mismatch", "index-disagrees", "crates-not-published"})
CONDITIONS = (
    Condition("a wrong checksum for good", (Fault(on="index", checksum="wrong", times=FOR_GOOD),), DISAGREE),
    Condition("a wrong checksum in three reads", (Fault(on="index", checksum="wrong", times=3),)),
    Condition("an index that is stale in every other read", (Fault(on="index", stale=True, times=6),)),
    Condition("downloads that are tampered with", (Fault(on="download", tampered=True, times=FOR_GOOD),), DISAGREE),
    Condition("the answer to an upload is lost", (Fault(on="publish", crate="hangar-units", lose_answer=True),)),
    Condition(
        "twenty seconds of 503",
        (
            Fault(on="publish", status=503, for_seconds=20),
            Fault(on="index", status=503, for_seconds=20),
        ),
    ),
    Condition(
        "the forge answers with HTML", (Fault(on="draft", form="html"), Fault(on="asset", form="html", status=502))
    ),
)
KILLS = effects(SMALL)


class Pair(NamedTuple):
    kill: Effect
    condition: Condition

    @property
    def name(self) -> str:
        return f"{self.condition.name}, killed after {self.kill.name}"

    def request(self, repository: Path, *, repaired: bool = False) -> dict[str, Any]:
        faults = (self.kill.killed, *(() if repaired else self.condition.faults))
        return {
            "project": PROJECT,
            "version": "minor",
            "repository": str(repository),
            "faults": [fault.model_dump(mode="json", exclude_defaults=True) for fault in faults],
            "clock_speed": 10.0,
        }


class Way(Protocol):
    """A way to start a run and to go on with it."""

    def attempt(self, request: dict[str, Any]) -> None:
        """One attempt, to its end; the first one starts the run."""

    @property
    def directory(self) -> RunDirectory: ...


class Forked:
    """Attempts in processes of the test's own, without a worker: quick."""

    def __init__(self, service: Service) -> None:
        self._service, self._run = service, ""

    def attempt(self, request: dict[str, Any]) -> None:
        if self._run:
            self._service.set_parameters(self._run, request)
            self._service.api.retry(self._run)
        else:
            self._run = self._service.create_run(request)
        if self._service.attempt(self._run).code() == -signal.SIGKILL:
            self._service.api.set_state(self._run, "CRASHED", "Crashed", "as the worker reports it")

    @property
    def directory(self) -> RunDirectory:
        return self._service.store.run(self._run)


class FromThePage:
    """The form of the deployment, and Retry."""

    def __init__(self, service: Service) -> None:
        self._service, self._run = service, None

    _run: Run | None

    def attempt(self, request: dict[str, Any]) -> None:
        if self._run is None:
            self._run = self._service.begin(request)
        else:
            run = self._run
            eventually(lambda: self._service.has_let_go_of(run), "the worker had done with the last attempt")
            self._service.set_parameters(run.id, request)
            run.retry()
        self._run.ended()

    @property
    def directory(self) -> RunDirectory:
        assert self._run is not None
        return self._run.directory


class FromTheCommandLine:
    """`loadmaster rehearse`, and the command that the receipt names."""

    def __init__(self, service: Service, script: Path) -> None:
        self._service, self._script, self._run = service, script, ""

    def attempt(self, request: dict[str, Any]) -> None:
        if not self._run:
            self._script.write_text(json.dumps({"fault": request["faults"], "clock_speed": request["clock_speed"]}))
            where = ("--repository", request["repository"], "--faults", str(self._script))
            document = self._loadmaster("rehearse", "-p", request["project"], "-V", request["version"], *where)
            self._run = document["run"]
        else:
            self._service.set_parameters(self._run, request)
            self._loadmaster("resume", self._run[:8])

    def _loadmaster(self, *arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "loadmaster", *arguments, "--json"]
        env = {**os.environ, "LOADMASTER_HOME": str(self._service.store.root)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode in (0, 1), done.stderr
        return dict(json.loads(done.stdout))

    @property
    def directory(self) -> RunDirectory:
        return self._service.store.run(self._run)


WAYS = ("page", "command line") if FULL else ("forked",)


def pairs() -> Iterator[tuple[Pair, str]]:
    """All of them by both ways, or one of each condition, and each kill about as often."""
    for place, condition in enumerate(CONDITIONS):
        chosen = KILLS if FULL else (KILLS[(place + 2) % len(KILLS)],)
        yield from ((Pair(kill, condition), way) for kill in chosen for way in WAYS)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hangar.repository(tmp_path_factory.mktemp("workspace") / "small")


@pytest.mark.parametrize(
    ("pair", "way"),
    [
        pytest.param(pair, way, id=f"{pair.name}, {way}", marks=pytest.mark.xdist_group(f"{pair.name} {way}"))
        for pair, way in pairs()
    ],
)
def test_a_pair_ends_released_with_the_right_digests_everywhere(
    pair: Pair, way: str, service: Service, repository: Path, tmp_path: Path
) -> None:
    ways: dict[str, Way] = {
        "forked": Forked(service),
        "page": FromThePage(service),
        "command line": FromTheCommandLine(service, tmp_path / "faults.json"),
    }
    by = ways[way]
    refused = _carry_out(pair, by, repository)
    receipt = receipt_of(by.directory)
    assert receipt.outcome is ReceiptOutcome.RELEASED, receipt.failure
    assert refused <= pair.condition.refused
    _assert_right_digests(by.directory, receipt)
    assert accepted(by.directory) == Counter(SMALL)


def _carry_out(pair: Pair, way: Way, repository: Path) -> set[str]:
    """The codes of the errors that attempts ended with, but for the kill. What an error names is then repaired."""
    codes: set[str] = set()
    for _ in range(ATTEMPTS):
        way.attempt(pair.request(repository, repaired=bool(codes)))
        if not way.directory.receipt.exists():
            continue  # killed, and nobody has looked yet
        receipt = receipt_of(way.directory)
        if receipt.outcome is ReceiptOutcome.RELEASED:
            return codes
        if receipt.outcome is ReceiptOutcome.FAILED:
            assert receipt.failure is not None
            codes.add(str(receipt.failure.code))
    raise AssertionError(f"not released after {ATTEMPTS} attempts; errors: {codes}")


def _assert_right_digests(directory: RunDirectory, receipt: Receipt) -> None:
    end, noted = ending(directory), {name: crate.sha256 for name, crate in crates_of(receipt).items()}
    assert set(noted.values()) == set(end.crates.values()) == hashed_files(directory)
    assert {name: sha256 for sha256, name in _sums(end.sums)} == {f"{name}-0.5.0.crate": noted[name] for name in SMALL}
    assert [draft for _tag, draft, _body in end.releases] == [False]


def _sums(text: bytes) -> list[list[str]]:
    return [line.split("  ") for line in text.decode().splitlines()]
