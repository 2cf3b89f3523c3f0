"""A real Prefect server and worker for a throw-away project: started, used, broken and stopped."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import psutil
import pytest

from loadmaster.credentials import asking
from loadmaster.credentials.given import given
from loadmaster.errors.prefect import DeploymentsNotApplied, NoStackRunning, ParametersRefused
from loadmaster.guarded.spare import NO_RUN
from loadmaster.planning.deployment import RUN_VARIABLE
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.stack import starting
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api
from loadmaster.stack.deploying import apply_deployments
from loadmaster.stack.following import follow
from loadmaster.stack.idling import in_use
from loadmaster.stack.processes import Process, is_alive, processes_with, stop
from loadmaster.stack.record import POOL, Stack, read_record, running
from loadmaster.stack.runs import FlowRun, State
from loadmaster.stack.settings import environment
from loadmaster.stack.starting import up
from loadmaster.stack.stopping import down
from tests.kit.canary import in_files
from tests.kit.checkout import ROOT
from tests.kit.credentials import holding
from tests.kit.next_step import run_as_printed
from tests.kit.signed_in import ask
from tests.kit.waiting import beside, code_of, eventually, killed_at_last, line_of, result_of, told_to

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("stack")]

CANARY = "canary-of-the-stack"
FLOW = '''
import contextlib, json, os
from pathlib import Path
from prefect import flow, task
from loadmaster.credentials.given import given

@task(task_run_name="pass {gate}")
def pass_gate(gate: str) -> None:
    if "refused" in Path(gate).read_text():
        raise ValueError("refused at the gate")

def hunt(canary: str) -> tuple[int, list[str]]:
    """The length of what the keeper gave, and where a build script would find it: it walks up the process tree."""
    found, process = [], os.getpid()
    while process > 1:
        place = Path(f"/proc/{process}")
        for file in (place / "environ", place / "cmdline"):
            with contextlib.suppress(PermissionError):
                found += [str(file)] if canary.encode() in file.read_bytes() else []
        process = int((place / "stat").read_text().rpartition(")")[2].split()[1])
    return len(canary), found

@flow
def wait(gate: str = "") -> None:
    """Waits until somebody writes to the named pipe `gate`."""
    if gate == "credential":
        Path("hunted").write_text(json.dumps(hunt(given("LOADMASTER_REGISTRY_TOKEN"))))
    elif gate:
        pass_gate(gate)
'''
DEPLOYMENTS = """
pull:
  - prefect.deployments.steps.set_working_directory: {directory: "{{ $LOADMASTER_PROJECT_ROOT }}"}
deployments:
  - name: here
    entrypoint: waiting.py:wait
    enforce_parameter_schema: true
    work_pool: {name: loadmaster}
    schedules: [{slug: daily, cron: "30 HOUR * * *", timezone: UTC, active: true}]
"""

DOWN = """
import contextlib, functools, pathlib, signal, sys
from loadmaster.stack.stopping import down
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in a shell's background does not have
with contextlib.suppress(KeyboardInterrupt):
    down(pathlib.Path(sys.argv[1]), False, functools.partial(print, flush=True))
"""

BY_HAND = """
import sys
from pathlib import Path
from prefect import flow
from prefect.runtime import flow_run
from loadmaster.run.store import Store

@flow
def by_hand(home: Path, gate: Path) -> None:
    with Store(home).run(str(flow_run.id)).locked():
        gate.read_text()

by_hand(Path(sys.argv[1]), Path(sys.argv[2]))
"""


class Project:
    """A project of one flow, and its gates: named pipes that its runs wait at."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / ".loadmaster"
        (root / "waiting.py").write_text(FLOW)
        far_off = (datetime.now(UTC).hour + 12) % 24  # the schedule starts nothing while the tests run
        (root / "prefect.yaml").write_text(DEPLOYMENTS.replace("HOUR", str(far_off)))

    def up(self) -> Stack:
        return up(self.home, self.root)

    def running(self) -> Stack:
        """Whatever the test before left, brought up where it left nothing."""
        try:
            return running(self.home)
        except NoStackRunning:
            return self.up()

    def gate(self, name: str) -> Path:
        os.mkfifo(self.root / name)
        return self.root / name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("project"))
    with holding({TOKEN_VARIABLE: CANARY}):
        yield project
        down(project.home, True, print)


