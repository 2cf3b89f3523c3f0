"""What is asked wrongly is refused where it is asked; what is asked rightly is answered in one document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadmaster.deployments import REHEARSE
from loadmaster.errors.prefect import ParametersRefused
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from tests.kit.evidence import accepted, each_once, uploads
from tests.kit.service import Service
from tests.kit.signed_in import ask
from tests.kit.waiting import eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("asking")]

WRONG = [
    pytest.param("demo", "banana", "banana", id="a version that is none"),
    pytest.param("nope", "minor", "nope", id="a project that is none"),
]
PROGRAM_SECONDS = 300
"""A release that hangs is a failure, and told by its name."""


def loadmaster(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadmaster", *arguments],
        env={**os.environ, "LOADMASTER_HOME": str(home), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PROGRAM_SECONDS,
    )


@pytest.mark.parametrize(("project", "version", "told"), WRONG)
def test_the_api_refuses_a_wrong_parameter_and_says_which(
    service: Service, project: str, version: str, told: str
) -> None:
    request = {"request": {"project": project, "version": version}}
    deployment = service.ask("GET", f"/deployments/name/{REHEARSE}")
    path = f"/deployments/{deployment['id']}/create_flow_run"

    answer = ask(service.store.root, "POST", path, {"parameters": request})

    assert answer.status_code == 409
    assert told in answer.text
    with pytest.raises(ParametersRefused, match=told):
        service.api.create_run(REHEARSE, request)


@pytest.mark.parametrize("as_json", [False, True], ids=["as text", "as JSON"])
@pytest.mark.parametrize(("project", "version", "told"), WRONG)
def test_the_command_refuses_a_wrong_parameter_before_anything_starts(
    tmp_path: Path, project: str, version: str, told: str, as_json: bool
) -> None:
    done = loadmaster(tmp_path / "home", "rehearse", "-p", project, "-V", version, *["--json"] * as_json)

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
    if as_json:
        assert told in json.loads(done.stdout)["failure"]["what"]
    else:
        assert done.stdout == ""


def test_a_rehearsal_prints_its_receipt_and_nothing_else(service: Service) -> None:
    done = loadmaster(service.store.root, "rehearse", "-p", "demo", "-V", "patch", "--json")

    assert done.returncode == 0, done.stderr
    receipt = Receipt.model_validate_json(done.stdout)
    assert (receipt.outcome, receipt.version) == (ReceiptOutcome.RELEASED, "0.4.1")
    run = service.store.run(str(receipt.run))
    assert run.receipt.read_text() == done.stdout
    assert accepted(run) == each_once()


def test_a_failed_rehearsal_prints_its_receipt_too_and_exits_with_1(service: Service, tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\non = "publish"\ncrate = "hangar-units"\nstatus = 403\ndetail = "not yours"\n')

    done = loadmaster(service.store.root, "rehearse", "-p", "demo", "-V", "patch", "--json", "--faults", str(faults))

    assert done.returncode == 1, done.stderr
    receipt = Receipt.model_validate_json(done.stdout)
    assert receipt.outcome is ReceiptOutcome.FAILED
    assert receipt.failure is not None
    assert "`hangar-units@0.4.1`" in receipt.failure.what
    assert "not yours" in receipt.failure.what
    run = service.store.run(str(receipt.run))
    assert [each.status for each in uploads(run) if each.crate == "hangar-units"] == [403]

    def listed() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(loadmaster(service.store.root, "runs", "--json").stdout)[0]
        return found

    eventually(lambda: not listed()["is_at_work"], "the run's process has ended")
    assert {"id": receipt.run, "state": "Failed", "next": "resume"}.items() <= listed().items()


def test_the_schedule_of_the_rehearsal_yields_runs_of_release_candidates(service: Service) -> None:
    with service.scheduling():
        eventually(lambda: bool(service.api.scheduled_runs(REHEARSE)), "the schedule created runs")
        query = {"flow_runs": {"id": {"any_": [each.id for each in service.api.scheduled_runs(REHEARSE)]}}}
        runs: list[dict[str, Any]] = service.ask("POST", "/flow_runs/filter", query)

    assert all(each["auto_scheduled"] for each in runs)
    assert all(each["parameters"] == {"request": {"project": "demo", "version": "rc"}} for each in runs)
    assert {each["expected_start_time"][11:16] for each in runs} == {"02:30"}
