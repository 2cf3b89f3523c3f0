"""Whoever is told to end in the middle of a release: it ends within ten seconds, leaves a receipt, and says the way on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadmaster.planning.show import receipt_text
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.rehearsal.faults import Fault
from loadmaster.run.store import Store
from loadmaster.stack.processes import is_alive
from loadmaster.stack.record import read_record, running
from loadmaster.stack.starting import up
from loadmaster.stack.stopping import down
from tests.kit import hangar
from tests.kit.checkout import ROOT
from tests.kit.evidence import accepted, crates_of
from tests.kit.next_step import run_as_printed
from tests.kit.service import Run, Service
from tests.kit.waiting import code_of, eventually, killed_at_last

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("signals")]

ENDS_WITHIN = 10.0
PREFECT_LOOKS = 20.0
"""Seconds in which a worker notices that a run is to be cancelled, and the command that it was."""
HELD = Fault(on="publish", crate="hangar-cli", hold_seconds=25)
"""The second of two crates."""
ALL_ONCE = Counter({"hangar-units": 1, "hangar-cli": 1})


class Command(contextlib.AbstractContextManager["Command"]):
    """The program, run as a person does, in a terminal of its own."""

    def __init__(self, home: Path, log: Path, *arguments: str, ci: bool = False) -> None:
        self._log, self._begun = log, 0.0
        env = {**os.environ, "LOADMASTER_HOME": str(home), "CI": "true" if ci else ""}
        with log.open("w") as progress:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "loadmaster", *arguments],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=progress,
                text=True,
                start_new_session=True,
            )

    def __exit__(self, *_: object) -> None:
        with killed_at_last(self.process):
            pass

    def has_said(self, words: str) -> bool:
        return words in self._log.read_text()

    def send(self, number: signal.Signals) -> None:
        self._begun = time.monotonic()
        self.process.send_signal(number)

    def end(self) -> tuple[int, float]:
        """Its exit code, and how many seconds after the signal it came."""
        code = code_of(self.process, "the command")
        return code, time.monotonic() - self._begun

    def document(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.read()))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hangar.repository(tmp_path_factory.mktemp("workspace") / "small")


def arguments(repository: Path, faults: Path, *held: Fault) -> list[str]:
    script = [fault.model_dump(mode="json", exclude_defaults=True) for fault in held]
    faults.write_text(json.dumps({"fault": script}))
    return ["rehearse", "-p", "demo", "-V", "minor", "--repository", str(repository), "--faults", str(faults), "--json"]


def begin(service: Service, repository: Path) -> Run:
    """A rehearsal that stands in the middle: one crate is out, and the upload of the other is held."""
    request = {"project": "demo", "version": "minor", "repository": str(repository)}
    run = service.begin({**request, "faults": [HELD.model_dump(mode="json", exclude_defaults=True)]})
    wait_for_upload(run)
    return run


def wait_for_upload(run: Run) -> None:
    eventually(run.held("registry", "publish-hangar-cli").exists, "the upload of `hangar-cli` was held")


def assert_half_out(receipt: Receipt, outcome: ReceiptOutcome) -> None:
    states = {name: crate.state for name, crate in crates_of(receipt).items()}
    assert states == {"hangar-units": ObjectState.SAME, "hangar-cli": ObjectState.UNKNOWN}
    assert receipt.outcome is outcome
    assert receipt.failure is not None


def assert_resumed(service: Service, run: Run, place: Path) -> None:
    """The command that the receipt names finishes the release, and nothing is uploaded twice."""
    here = {"LOADMASTER_HOME": str(service.store.root), "CI": ""}
    printed = receipt_text(run.receipt)
    run_as_printed("show._way_on_text", "loadmaster resume {receipt.short_run}", printed, place, here)
    assert run.receipt.outcome is ReceiptOutcome.RELEASED
    assert accepted(run.directory) == ALL_ONCE


def test_ctrl_c_leaves_a_run_that_goes_on(service: Service, repository: Path, tmp_path: Path) -> None:
    run, log = begin(service, repository), tmp_path / "log"
    with Command(service.store.root, log, "follow", run.id[:8]) as command:
        eventually(lambda: command.has_said("publish hangar-units"), "the command followed")
        command.send(signal.SIGINT)
        code, seconds = command.end()
    assert (code, seconds < ENDS_WITHIN) == (130, True)
    said = log.read_text()
    assert f"The run `{run.id[:8]}` goes on without this command" in said
    assert f"`loadmaster follow {run.id[:8]}`" in said
    run.held("registry", "publish-hangar-cli").unlink()
    with Command(service.store.root, log, "follow", run.id[:8], "--json") as command:
        assert command.end()[0] == 0
        assert command.document()["outcome"] == "released"


def test_a_run_that_waits_out_an_outage_says_so_and_is_cancelled_without_a_wait(
    service: Service, repository: Path, tmp_path: Path
) -> None:
    away = Fault(on="publish", crate="hangar-cli", status=503, detail="busy", for_seconds=1e9)
    request = {"project": "demo", "version": "minor", "repository": str(repository)}
    run = service.begin({**request, "faults": [away.model_dump(mode="json", exclude_defaults=True)]})
    log = tmp_path / "log"
    eventually(run.directory.pinned.exists, "the run had begun")
    with Command(service.store.root, log, "follow", run.id[:8]) as followed:
        eventually(lambda: followed.has_said("waiting: The registry gave no usable answer"), "the command told of it")
        assert "503: busy" in log.read_text()
        begun = time.monotonic()
        with Command(service.store.root, tmp_path / "cancel", "cancel", run.id[:8], "--json") as command:
            assert command.end()[0] == 1
            assert time.monotonic() - begun < ENDS_WITHIN + PREFECT_LOOKS
            assert_half_out(Receipt.model_validate(command.document()), ReceiptOutcome.CANCELLED)
        assert followed.end()[0] == 1
    assert log.read_text().count("waiting: ") == 1


def test_a_run_that_is_cancelled_leaves_its_receipt_and_is_resumed(
    service: Service, repository: Path, tmp_path: Path
) -> None:
    run, here = begin(service, repository), {"LOADMASTER_HOME": str(service.store.root), "CI": ""}
    with Command(service.store.root, tmp_path / "log", "follow", run.id[:8]) as command:
        eventually(lambda: command.has_said("publish hangar-units"), "the command followed")
        command.send(signal.SIGINT)
        assert command.end()[0] == 130
    left = (tmp_path / "log").read_text()
    cancelled = run_as_printed("RunLeft", "loadmaster cancel {run}", left, tmp_path, here, succeeds=False)
    assert cancelled.returncode == 1
    assert_half_out(run.receipt, ReceiptOutcome.CANCELLED)
    page = service.pages(run)[-1]
    assert "press **Retry** on this run's page, or run `loadmaster resume " in page
    run_as_printed("show._way_on_lines", "loadmaster resume {receipt.short_run}", page, tmp_path, here)
    assert run.receipt.outcome is ReceiptOutcome.RELEASED
    assert accepted(run.directory) == ALL_ONCE


def test_a_run_s_process_that_is_told_to_end_leaves_its_receipt(
    service: Service, repository: Path, tmp_path: Path
) -> None:
    run = begin(service, repository)
    begun = time.monotonic()
    os.kill(run.pid, signal.SIGTERM)
    eventually(run.directory.receipt.exists, "the receipt was written")
    assert time.monotonic() - begun < ENDS_WITHIN
    assert run.ended().type == "CRASHED"
    assert_half_out(run.receipt, ReceiptOutcome.CRASHED)
    assert run.receipt.failure is not None
    here = {"LOADMASTER_HOME": str(service.store.root)}
    shown = run_as_printed("RunCrashed", "loadmaster runs", run.receipt.failure.next, tmp_path, here)
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith(run.id[:8])]
    assert "1 of 2 crates published; 1 unknown" in line
    assert_resumed(service, run, tmp_path)


def test_a_worker_that_is_told_to_end_takes_its_run_with_it_and_both_leave_a_way_on(
    service: Service, repository: Path, tmp_path: Path
) -> None:
    run, before = begin(service, repository), running(service.store.root).worker
    assert before is not None
    begun = time.monotonic()
    os.kill(before.pid, signal.SIGTERM)
    eventually(run.directory.receipt.exists, "the receipt was written")
    assert time.monotonic() - begun < ENDS_WITHIN
    assert_half_out(run.receipt, ReceiptOutcome.CRASHED)
    eventually(lambda: _next_worker(service, before.pid), "the supervisor started another worker")
    assert run.ended().type == "CRASHED"
    assert_resumed(service, run, tmp_path)


def _next_worker(service: Service, before: int) -> bool:
    stack = read_record(service.store.root)
    return stack is not None and stack.worker is not None and stack.worker.pid != before and is_alive(stack.worker)


def test_a_run_whose_worker_was_killed_goes_on_to_its_end(service: Service, repository: Path) -> None:
    run, before = begin(service, repository), running(service.store.root).worker
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: _next_worker(service, before.pid), "the supervisor started another worker", ENDS_WITHIN)
    run.held("registry", "publish-hangar-cli").unlink()
    assert run.ended().type == "COMPLETED"
    assert accepted(run.directory) == ALL_ONCE


def test_what_cargo_started_ends_with_the_run(service: Service, tmp_path: Path) -> None:
    script = "fn main() {\n    std::thread::sleep(std::time::Duration::from_secs(3600));\n}\n"
    repository = hangar.repository(tmp_path / "waiting", {"units/build.rs": script})
    run = service.begin({"project": "demo", "version": "minor", "repository": str(repository)})
    eventually(lambda: bool(_build_scripts(run)), "a build script waited")
    (waiting,) = _build_scripts(run)
    begun = time.monotonic()
    os.kill(run.pid, signal.SIGTERM)
    eventually(lambda: not waiting.is_running(), "the build script had ended")
    assert time.monotonic() - begun < ENDS_WITHIN
    eventually(run.directory.receipt.exists, "the receipt was written")


def _build_scripts(run: Run) -> list[psutil.Process]:
    """The build scripts that work in the run's clone."""
    processes = psutil.process_iter(["exe", "cwd"])
    ours = (process for process in processes if str(run.directory.path) in (process.info["cwd"] or ""))
    return [process for process in ours if "build-script-build" in (process.info["exe"] or "")]