def end_of(gate: Path) -> int:
    """Waits until a run stands at the gate. The pipe's end: what is written there, and closing it, lets the run on."""
    ends: list[int] = []

    def opened() -> bool:
        try:
            ends.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads
                raise
        return bool(ends)

    eventually(opened, f"a run came to the gate `{gate.name}`")
    return ends[0]


def let_on(gate: Path, word: str = "") -> None:
    end = end_of(gate)
    os.write(end, word.encode())
    os.close(end)


def kill(process: Process | None) -> None:
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


def next_worker(project: Project, before: Stack) -> Process:
    """The worker that the supervisor started in place of the one before."""
    eventually(lambda: running_or_none(project.home) not in (None, before), "the supervisor started another worker")
    worker = running(project.home).worker
    assert worker is not None
    return worker


def running_or_none(home: Path) -> Stack | None:
    try:
        return running(home)
    except NoStackRunning:
        return None


@contextmanager
def standing_at(gate: Path) -> Iterator[None]:
    """A run stands at the gate within, and is let on afterwards, after a failure too: no later test waits for it."""
    end = end_of(gate)
    try:
        yield
    finally:
        os.close(end)


def end_of_run(api: Api, run: FlowRun) -> State:
    """The state that the run ends in; it is followed until then."""
    return result_of(beside(lambda: follow(api, run.id, print)), f"run {run.name} ended")


def is_down(going_down: Future[None]) -> None:
    result_of(going_down, "`down` ended")


def test_up_again_is_the_same_stack_and_its_ui_calls_its_own_address(project: Project) -> None:
    first = project.up()

    assert project.up() == first

    told = httpx.get(f"{first.ui_url}/ui-settings", trust_env=False).json()
    assert (told["api_url"], told["auth"], told["csrf_enabled"]) == ("/api", "BASIC", True)


def test_up_again_registers_nothing_unless_code_or_server_are_no_longer_as_they_were(project: Project) -> None:
    def times_registered() -> int:
        told: list[str] = []
        up(project.home, project.root, tell=told.append)
        return told.count("registering the deployments")

    project.up()
    assert times_registered() == 0

    flow = project.root / "waiting.py"
    os.utime(flow, ns=(0, 0))
    assert [times_registered(), times_registered()] == [1, 0]

    with connect(project.home, project.running()) as api:
        (deployment,) = api.deployments()
        ask(project.home, "PATCH", f"/deployments/{deployment['id']}", {"paused": True}).raise_for_status()
        assert [times_registered(), times_registered()] == [1, 0]
        assert [each["paused"] for each in api.deployments()] == [True]
        ask(project.home, "PATCH", f"/deployments/{deployment['id']}", {"paused": False}).raise_for_status()


def test_a_credential_is_with_the_keeper_and_in_no_process_s_environment_and_in_no_file(project: Project) -> None:
    stack = project.running()
    parts = [stack.server, stack.worker, stack.supervisor, stack.keeper]
    assert given(TOKEN_VARIABLE) == asking.ask(project.home, TOKEN_VARIABLE) == CANARY
    for part in parts:
        assert part is not None
        family = psutil.Process(part.pid)
        for process in (family, *family.children(recursive=True)):
            assert CANARY.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
            assert CANARY not in " ".join(process.cmdline())
    assert in_files(CANARY, [project.home, project.root]) == []


def test_a_run_has_it_from_the_keeper_and_finds_it_nowhere_up_the_process_tree(project: Project) -> None:
    with connect(project.home, project.running()) as api:
        run = api.create_run("wait/here", {"gate": "credential"})
        assert end_of_run(api, run).type == "COMPLETED"
    assert json.loads((project.root / "hunted").read_text()) == [len(CANARY), []]


