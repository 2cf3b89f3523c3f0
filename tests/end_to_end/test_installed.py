"""The wheel in an empty environment that nobody may write, used from a repository elsewhere, by somebody with a home of his own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.stack.access import read_sign_in
from loadmaster.stack.processes import is_alive
from loadmaster.stack.record import read_record, running
from loadmaster.stack.stopping import down
from tests.kit.checkout import ROOT
from tests.kit.hangar import git, repository
from tests.kit.installation import PLAIN, Installation, build_wheel, names_in, tracked
from tests.kit.signed_in import ask
from tests.kit.waiting import eventually

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.cargo,
    pytest.mark.xdist_group("installed"),
    pytest.mark.timeout(1800),
]

INTO_THE_WHEEL = {
    "loadmaster/": "loadmaster/",
    "flows/": "loadmaster/flows/",
    "tasks/": "loadmaster/tasks/",
    "deployments/": "loadmaster/deployments/",
    "docs/": "loadmaster/shipped/docs/",
    "examples/": "loadmaster/shipped/examples/",
    "projects/": "loadmaster/shipped/projects/",
    "prefect.yaml": "loadmaster/shipped/prefect.yaml",
    "tests/rehearsal/conformance/": "loadmaster/shipped/conformance/",
    "loadmaster/smoke/payload/": "loadmaster/shipped/payload/",
}
"""Where what begins so in the checkout is in the wheel; of two rules the later one counts."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("installed"), wheel)
    try:
        yield installation
    finally:
        down(installation.state, True, print)
        installation.remove()


def wanted() -> Iterator[str]:
    for name in tracked(ROOT):
        if name.endswith("ruff.toml") or (ROOT / name).is_symlink():
            continue
        places = [new + name.removeprefix(old) for old, new in INTO_THE_WHEEL.items() if name.startswith(old)]
        yield from places[-1:]


def test_the_wheel_has_all_of_it_and_nothing_that_is_not_of_loadmaster(wheel: Path) -> None:
    names = names_in(wheel)
    code = {name for name in names if not name.startswith("loadmaster-")}
    assert code == set(wanted())
    assert {"loadmaster/flows/release.py", "loadmaster/shipped/examples/hangar/Cargo.toml"} <= code
    assert {name.partition("/")[0] for name in names - code} == {
        f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"
    }


def test_from_a_repository_elsewhere_everything_works_and_nothing_is_written_beside_the_code(
    installed: Installation, tmp_path: Path
) -> None:
    before = installed.files()
    clone = tmp_path / "hangar"
    git(tmp_path, "clone", "--quiet", str(repository(tmp_path / "source")), str(clone))
    told = installed.run(clone, "--version")
    assert (told.returncode, told.stderr) == (0, "")  # the versions are those that were tested

    first = installed.run(clone, "init", "--json")
    assert first.returncode == 0, first.stderr
    profile = json.loads(first.stdout)
    with Path(profile["file"]).open("a") as file:
        file.write("\n[rehearsal]\nupstream = false\n")  # a test asks no other registry

    asked = ("--project", profile["project"], "--version", "minor", "--repository", str(clone), "--json")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "A profile")
    planned = installed.run(clone, "plan", *asked)
    assert json.loads(planned.stdout)["version"] == "0.5.0", planned.stderr

    rehearsed = installed.run(clone, "rehearse", *asked)
    assert rehearsed.returncode == 0, rehearsed.stderr
    receipt = Receipt.model_validate_json(rehearsed.stdout)
    assert receipt.outcome is ReceiptOutcome.RELEASED
    assert "the server stays" in rehearsed.stderr
    _every_link_works(installed, rehearsed.stderr)

    up = installed.run(clone, "up", "--json")
    assert (up.returncode, json.loads(up.stdout)["ui"]) == (0, running(installed.state).ui_url)
    examined = json.loads(installed.run(clone, "doctor", "--offline", "--json").stdout)["checks"]
    well = {check["name"] for check in examined if check["outcome"] == "ok"}
    assert {"packages", "store", "database", "server", "pool", "worker"} <= well
    assert _released_by_the_form(installed, {"project": "demo", "version": "patch", "preflight": False})

    ended = installed.run(clone, "down")
    assert (ended.returncode, "stopped the worker" in ended.stderr) == (0, True)
    stack = read_record(installed.state)
    assert stack is not None
    assert not is_alive(stack.server)
    assert installed.files() == before
    assert {path.name for path in installed.caches.iterdir()} <= {"build", "mirrors", "upstream", "smoke"}
    assert (installed.state / "runs").is_dir()
    assert not (installed.state / "mirrors").exists()


def test_planted_the_environment_cannot_be_written(installed: Installation) -> None:
    assert os.spawnvp(os.P_WAIT, (*PLAIN, "touch")[0], [*PLAIN, "touch", str(installed.environment / "x")]) != 0


def _every_link_works(installed: Installation, text: str) -> None:
    """After the command has ended."""
    stack = running(installed.state)
    user, _, password = read_sign_in(installed.state).partition(":")
    links = {word for word in text.split() if word.startswith(stack.ui_url)}
    assert links
    for link in links:
        shown = httpx.get(link, auth=(user, password), headers={"Accept": "text/html"}, trust_env=False)  # as a browser
        assert (shown.status_code, "<html" in shown.text) == (200, True), link


def _released_by_the_form(installed: Installation, request: dict[str, Any]) -> bool:
    """What the form sends, with what a browser sends along; the run is carried out by the worker alone."""
    deployment = ask(installed.state, "GET", "/deployments/name/rehearse/rehearse").json()
    assert "demo" in json.dumps(deployment["parameter_openapi_schema"])
    path = f"/deployments/{deployment['id']}/create_flow_run"
    run = ask(installed.state, "POST", path, {"parameters": {"request": request}}).json()["id"]
    receipt = installed.state / "runs" / run / "receipt.json"
    eventually(receipt.exists, "the run that the form started wrote its receipt", 600)
    return Receipt.model_validate_json(receipt.read_bytes()).outcome is ReceiptOutcome.RELEASED