class TestAJob:
    """A job of a CI system: the server is started for the command, and ends with it."""

    @pytest.fixture
    def home(self, tmp_path: Path) -> Iterator[Path]:
        home = tmp_path / "home"
        yield home
        down(home, True, print)

    def test_a_job_that_is_cancelled_leaves_a_receipt_and_nothing_that_runs_and_the_next_one_finishes(
        self, home: Path, repository: Path, tmp_path: Path
    ) -> None:
        log, asked = tmp_path / "log", arguments(repository, tmp_path / "faults.json", HELD)
        with Command(home, log, *asked, ci=True) as command:
            eventually(
                lambda: any(home.glob("runs/*/world/registry/held/publish-hangar-cli")), "the upload was held", 240
            )
            command.send(signal.SIGINT)
            code, seconds = command.end()
            receipt = Receipt.model_validate(command.document())
        assert (code, seconds < ENDS_WITHIN) == (1, True), (seconds, log.read_text())
        assert receipt.outcome in (ReceiptOutcome.CANCELLED, ReceiptOutcome.CRASHED)
        assert crates_of(receipt)["hangar-units"].state is ObjectState.SAME
        stack = read_record(home)
        assert stack is not None
        parts = (stack.server, stack.worker, stack.supervisor)
        eventually(lambda: not any(part and is_alive(part) for part in parts), "nothing was left running")

        with Command(home, log, "resume", "--json", ci=True) as command:
            assert command.end()[0] == 0, log.read_text()
            assert Receipt.model_validate(command.document()).outcome is ReceiptOutcome.RELEASED
        assert accepted(Store(home).run(str(receipt.run))) == ALL_ONCE

    def test_a_command_that_is_stopped_before_there_is_a_run_leaves_nothing_that_runs(
        self, home: Path, repository: Path, tmp_path: Path
    ) -> None:
        log = tmp_path / "log"
        with Command(home, log, *arguments(repository, tmp_path / "faults.json")) as command:
            eventually(lambda: command.has_said("starting a Prefect server"), "the server was being started")
            command.send(signal.SIGTERM)
            code, seconds = command.end()
        assert (code, seconds < ENDS_WITHIN) == (130, True), (seconds, log.read_text())
        assert "stopped by `SIGTERM` before it had started a run" in log.read_text()
        stack = read_record(home)
        assert stack is not None
        eventually(lambda: not is_alive(stack.server), "the server had ended")
        assert is_alive(up(home, ROOT).server)  # nothing is broken by it