def test_a_schedule_creates_runs_ahead_and_stays_switched_off_when_registered_again(project: Project) -> None:
    stack = project.running()
    with connect(project.home, stack) as api:
        eventually(lambda: len(api.scheduled_runs("wait/here")) >= 3, "the schedule created three runs")

        (deployment,) = api.deployments()
        (schedule,) = deployment["schedules"]
        path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
        ask(project.home, "PATCH", path, {"active": False}).raise_for_status()
        project.up()

        assert [each["active"] for each in api.deployments()[0]["schedules"]] == [False]
        assert api.scheduled_runs("wait/here") == []


def test_a_run_is_followed_to_its_failure_and_after_retry_to_its_end(project: Project) -> None:
    gate = project.gate("first")
    with connect(project.home, project.running()) as api:
        with pytest.raises(ParametersRefused):
            api.create_run("wait/here", {"gate": 7})
        run = api.create_run("wait/here", {"gate": str(gate)})
        at_the_gate = beside(lambda: let_on(gate, "refused"))
        failed = end_of_run(api, run)
        result_of(at_the_gate, "the run was let on")
        assert (failed.type, "refused at the gate" in (failed.message or "")) == ("FAILED", True)

        api.retry(run.id)
        at_the_gate = beside(lambda: let_on(gate))
        assert end_of_run(api, run).type == "COMPLETED"
        result_of(at_the_gate, "the run was let on")


def test_a_deployment_that_cannot_be_registered_leaves_the_rest_running(project: Project) -> None:
    stack = project.running()
    whole = (project.root / "waiting.py").read_text()
    (project.root / "waiting.py").write_text("import nothing_of_that_name\n")
    try:
        with pytest.raises(DeploymentsNotApplied, match=r"waiting\.py"):
            project.up()
    finally:
        (project.root / "waiting.py").write_text(whole)

    assert project.up() == stack


def test_a_run_outlives_its_server_which_comes_back_where_it_was(project: Project) -> None:
    gate, stack = project.gate("second"), project.running()
    with connect(project.home, stack) as api:
        run = api.create_run("wait/here", {"gate": str(gate)})
        with standing_at(gate):
            stop(stack.server, patience=30)
            again = project.up()

            assert (again.port, again.worker) == (stack.port, stack.worker)
            assert again.server != stack.server
        assert end_of_run(api, run).type == "COMPLETED"


