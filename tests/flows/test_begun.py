"""A release for real, killed once its release commit was pushed: no other release starts over it, until it is finished."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL

from loadmaster.flows.release import release
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.rehearsal.registry import Registry
from loadmaster.run.allowed import allow
from loadmaster.run.request import LiveRequest, live_request
from loadmaster.run.store import Store
from tests.kit.checkout import ROOT
from tests.kit.credentials import holding
from tests.kit.hangar import git, repository
from tests.kit.registry_world import served
from tests.kit.running import loadmaster
from tests.kit.waiting import PATIENCE, code_of, killed_at_last

pytestmark = [pytest.mark.cargo, pytest.mark.xdist_group("flows")]

KILL_AFTER_COMMIT = """\
#!/bin/sh
# The push of the branch has taken effect; the release does not hear of it.
while read -r _ _ ref; do
    case $ref in refs/heads/*) kill -9 "$(cat victim)" ;; esac
done
"""
IN_A_PROCESS = (
    "import sys; from loadmaster.flows.release import release; from loadmaster.run.request import LiveRequest; \
release(LiveRequest.model_validate_json(sys.argv[1]))"
)


@dataclass
class Remote:
    """The repository that is released, and the registry that it is released to."""

    bare: Path
    index: str
    store: Store
    registry: Registry

    def request(self, version: str, **more: object) -> LiveRequest:
        asked = {"project": "demo", "version": version, "repository": str(self.bare)}
        request = live_request({**asked, "registry": self.index, "forge": "none", "preflight": False, **more})
        allow(request, self.store)
        return request

    def carry_out(self, request: LiveRequest) -> Receipt:
        state = release(request, return_state=True)
        directory = self.store.run(str(state.state_details.flow_run_id))
        return Receipt.model_validate_json(directory.receipt.read_bytes())

    def kill_after_commit(self, request: LiveRequest) -> None:
        """Carries out a release in a process of its own, which the remote kills once the release commit is there."""
        hook = self.bare / "hooks" / "post-receive"
        hook.write_text(KILL_AFTER_COMMIT)
        hook.chmod(0o755)
        command = (sys.executable, "-c", IN_A_PROCESS, request.model_dump_json(exclude_defaults=True))
        environment = {**os.environ, "PREFECT_API_URL": str(PREFECT_API_URL.value()), "PYTHONPATH": str(ROOT)}
        with killed_at_last(subprocess.Popen(command, cwd=ROOT, env=environment)) as process:
            (self.bare / "victim").write_text(str(process.pid))
            assert code_of(process, "the release that is killed", PATIENCE) == -signal.SIGKILL
        hook.unlink()

    def begin(self, place: Path) -> None:
        """The release commit of 0.5.0 at the remote, as a killed run leaves it."""
        git(place.parent, "clone", "--quiet", str(self.bare), str(place))
        for name in ("Cargo.lock", "cli/Cargo.toml", "units/Cargo.toml"):
            (place / name).write_text((place / name).read_text().replace("0.4.0", "0.5.0"))
        changelog = place / "CHANGELOG.md"
        changelog.write_text(
            changelog.read_text().replace("[Unreleased]\n", "[Unreleased]\n\n## [0.5.0] - 2026-11-02\n")
        )
        ours = ("-c", "user.name=Loadmaster", "-c", "user.email=loadmaster@localhost")
        git(place, *ours, "commit", "--quiet", "--all", "--message=Release 0.5.0")
        git(place, "push", "--quiet", "origin", "HEAD:main")

    def status(self, version: str) -> Any:
        asked = ("--project", "demo", "--version", version, "--repository", str(self.bare))
        return loadmaster(
            self.store.root, "status", *asked, "--registry", self.index, "--forge", "none", "--json"
        ).document

    def uploads(self) -> Counter[str]:
        return Counter(f"{each.crate}@{each.version}" for each in self.registry.uploads())

    def move_on(self, place: Path) -> None:
        """Somebody's commit on the branch, after the release commit."""
        git(place.parent, "clone", "--quiet", str(self.bare), str(place))
        (place / "README.md").write_text("Later.\n")
        git(place, "add", "--all")
        git(place, "commit", "--quiet", "--message=Go on")
        git(place, "push", "--quiet", "origin", "HEAD:main")


@pytest.fixture
def remote(store: Store, tmp_path: Path) -> Iterator[Remote]:
    registry = Registry(tmp_path / "registry")
    bare = tmp_path / "hangar.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository(tmp_path / "hangar")), str(bare))
    with served(registry) as world, holding({TOKEN_VARIABLE: world.token}):
        yield Remote(bare, f"sparse+{world.address}/index/", store, registry)


def test_the_same_command_stops_and_the_command_it_names_finishes_then_the_level_gives_the_next_version(
    remote: Remote, tmp_path: Path
) -> None:
    remote.kill_after_commit(remote.request("minor"))
    begun = git(remote.bare, "rev-parse", "main")
    remote.move_on(tmp_path / "theirs")

    stopped = remote.carry_out(remote.request("minor"))

    assert (stopped.outcome, stopped.objects) == (ReceiptOutcome.FAILED, ())
    assert stopped.failure is not None
    assert stopped.failure.code == "release-unfinished"
    facts = stopped.failure.facts or {}
    assert facts["missing"] == ["tag v0.5.0", "crate hangar-cli@0.5.0", "crate hangar-units@0.5.0"]
    assert (facts["version"], facts["asked"]) == ("0.5.0", "0.6.0")
    assert remote.uploads() == {}

    assert remote.status("0.5.0")["command"] == facts["command"]
    finished = remote.carry_out(asked_by(str(facts["command"])))

    assert finished.outcome is ReceiptOutcome.RELEASED
    assert (finished.version, finished.commit) == ("0.5.0", begun)
    assert git(remote.bare, "rev-parse", "v0.5.0^{commit}") == begun
    following = remote.carry_out(remote.request("minor"))
    assert (following.outcome, following.version) == (ReceiptOutcome.RELEASED, "0.6.0")
    each_once = {f"{crate}@{version}" for crate in ("hangar-cli", "hangar-units") for version in ("0.5.0", "0.6.0")}
    assert remote.uploads() == Counter(each_once)


def test_it_is_given_up_by_its_version_and_a_reason_and_the_receipt_says_so(remote: Remote, tmp_path: Path) -> None:
    remote.begin(tmp_path / "begun")

    wrong = remote.carry_out(remote.request("minor", over="0.4.0", why="it was wrong"))
    assert wrong.failure is not None
    assert (wrong.failure.code, (wrong.failure.facts or {})["over"]) == ("release-unfinished", "0.4.0")
    released = remote.carry_out(remote.request("minor", over="0.5.0", why="the parser panics"))

    assert (released.outcome, released.version) == (ReceiptOutcome.RELEASED, "0.6.0")
    assert "`0.5.0` was begun and is given up, by the request: the parser panics" in released.deviations
    assert remote.uploads() == Counter({"hangar-cli@0.6.0": 1, "hangar-units@0.6.0": 1})


def asked_by(command: str) -> LiveRequest:
    """The request that a command line makes, without the permission gates."""
    program, name, *words = shlex.split(command)
    assert (program, name) == ("loadmaster", "release")
    options = {
        option.removeprefix("--").replace("-", "_"): value
        for option, value in zip(words[::2], words[1::2], strict=True)
    }
    return live_request({**options, "preflight": False})
