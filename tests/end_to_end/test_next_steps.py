"""A person who does what each message says, word for word: from no server to a release that is out.

The program runs from a copy of the checkout, which a test may spoil, with a home of its own.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from loadmaster.cli.commands.bump import bump
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.errors.prefect import DeploymentUnknown, NoStackRunning, ParametersRefused
from loadmaster.planning.profile.project import ReleaseStyle
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.rehearsal.registry.limits import Limits
from loadmaster.stack.access import connect
from loadmaster.stack.idling import IDLE_VARIABLE
from loadmaster.stack.processes import is_alive
from loadmaster.stack.record import read_record, running
from loadmaster.stack.stopping import down
from tests.kit.building import TODAY
from tests.kit.canary import in_files
from tests.kit.hangar import git, repository
from tests.kit.machine import TOKEN, Machine, open_registry, remote, where
from tests.kit.next_step import run_as_printed, start_as_printed, taken_from
from tests.kit.signed_in import ask
from tests.kit.waiting import PATIENCE, code_of, eventually, line_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.cargo, pytest.mark.xdist_group("next steps")]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("machine"))
    yield machine
    down(machine.home, True, print)


def test_each_message_on_the_way_to_a_server_leads_to_the_next(machine: Machine) -> None:
    down(machine.home, True, print)
    shutil.rmtree(machine.home, ignore_errors=True)
    yaml, database = machine.checkout / "prefect.yaml", machine.home / "prefect" / "prefect.db"
    whole = yaml.read_text()
    yaml.write_text(whole.replace("flows.preflight.preflight", "flows.preflight.pre_flight"))
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as planted:
        planted.execute("CREATE TABLE flow (id)")  # beside which Prefect cannot make its own
    here = (machine.root, machine.environment)

    asked = machine.run("cancel")
    assert asked.returncode == 1
    not_ready = run_as_printed("NoStackRunning", "loadmaster up", asked.stderr, *here, succeeds=False)
    assert "The Prefect server was not ready" in not_ready.stderr
    for file in database.parent.glob("prefect.db*"):
        file.unlink()
    not_registered = run_as_printed("StackDidNotStart", "loadmaster up", not_ready.stderr, *here, succeeds=False)
    assert "could not be registered" in not_registered.stderr
    yaml.write_text(whole)
    run_as_printed("DeploymentsNotApplied", "loadmaster up", not_registered.stderr, *here)

    assert "There is no run at work" in machine.run("cancel").stderr


def test_a_server_that_is_gone_and_a_deployment_that_was_deleted_come_back(machine: Machine) -> None:
    machine.up()
    stack, here = running(machine.home), (machine.root, machine.with_token)
    with connect(machine.home, stack) as api:
        (deployment,) = [each for each in api.deployments() if each["name"] == "preflight"]
        ask(machine.home, "DELETE", f"/deployments/{deployment['id']}").raise_for_status()
        with pytest.raises(DeploymentUnknown) as unknown:
            api.create_run("preflight/preflight", {"request": {"project": "nobody"}})
    server = psutil.Process(stack.server.pid)
    server.kill()
    server.wait(timeout=PATIENCE)
    refused = machine.run("down")
    assert refused.returncode == 1
    with connect(machine.home, stack) as api, pytest.raises(SecretBlockUnread) as unread:
        api.read_secret("crates")

    run_as_printed("PrefectUnreachable", "loadmaster down --force", refused.stderr, *here)
    run_as_printed("PrefectUnreachable", "loadmaster up", refused.stderr, *here)
    run_as_printed("DeploymentUnknown", "loadmaster up", str(unknown.value), *here)

    run_as_printed("SecretBlockUnread", "loadmaster up", str(unread.value), *here)

    with connect(machine.home, running(machine.home)) as api:
        with pytest.raises(ParametersRefused):
            api.create_run("preflight/preflight", {"request": {"project": "nobody"}})
        with pytest.raises(SecretBlockMissing):  # the server answers again: there is none
            api.read_secret("crates")


def begin(source: Path, bare: Path) -> None:
    """The release commit of 0.5.0 at the remote, which is all that a killed run left."""
    bump(source, "0.5.0", ReleaseStyle(), TODAY, dry_run=False)
    ours = ("-c", "user.name=Loadmaster", "-c", "user.email=loadmaster@localhost")
    git(source, *ours, "commit", "--quiet", "--all", "--message=Release 0.5.0")
    git(source, "push", "--quiet", str(bare), "HEAD:main")


def test_a_token_that_is_missing_is_given_as_the_message_says_and_a_begun_release_is_finished(
    machine: Machine, tmp_path: Path
) -> None:
    source = repository(tmp_path / "source")
    bare = remote(source, tmp_path / "hangar.git")
    begin(source, bare)
    machine.up()
    lose_the_keeper(machine)
    here, without = (tmp_path, machine.environment), {TOKEN_VARIABLE: ""}
    with open_registry(tmp_path / "registry") as world:
        stopped = machine.run("release", "--version", "minor", *where(world, bare), **without).stdout
        _, _, whether = stopped.partition(", which ")
        seen = run_as_printed("ReleaseUnfinished", "{status_command}", whether, *here, succeeds=False)
        assert (seen.returncode, "next: finish. " in seen.stdout) == (3, True)
        _, _, finish = stopped.partition("next: finish it: ")
        assert taken_from(finish, "{command}") == taken_from(seen.stdout, "{status.command}")
        missing = run_as_printed("status.status_text", "{status.command}", seen.stdout, *here, succeeds=False)
        assert (missing.returncode, "There is no token for the registry" in missing.stdout) == (1, True)

        file = tmp_path / "token"
        file.write_text("another-token\n")
        run_as_printed(
            "credentials._give_again", "{variable}_FILE=FILE loadmaster up", missing.stdout, *here, FILE=file
        )
        given = run_as_printed(
            "credentials._give_again", "{variable}=TOKEN loadmaster up", missing.stdout, *here, TOKEN=TOKEN
        )
        assert f"the keeper held another `{TOKEN_VARIABLE}`, and has this newer one now" in given.stderr
        finished = run_as_printed("status.status_text", "{status.command}", seen.stdout, *here)
        assert "demo 0.5.0: RELEASED" in finished.stdout
        users_have = run_as_printed("outcome._after", "{status_command}", finished.stdout, *here).stdout
        assert "same       crate   hangar-cli@0.5.0" in users_have
        assert sorted(each.crate for each in world.registry.uploads()) == ["hangar-cli", "hangar-units"]


def test_a_release_that_starts_its_own_server_ends_the_keeper_with_it_and_leaves_the_token_nowhere(
    machine: Machine, tmp_path: Path
) -> None:
    down(machine.home, True, print)
    bare = remote(repository(tmp_path / "source"), tmp_path / "hangar.git")
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    given = {TOKEN_VARIABLE: "", f"{TOKEN_VARIABLE}_FILE": str(file), IDLE_VARIABLE: "0"}
    with open_registry(tmp_path / "registry") as world:
        released = machine.run("release", "--version", "minor", *where(world, bare), **given)
        assert "demo 0.5.0: RELEASED" in released.stdout, released.stderr
    stack = read_record(machine.home)
    assert stack is not None
    assert stack.keeper is not None
    keeper = stack.keeper
    eventually(lambda: not is_alive(keeper), "the keeper ended with the server that nobody needed")
    assert in_files(TOKEN, [machine.home]) == []
    assert TOKEN not in released.stdout + released.stderr


def lose_the_keeper(machine: Machine) -> None:
    """Kills it; the supervisor starts an empty one."""
    before = running(machine.home).keeper
    assert before is not None
    psutil.Process(before.pid).kill()
    eventually(lambda: running(machine.home).keeper not in (None, before), "the supervisor started another keeper")


def test_what_users_have_of_a_version_that_can_never_be_complete_is_shown(machine: Machine, tmp_path: Path) -> None:
    source = repository(tmp_path / "source", {"cli/src/table.txt": "0\n" * 100_000})
    bare = remote(source, tmp_path / "hangar.git")
    machine.up()
    with open_registry(tmp_path / "registry", Limits(unpacked_bytes=50_000)) as world:
        failed = machine.run("release", "--version", "minor", *where(world, bare))
        assert failed.returncode == 1
        _, _, go_on = failed.stdout.partition("go on: ")
        seen = run_as_printed(
            "show._fix_forward", "{status_command}", go_on, tmp_path, machine.with_token, succeeds=False
        )
    assert (seen.returncode, "next: fix-forward. " in seen.stdout) == (3, True)
    assert "same       crate   hangar-units@0.5.0" in seen.stdout


def test_a_run_that_was_left_is_followed_to_its_end(machine: Machine, tmp_path: Path) -> None:
    source, here = repository(tmp_path / "source"), (machine.root, machine.with_token)
    first = machine.run("init", str(source), "--name", "my ship", "--into", str(machine.projects))
    with (machine.projects / "my ship.toml").open("a") as profile:
        profile.write("\n[rehearsal]\nupstream = false\n")  # a test asks no other registry

    with start_as_printed(
        "init._next_commands", "loadmaster rehearse --project {project} --version patch", first.stdout, *here
    ) as process:
        told = next(
            line for line in iter(lambda: line_of(process.stderr, "the command"), "") if line.startswith("run ")
        )
        process.send_signal(signal.SIGINT)
        assert code_of(process, "the command") == 130
        assert process.stderr is not None
        left = process.stderr.read()
    at_work = machine.run("-C", str(source)).stdout
    assert "at work     " in at_work
    run_as_printed("standing._run_next", "loadmaster follow {run}", at_work, *here)
    followed = run_as_printed("RunLeft", "loadmaster follow {run}", left, *here)
    assert "my ship 0.4.1: RELEASED" in followed.stdout

    done = machine.run("resume", told.split()[1])
    assert done.returncode == 1
    assert "RELEASED" in run_as_printed("RunNotResumable", "loadmaster follow {run}", done.stderr, *here).stdout
    assert told.split()[1] in run_as_printed("RunNotResumable", "loadmaster runs", done.stderr, *here).stdout
    nobody = machine.run("cancel")
    assert nobody.returncode == 2
    assert "my ship 0.4.1" in run_as_printed("RunUnknown", "loadmaster runs", nobody.stderr, *here).stdout
    run_as_printed("RunLeft", "loadmaster down", left, *here)
    with pytest.raises(NoStackRunning):
        running(machine.home)