def test_a_server_that_hangs_right_after_its_start_is_started_again_and_the_worker_stays(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, told, hung = project.running().worker, list[str](), list[int]()
    stop(running(project.home).server, patience=30)

    def hang_once(*arguments: Any) -> None:
        recorded = read_record(project.home)
        assert recorded is not None
        if not hung:
            hung.append(recorded.server.pid)
            os.kill(recorded.server.pid, signal.SIGSTOP)
        apply_deployments(*arguments)

    monkeypatch.setattr(starting, "apply_deployments", hang_once)
    stack = up(project.home, project.root, tell=told.append)

    assert "the server that was just started does not answer; starting it again" in told
    assert stack.worker == worker
    with connect(project.home, stack) as api:
        assert [each["name"] for each in api.deployments()] == ["here"]


def test_a_run_begins_in_the_process_that_waited_for_it_and_another_one_waits_for_the_next(project: Project) -> None:
    stack = project.running()
    assert stack.worker is not None
    worker = stack.worker.pid

    def waiting() -> list[int]:
        return [each.pid for each in processes_with(RUN_VARIABLE, NO_RUN) if each.ppid() == worker]

    eventually(lambda: len(waiting()) == 1, "a process waited")
    (spare,) = waiting()
    gate = project.gate("spare")
    with connect(project.home, stack) as api:
        run = api.create_run("wait/here", {"gate": str(gate)})
        with standing_at(gate):
            assert api.run(run.id).pid == spare
            assert [each.pid for each in processes_with(RUN_VARIABLE, run.id)] == [spare]
            assert waiting() == []
        assert end_of_run(api, run).type == "COMPLETED"
    eventually(lambda: len(waiting()) == 1, "another one waited")
    assert waiting() != [spare]


class TestSupervisor:
    """What becomes of a worker and of its runs when one of them is killed."""

    def test_a_worker_that_was_killed_is_started_again_and_its_run_goes_on(self, project: Project) -> None:
        gate, stack = project.gate("killed-worker"), project.running()
        with connect(project.home, stack) as api:
            run = api.create_run("wait/here", {"gate": str(gate)})
            with standing_at(gate):
                begun = time.monotonic()
                kill(stack.worker)
                worker = next_worker(project, stack)
                assert time.monotonic() - begun < 10
                assert api.run(run.id).state.type == "RUNNING"
            assert end_of_run(api, run).type == "COMPLETED"
        log = (project.home / "supervisor.log").read_text()
        assert f"the worker (process {stack.worker.pid if stack.worker else 0}) has ended; starting it again" in log
        assert f"the worker is process {worker.pid} now" in log

    def test_a_run_that_was_taken_and_not_begun_is_started_anew(self, project: Project) -> None:
        stack = project.running()
        with connect(project.home, stack) as api:
            api.pause_pool(POOL)
            run = api.create_run("wait/here", {})
            api.set_state(run.id, "PENDING", "Submitting", "as the worker does first")
            kill(stack.worker)
            next_worker(project, stack)
            eventually(lambda: api.run(run.id).state.type == "SCHEDULED", "the run was given back")
            api.open_pool(POOL)
            assert end_of_run(api, run).type == "COMPLETED"

    def test_a_run_whose_worker_is_gone_can_be_cancelled(self, project: Project) -> None:
        gate, stack = project.gate("cancelled-orphan"), project.running()
        with connect(project.home, stack) as api:
            run = api.create_run("wait/here", {"gate": str(gate)})
            with contextlib.suppress(BrokenPipeError), standing_at(gate):
                kill(stack.worker)
                next_worker(project, stack)
                process = psutil.Process(api.run(run.id).pid)
                api.cancel(run.id)
                eventually(lambda: api.run(run.id).state.type == "CANCELLED", "the run was cancelled")
                eventually(lambda: not process.is_running(), "the process of the run ended")

    def test_a_run_that_was_killed_together_with_its_worker_can_be_resumed(self, project: Project) -> None:
        gate, stack = project.gate("both-killed"), project.running()
        with connect(project.home, stack) as api:
            run = api.create_run("wait/here", {"gate": str(gate)})
            with contextlib.suppress(BrokenPipeError), standing_at(gate):
                pid = api.run(run.id).pid
                kill(stack.worker)
                assert pid is not None
                os.killpg(pid, signal.SIGKILL)
            assert end_of_run(api, run).type == "CRASHED"
            next_worker(project, stack)
            api.retry(run.id)
            at_the_gate = beside(lambda: let_on(gate))
            assert end_of_run(api, run).type == "COMPLETED"
            result_of(at_the_gate, "the run was let on")


def test_down_waits_for_what_is_running_and_lets_nothing_else_start(project: Project) -> None:
    gate, stack, told = project.gate("third"), project.running(), Queue[str]()
    with connect(project.home, stack) as api:
        run = api.create_run("wait/here", {"gate": str(gate)})
        with standing_at(gate):
            going_down = beside(lambda: down(project.home, False, told.put))

            assert told_to(told, "`down`").startswith(f"waiting for run {run.name} (Running, since 2")
            assert api.pool_is_paused(POOL)
            assert api.run(run.id).state.type == "RUNNING"

    is_down(going_down)
    assert told_to(told, "`down`") == "stopped the worker and the Prefect server"
    assert not is_alive(stack.server)

    with connect(project.home, project.up()) as api:
        assert api.run(run.id).state.type == "COMPLETED"
        assert not api.pool_is_paused(POOL)


def test_down_waits_for_a_run_by_hand_and_no_longer_once_that_is_killed(project: Project) -> None:
    gate, stack, told = project.gate("by-hand"), project.running(), Queue[str]()
    env = environment(project.home, stack.port, project.root)
    started = [sys.executable, "-c", BY_HAND, str(project.home), str(gate)]
    with killed_at_last(subprocess.Popen(started, cwd=ROOT, env=env)) as command, standing_at(gate):
        with connect(project.home, stack) as api:
            (run,) = api.unfinished_runs()
        going_down = beside(lambda: down(project.home, False, told.put))
        assert told_to(told, "`down`").startswith(f"waiting for run {run.name} (Running")
        command.kill()
        code_of(command, "the program that was killed")
        is_down(going_down)

    assert told_to(told, "`down`").startswith(f"run {run.name} has no process any more")
    assert told_to(told, "`down`") == "stopped the worker and the Prefect server"
    with connect(project.home, project.up()) as api:
        assert api.run(run.id).state.type == "CRASHED"


def test_down_gives_way_when_it_is_interrupted_and_when_the_pool_is_opened_again(project: Project) -> None:
    gate, stack, told = project.gate("fourth"), project.running(), Queue[str]()
    with connect(project.home, stack) as api:
        run = api.create_run("wait/here", {"gate": str(gate)})
        with standing_at(gate):
            started = [sys.executable, "-c", DOWN, str(project.home)]
            with killed_at_last(subprocess.Popen(started, stdout=subprocess.PIPE, text=True)) as command:
                assert "waiting for run" in line_of(command.stdout, "`down`")
                command.send_signal(signal.SIGINT)
                assert line_of(command.stdout, "`down`") == "interrupted: nothing was stopped\n"
                code_of(command, "`down`")
            assert not api.pool_is_paused(POOL)

            going_down = beside(lambda: down(project.home, False, told.put))
            told_to(told, "`down`")

            assert project.up() == stack

            is_down(going_down)
            assert "nothing was stopped" in told_to(told, "`down`")
        assert end_of_run(api, run).type == "COMPLETED"


def test_forced_down_cuts_what_is_running_and_leaves_it_fit_for_retry(project: Project) -> None:
    gate, stack, told = project.gate("fifth"), project.running(), Queue[str]()
    with connect(project.home, stack) as api:
        run = api.create_run("wait/here", {"gate": str(gate)})
        with standing_at(gate):
            going_down = beside(lambda: down(project.home, False, told.put))
            waiting, here = told_to(told, "`down`"), {"LOADMASTER_HOME": str(project.home)}
            cut = run_as_printed("stopping._tell_running", "loadmaster down --force", waiting, project.root, here)
            is_down(going_down)

    assert [line.partition(" (")[0] for line in cut.stderr.splitlines()] == [
        f"cut run {run.name}",
        "stopped the worker and the Prefect server",
    ]
    assert list(told.queue)[-1] == "somebody else stopped it meanwhile"
    assert not is_alive(stack.server)
    with connect(project.home, project.up()) as api:
        assert api.run(run.id).state.type == "CANCELLED"
        api.retry(run.id)
        at_the_gate = beside(lambda: let_on(gate))
        assert end_of_run(api, run).type == "COMPLETED"
        result_of(at_the_gate, "the run was let on")


def test_what_a_command_started_ends_when_its_run_has_ended_and_comes_back_whole(project: Project) -> None:
    gate = project.gate("idle")
    down(project.home, True, print)
    with in_use(project.home):
        stack = up(project.home, project.root, idle_minutes=0)
        with connect(project.home, stack) as api:
            run = api.create_run("wait/here", {"gate": str(gate)})
            end = end_of(gate)
    assert up(project.home, project.root, idle_minutes=0) == stack  # the run keeps it: no command uses it any more
    os.close(end)
    parts = [stack.server, stack.worker, stack.keeper, stack.supervisor]
    eventually(lambda: not any(part and is_alive(part) for part in parts), "the stack ended by itself")

    with connect(project.home, project.up()) as api:
        assert api.run(run.id).state.type == "COMPLETED"
        assert read_record(project.home) == project.up()  # it is kept now
        assert project.up().idle_minutes is None


def test_a_stack_whose_home_is_removed_with_its_checkout_ends(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    stack = Project(checkout).up()
    shutil.rmtree(checkout, ignore_errors=True)  # the server may write meanwhile
    shutil.rmtree(checkout, ignore_errors=True)
    parts = [stack.server, stack.worker, stack.keeper, stack.supervisor]
    eventually(lambda: not any(part and is_alive(part) for part in parts), "every part of it ended")
