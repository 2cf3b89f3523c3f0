"""The workflows that rehearse and release, carried out in a clone of a small workspace, with a server, a worker, cargo and git.

What only a runner can do is named in tests/examples/test_workflows.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadmaster.errors.request import LiveWorldRefused
from loadmaster.stack.starting import up
from loadmaster.stack.stopping import down
from tests.kit.canary import in_files
from tests.kit.checkout import ROOT
from tests.kit.hangar import git, repository
from tests.kit.machine import TOKEN, open_registry, remote
from tests.kit.runner import obeyed
from tests.kit.running import index_of
from tests.kit.workflows import Runner, workflow

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("workflows")]

PROFILE = """title = "Hangar"
forge = "loadmaster/hangar"

[source]
branch = "main"

[install]
package = "hangar-cli"
binary = "hangar"

[registry]
new_burst = 30

[rehearsal]
upstream = false
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A runner whose workspace is a clone of a workspace with its profile, and which holds a token for new crates.

    Its server is up before the first job. That a command starts one for itself is tried elsewhere (test_next_steps.py).
    """
    place = tmp_path_factory.mktemp("runner")
    (place / "work").mkdir()
    clone, temp = repository(place / "work" / "clone", {"loadmaster.toml": PROFILE}), place / "temp"
    temp.mkdir()
    says = {
        "github.workspace": str(clone),
        "github.token": "ghs-the-job-s-own-token",
        "inputs.version": "minor",
        "secrets.REGISTRY_TOKEN_NEW": TOKEN,
    }
    home = place / "work" / "loadmaster"
    up(home, ROOT, tell=print)
    yield Runner(clone, temp, says, {})
    down(home, True, print)


def test_the_nightly_rehearsal_releases_in_its_world_and_its_receipt_lies_where_it_is_uploaded_from(
    runner: Runner,
) -> None:
    ran = runner.run(workflow("rehearse.yml"), "Rehearse the next minor release")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    receipts = (runner.workspace.parent / "loadmaster").glob("runs/*/receipt.json")
    assert [json.loads(receipt.read_text())["outcome"] for receipt in receipts] == ["released"]
    assert [each.name for each in obeyed(ran.stdout) if each.name == "error"] == []
    summary = (runner.temp / "summary.md").read_text()
    assert "# hangar 0.5.0: released" in summary
    assert "| `hangar-cli@0.5.0` | new | `hangar-units` |" in summary


def test_a_release_by_dispatch_pushes_and_publishes_and_shows_no_token(runner: Runner, tmp_path: Path) -> None:
    bare = remote(runner.workspace, tmp_path / "hangar.git")
    with open_registry(tmp_path / "registry") as world:
        options = f"--repository {bare} --registry {index_of(world)} --forge none"
        runner = Runner(runner.workspace, runner.temp, {**runner.says, "vars.LOADMASTER_OPTIONS": options}, {})
        ran = runner.run(workflow("release.yml"), "Release")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert sorted(each.crate for each in world.registry.uploads()) == ["hangar-cli", "hangar-units"]
    assert git(bare, "tag", "--list") == "v0.5.0"
    assert "live world" in (runner.temp / "summary.md").read_text()
    for secret in (TOKEN, runner.says["github.token"]):
        assert secret not in ran.stdout + ran.stderr
        assert in_files(secret, [runner.temp / "summary.md", runner.workspace.parent / "loadmaster" / "runs"]) == []


def test_a_release_that_the_live_world_refuses_is_annotated_and_exits_as_usage(runner: Runner) -> None:
    runner = Runner(runner.workspace, runner.temp, {**runner.says, "vars.LOADMASTER_OPTIONS": ""}, {})
    ran = runner.run(workflow("release.yml"), "Release")
    assert ran.returncode == LiveWorldRefused.exit_code
    (told,) = obeyed(ran.stdout)
    assert (told.name, told.properties["title"]) == ("error", LiveWorldRefused.code)
    assert f"## {told.data.splitlines()[0]}\n" in (runner.temp / "summary.md").read_text()
