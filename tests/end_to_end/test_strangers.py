"""Who reaches the server without being let in, and who is let in and wants more than to release: nobody gets anything.

The same attempts are first made at Prefect's own server, as an earlier version started it, in the same home. There they
succeed; then `loadmaster up` takes that home over.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadmaster.clients.disk import walk
from loadmaster.deployments import REHEARSE
from loadmaster.errors.access import RunNotOurs
from loadmaster.planning.deployment import JOB_TEMPLATE, RUN_VARIABLE
from loadmaster.run.store import Store
from loadmaster.stack.access import connect, database, read_block_key, read_sign_in
from loadmaster.stack.api import Api
from loadmaster.stack.block_key import key_in_database
from loadmaster.stack.privacy import mend_modes
from loadmaster.stack.processes import processes_with, spawn, stop
from loadmaster.stack.record import POOL, Stack, running, write_down
from loadmaster.stack.runs import State
from loadmaster.stack.settings import environment
from tests.kit.checkout import ROOT
from tests.kit.next_step import run_as_printed
from tests.kit.running import Ran, loadmaster
from tests.kit.signed_in import ask
from tests.kit.strangers import (
    FORGED,
    Forged,
    as_nobody,
    files_that_can_be_read,
    page_by_another_name,
    require_chromium,
    send,
    tab,
    what_a_page_gets,
)
from tests.kit.waiting import PATIENCE, eventually

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("strangers")]

SECRET = "canary-in-a-block"
SAVE = f"from prefect.blocks.system import Secret; Secret(value={SECRET!r}).save('canary')"
OPENING = {"PREFECT_SERVER_CORS_ALLOWED_ORIGINS", "PREFECT_SERVER_CSRF_PROTECTION_ENABLED"}
WRITTEN = ("entrypoint", "pull_steps", "job_variables")
"""Of a deployment, as `prefect.yaml` has it."""
ATTACKS = {"json", "blob"}
"""What a page makes on a server without a guard: with and without being asked by the browser."""


@dataclass
class Before:
    """What strangers got from Prefect's own server, and what it left."""

    page: Mapping[str, str] = field(default_factory=dict)
    by_another_name: str = ""
    made_by_page: set[str] = field(default_factory=set)
    forged: dict[str, int] = field(default_factory=dict)
    readable: list[str] = field(default_factory=list)
    key: str | None = None


@dataclass
class Machine:
    """A home that any user of the machine may come near to, and what was seen there before it was guarded."""

    home: Path
    before: Before
    up: Ran

    @property
    def stack(self) -> Stack:
        return running(self.home)

    @property
    def api(self) -> Api:
        return connect(self.home, self.stack)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Prefect's answer; one that is busy is asked again."""
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            with contextlib.suppress(httpx.TimeoutException):  # both cores are busy
                answers.append(ask(self.home, method, path, body))
            return bool(answers) and answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        eventually(is_answered, f"Prefect had time for {method} {path}")
        answer = answers[-1]
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def made(self, mark: str) -> set[str]:
        """The flows whose names begin with `mark`, without that."""
        return names_of(self.ask("POST", "/flows/filter", {}), mark)

    def ended(self, run: str) -> State:
        eventually(lambda: self.api.run(run).state.is_terminal, f"run {run} ended")
        return self.api.run(run).state


def open_to_others(home: Path) -> list[str]:
    """What has rights for others, `.` for the home itself."""
    found = ["."] if stat.S_IMODE(home.stat().st_mode) & 0o077 else []
    for entry in walk(home):
        with contextlib.suppress(FileNotFoundError):  # a server that ends removes the journals of its databases
            if not entry.is_symlink() and stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) & 0o077:
                found.append(str(Path(entry.path).relative_to(home)))
    return found


def names_of(flows: list[dict[str, Any]], mark: str) -> set[str]:
    return {flow["name"].removeprefix(f"{mark}-") for flow in flows if flow["name"].startswith(f"{mark}-")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def see_unguarded(home: Path, place: Path) -> Before:
    """Starts Prefect's own server, as the stack of an earlier version did, and lets everybody try. It stays."""
    port, seen = free_port(), Before()
    target = f"http://127.0.0.1:{port}"
    env = {name: value for name, value in environment(home, port, ROOT).items() if name not in OPENING}
    (home / "prefect").mkdir(parents=True)
    server = spawn(["-m", "prefect", "server", "start"], cwd=home, env=env, log=home / "server.log")
    write_down(home, Stack(port=port, server=server))
    try:
        with Api(f"{target}/api") as api:
            eventually(api.is_healthy, "Prefect's own server answered", 300)
            api.ensure_pool(POOL, {})
        subprocess.run([sys.executable, "-c", SAVE], env=env, cwd=home, check=True, timeout=PATIENCE)
        seen.page = what_a_page_gets(target, "page", place)
        seen.by_another_name = page_by_another_name(target, place)
        flows = httpx.post(f"{target}/api/flows/filter", json={}, trust_env=False).json()
        seen.made_by_page = names_of(flows, "page")
        for forged in FORGED:
            seen.forged[forged.name] = send(forged, target, f"forged-{uuid.uuid4()}", {}).status_code
        seen.readable = as_nobody(lambda: files_that_can_be_read(home))
    except BaseException:
        stop(server, patience=30)
        raise
    seen.key = key_in_database(database(home))
    return seen


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    require_chromium()
    place = Path(tempfile.mkdtemp(prefix="loadmaster-strangers-"))
    place.chmod(0o755)
    before_umask = os.umask(0o022)
    home = place / "home"
    try:
        before = see_unguarded(home, place)
        refused = loadmaster(home, "up")
        assert refused.code == 1
        here = (ROOT, {"LOADMASTER_HOME": str(home)})
        run_as_printed("ServerAnswersAnybody", "loadmaster down", refused.err, *here)
        up = run_as_printed("ServerAnswersAnybody", "loadmaster up", refused.err, *here)
        yield Machine(home, before, Ran(up.returncode, up.stdout, up.stderr))
    finally:
        loadmaster(home, "down", "--force")
        os.umask(before_umask)
        shutil.rmtree(place, ignore_errors=True)


class TestPage:
    """A page of another origin, in Chromium."""

    def test_planted_a_server_without_a_guard_gives_it_everything(self, machine: Machine) -> None:
        got = machine.before.page
        assert SECRET in got["read secrets"]
        assert got["list"].startswith("[")
        assert (got["listen"], got["show an image"]) == ("opened", "shown")
        assert machine.before.made_by_page >= ATTACKS
        assert "Prefect" in machine.before.by_another_name

    def test_ours_gives_it_nothing(self, machine: Machine, tmp_path: Path) -> None:
        got = dict(what_a_page_gets(machine.stack.ui_url, "page-now", tmp_path))

        got.pop("send a form")  # it is sent unasked, and the page learns nothing of the answer
        assert {name: what for name, what in got.items() if not what.startswith("failed: ")} == {}
        assert machine.made("page-now") == set()

    def test_nor_does_it_show_its_page_by_another_name(self, machine: Machine, tmp_path: Path) -> None:
        shown = page_by_another_name(machine.stack.ui_url, tmp_path)
        assert "This server is" in shown
        assert "Prefect" not in shown


class TestForged:
    """Requests of programs, with headers that a page or a proxy may cause."""

    @pytest.mark.parametrize("forged", FORGED, ids=[each.name for each in FORGED])
    def test_it_makes_nothing_and_did_before(self, machine: Machine, forged: Forged) -> None:
        assert (machine.before.forged[forged.name] in (200, 201)) == forged.works_unguarded

        mark = f"now-{uuid.uuid4()}"
        answer = send(forged, machine.stack.ui_url, f"{mark}-x", {})

        assert answer.status_code in (401, 403)
        assert machine.made(mark) == set()

    @pytest.mark.parametrize("forged", FORGED[1:6], ids=[each.name for each in FORGED[1:6]])
    def test_nor_does_it_of_somebody_who_is_signed_in(self, machine: Machine, forged: Forged) -> None:
        mark, who = f"now-{uuid.uuid4()}", str(uuid.uuid4())
        signed_in = f"Basic {base64.b64encode(read_sign_in(machine.home).encode()).decode()}"
        token = machine.ask("GET", f"/csrf-token?client={who}")["token"]
        headers = {"authorization": signed_in, "prefect-csrf-client": who, "prefect-csrf-token": token}

        assert send(FORGED[0], machine.stack.ui_url, f"{mark}-own", headers).status_code == 201
        assert send(forged, machine.stack.ui_url, f"{mark}-forged", headers).status_code == 403

        assert machine.made(mark) == {"own"}

    def test_a_sign_in_without_the_token_against_forgery_changes_nothing(self, machine: Machine) -> None:
        signed_in = f"Basic {base64.b64encode(read_sign_in(machine.home).encode()).decode()}"
        answer = send(FORGED[0], machine.stack.ui_url, "now-without", {"authorization": signed_in})
        assert (answer.status_code, "CSRF" in answer.text) == (403, True)


class TestAnotherUser:
    """Another user of the machine, who reads and asks what he can."""

    def test_planted_he_read_the_key_of_the_blocks_before(self, machine: Machine) -> None:
        assert "prefect/prefect.db" in machine.before.readable
        assert machine.before.key is not None

    def test_he_reads_nothing_also_of_what_a_rehearsal_leaves(self, machine: Machine) -> None:
        ran = loadmaster(machine.home, "rehearse", "--project", "demo", "--version", "minor", "--json")
        assert ran.code == 0, ran.err
        assert as_nobody(lambda: files_that_can_be_read(machine.home)) == []
        # cargo unpacks crates with the modes that are in them, and Prefect copies its pages. The home is closed, and the next
        # start mends them.
        assert {path.split("/")[0] for path in open_to_others(machine.home)} <= {"build", "runs", "ui"}
        told = list[str]()
        mend_modes(machine.home, told.append)
        assert (open_to_others(machine.home), told) == ([], [])

    def test_he_is_answered_that_the_server_lives_and_nothing_else(self, machine: Machine) -> None:
        api = machine.stack.api_url

        def answers() -> dict[str, int]:
            asked = ("GET /health", "GET /admin/version", "GET /csrf-token?client=x", "POST /flows/filter")
            with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
                return {each: client.request(*_of(each, api)).status_code for each in asked}

        got = as_nobody(answers)
        assert got.pop("GET /health") == 200
        assert set(got.values()) <= {401, 403}

    def test_no_process_has_the_sign_in_or_the_key_in_its_environment(self, machine: Machine) -> None:
        held = [read_sign_in(machine.home).partition(":")[2].encode(), read_block_key(machine.home).encode()]
        seen = []
        for process in (machine.stack.server, machine.stack.worker, machine.stack.supervisor):
            assert process is not None
            environ = Path(f"/proc/{process.pid}/environ").read_bytes()
            assert b"LOADMASTER_HOME" in environ
            seen += [process.pid for each in held if each in environ]
        assert seen == []


def _of(asked: str, api: str) -> tuple[str, str]:
    method, path = asked.split()
    return method, f"{api}{path}"


class TestHomeOfAnEarlierVersion:
    def test_it_is_mended_and_told(self, machine: Machine) -> None:
        assert "other users could look into" in machine.up.err

    def test_its_secret_blocks_are_read_and_their_key_is_no_longer_beside_them(self, machine: Machine) -> None:
        key = machine.before.key
        assert key == read_block_key(machine.home)
        with machine.api as api:
            assert api.read_secret("canary") == SECRET
        assert key is not None
        left = b"".join(file.read_bytes() for file in database(machine.home).parent.glob("prefect.db*"))
        assert key.encode() not in left

    def test_up_and_ui_say_how_to_sign_in(self, machine: Machine) -> None:
        file = str(machine.home / "keys" / "sign-in")
        assert file in machine.up.out
        shown = loadmaster(machine.home, "ui", "--json")
        assert shown.document == {"ui": machine.stack.ui_url, "sign_in": file}


class TestSignIn:
    def test_the_ui_asks_for_it_once(self, machine: Machine, tmp_path: Path) -> None:
        with tab(tmp_path) as page:
            page.open(machine.stack.ui_url)
            page.await_text("Login")
            page.type_into("input[type=password]", read_sign_in(machine.home))
            page.await_text("Flow Runs")
            page.open(f"{machine.stack.ui_url}/v2/deployments")
            page.await_text("lsm-smoke")

    def test_a_worker_elsewhere_signs_in_with_a_copy_of_the_file(self, machine: Machine, tmp_path: Path) -> None:
        home, log = tmp_path / "elsewhere", tmp_path / "worker.log"
        command = ["-m", "loadmaster", "worker", "--name", "elsewhere", "--api", machine.stack.api_url]
        without = loadmaster(home, *command[2:])
        assert (without.code, "keys/sign-in" in without.err) == (1, True)
        (home / "keys").mkdir(parents=True)
        shutil.copy(machine.home / "keys" / "sign-in", home / "keys")

        process = spawn(command, cwd=ROOT, env={**os.environ, "LOADMASTER_HOME": str(home)}, log=log)
        try:
            eventually(lambda: "Worker 'elsewhere' started" in log.read_text(), "the worker started")
            workers = machine.ask("POST", "/work_pools/ebpf/workers/filter", {})
            assert [(each["name"], each["status"]) for each in workers] == [("elsewhere", "ONLINE")]
        finally:
            stop(process, patience=30)
            # For a minute and a half Prefect still takes it for one that works; releases of later tests would wait for it.
            ask(machine.home, "DELETE", "/work_pools/ebpf/workers/elsewhere").raise_for_status()

    def test_one_that_is_gone_comes_back_as_the_message_says(self, machine: Machine) -> None:
        (machine.home / "keys" / "sign-in").unlink()
        refused, here = loadmaster(machine.home, "down"), (ROOT, {"LOADMASTER_HOME": str(machine.home)})
        assert refused.code == 1
        run_as_printed("SignInMissing", "loadmaster down --force", refused.err, *here)
        run_as_printed("SignInMissing", "loadmaster up", refused.err, *here)
        with machine.api as api:
            assert api.read_secret("canary") == SECRET


class TestOperator:
    """Somebody who is signed in: he may press Run, and wants to run a command."""

    @pytest.fixture
    def trap(self, tmp_path: Path) -> Path:
        """A file that any of the commands would make."""
        return tmp_path / "trapped"

    @pytest.fixture
    def deployment(self, machine: Machine) -> Iterator[dict[str, Any]]:
        """One that runs may be made of without a schema, and which `up` mends afterwards."""
        name = REHEARSE
        deployment = machine.ask("GET", f"/deployments/name/{name}")
        machine.ask("PATCH", f"/deployments/{deployment['id']}", {"enforce_parameter_schema": False})
        yield deployment
        machine.ask("PATCH", f"/work_pools/{POOL}", {"base_job_template": JOB_TEMPLATE})
        mended = {name: deployment[name] for name in (*WRITTEN, "enforce_parameter_schema")}
        machine.ask("PATCH", f"/deployments/{deployment['id']}", mended)

    def run(self, machine: Machine, deployment: Mapping[str, Any], **more: object) -> State:
        body = {"parameters": {"request": {"project": "nobody", "version": "minor"}}, **more}
        return machine.ended(machine.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", body)["id"])

    @pytest.mark.parametrize("name", ["command", "env", "working_dir", "stream_output"])
    def test_a_run_takes_no_variable(self, machine: Machine, deployment: Mapping[str, Any], name: str) -> None:
        body = {"parameters": {}, "job_variables": {name: {"A": "b"} if name == "env" else "/tmp"}}
        answer = ask(machine.home, "POST", f"/deployments/{deployment['id']}/create_flow_run", body)
        assert answer.status_code in (409, 422)
        assert name in answer.text

    def test_a_template_with_a_command_is_not_looked_at_and_up_mends_it(
        self, machine: Machine, deployment: Mapping[str, Any], trap: Path
    ) -> None:
        job = {"command": f"touch {trap}", "env": {"PATH": str(trap.parent)}}
        template = {"job_configuration": job, "variables": {"type": "object", "properties": {}}}
        machine.ask("PATCH", f"/work_pools/{POOL}", {"base_job_template": template})

        state = self.run(machine, deployment)

        assert (state.type, "project" in (state.message or "")) == ("FAILED", True)  # as the flow itself ends it
        assert not trap.exists()
        assert loadmaster(machine.home, "up").code == 0
        assert machine.ask("GET", f"/work_pools/{POOL}")["base_job_template"] == JOB_TEMPLATE

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"entrypoint": "TRAP.py:rehearse"}, "its entrypoint is"),
            ({"job_variables": {"command": "touch TRAP"}}, "it sets `command`"),
            ({"pull_steps": [{"prefect.deployments.steps.run_shell_script": {"script": "touch TRAP"}}]}, "pull steps"),
        ],
        ids=["entrypoint", "job variables", "pull steps"],
    )
    def test_a_deployment_that_was_changed_is_refused(
        self, machine: Machine, deployment: Mapping[str, Any], trap: Path, changed: Mapping[str, Any], told: str
    ) -> None:
        machine.ask("PATCH", f"/work_pools/{POOL}", {"base_job_template": OPEN_TEMPLATE})
        Path(f"{trap}.py").write_text(f"open({str(trap)!r}, 'w')\n")
        machine.ask("PATCH", f"/deployments/{deployment['id']}", _trapped(changed, trap))

        state = self.run(machine, deployment)

        assert state.type == "CRASHED"
        assert RunNotOurs.__name__ in (state.message or "")
        assert told in (state.message or "")
        assert not trap.exists()

        here = (ROOT, {"LOADMASTER_HOME": str(machine.home)})
        run_as_printed("RunNotOurs", "loadmaster up", state.message or "", *here)
        mended = machine.ask("GET", f"/deployments/{deployment['id']}")
        assert {name: mended[name] for name in WRITTEN} == {name: deployment[name] for name in WRITTEN}

    def test_a_deployment_of_his_own_is_refused(
        self, machine: Machine, deployment: Mapping[str, Any], trap: Path
    ) -> None:
        Path(f"{trap}.py").write_text(f"open({str(trap)!r}, 'w')\n")
        own = {"name": "mine", "flow_id": deployment["flow_id"], "entrypoint": f"{trap}.py:rehearse"}
        made = machine.ask("POST", "/deployments/", {**own, "work_pool_name": POOL, "path": str(trap.parent)})
        try:
            state = self.run(machine, made)
        finally:
            machine.ask("DELETE", f"/deployments/{made['id']}")
        assert (state.type, "no deployment `rehearse/mine`" in (state.message or "")) == ("CRASHED", True)
        assert not trap.exists()

    def test_a_run_of_no_deployment_is_refused(self, machine: Machine, deployment: Mapping[str, Any]) -> None:
        pool = machine.ask("GET", f"/work_pools/{POOL}")
        wanted = {
            "flow_id": deployment["flow_id"],
            "work_pool_name": POOL,
            "work_queue_name": "default",
            "state": {"type": "SCHEDULED"},
        }
        run = machine.ask("POST", "/flow_runs/", wanted)
        assert pool["is_paused"] is False
        state = machine.ended(run["id"])
        assert (state.type, "belongs to no deployment" in (state.message or "")) == ("CRASHED", True)

    def test_a_result_that_is_code_of_his_is_not_read(
        self, machine: Machine, deployment: Mapping[str, Any], trap: Path
    ) -> None:
        """Prefect's engine reads it, as soon as it meets a run that is completed already."""
        block = self.block_of_data(machine)
        pickled = base64.encodebytes(pickle.dumps(Touch(trap))).decode()
        record = json.dumps({"metadata": {"serializer": {"type": "pickle"}}, "result": pickled})
        key = f";base64,{base64.b64encode(record.encode()).decode()}"
        data = {"storage_key": key, "storage_block_id": block, "serializer": {"type": "pickle"}}
        completed = {"state": {"type": "COMPLETED", "data": data}, "force": True}
        wanted = {"parameters": {"request": {"project": "demo", "version": "minor"}}}
        run = machine.ask(
            "POST", "/flow_runs/", {**wanted, "flow_id": deployment["flow_id"], "state": {"type": "PENDING"}}
        )["id"]
        machine.ask("POST", f"/flow_runs/{run}/set_state", completed)
        _, told = engine(machine, "prefect.engine", run)
        assert trap.exists(), told
        trap.unlink()

        _, told = engine(machine, "loadmaster.guarded.engine", run)
        assert (not trap.exists(), "result-not-ours" in told) == (True, True), told

        ours = machine.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", wanted)["id"]
        eventually(lambda: processes_with(RUN_VARIABLE, ours) != [], "the worker started our engine")
        machine.ask("POST", f"/flow_runs/{ours}/set_state", completed)
        eventually(lambda: processes_with(RUN_VARIABLE, ours) == [], "it ended")
        assert not trap.exists()

    def block_of_data(self, machine: Machine) -> str:
        """A storage block whose answer to a key is what the key says."""
        kind = machine.ask("GET", "/block_types/slug/remote-file-system")["id"]
        (schema, *_) = machine.ask(
            "POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}}
        )
        body = {
            "name": "data",
            "data": {"basepath": "data://x"},
            "block_schema_id": schema["id"],
            "block_type_id": kind,
        }
        return str(machine.ask("POST", "/block_documents/", body)["id"])

    @pytest.mark.parametrize(
        ("flow", "request_"),
        [
            (REHEARSE, {"project": "demo", "version": "minor", "repository": "/etc"}),
            ("release/release", {"project": "demo", "version": "minor", "repository": "/etc"}),
            ("preflight/preflight", {"project": "demo", "registry": "sparse+https://evil.example/"}),
        ],
        ids=["a repository to rehearse", "a repository to release", "a registry that would get the token"],
    )
    def test_a_place_that_nobody_gave_at_a_terminal_is_refused(
        self, machine: Machine, flow: str, request_: Mapping[str, str]
    ) -> None:
        with machine.api as api:
            state = machine.ended(api.create_run(flow, {"request": dict(request_)}).id)
        assert (state.type, "may not use" in (state.message or "")) == ("FAILED", True)

    def test_what_was_given_at_a_terminal_is_carried_out(self, machine: Machine, tmp_path: Path) -> None:
        source = tmp_path / "hangar"
        shutil.copytree(ROOT / "examples" / "hangar", source)
        for words in (["init", "--quiet", "-b", "main"], ["add", "."], [*AS_ME, "commit", "--quiet", "-m", "All"]):
            subprocess.run(["git", *words], cwd=source, check=True)
        ran = loadmaster(
            machine.home, "rehearse", "--project", "demo", "--version", "minor", "--repository", str(source), "--json"
        )
        assert ran.code == 0, ran.err
        assert len(list(Store(machine.home).part("allowed").iterdir())) == 1


class Touch:
    """Makes a file as soon as it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.file,))


def engine(machine: Machine, module: str, run: str) -> tuple[int, str]:
    """Carries out the run as the worker does, with one engine or the other."""
    env = {**environment(machine.home, machine.stack.port, ROOT), "PYTHONPATH": str(ROOT)}
    env |= {"PREFECT__FLOW_RUN_ID": run, "PREFECT__FLOW_ENTRYPOINT": "loadmaster.flows.rehearse.rehearse"}
    env |= {"PREFECT_API_AUTH_STRING": read_sign_in(machine.home), "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json"}
    ran = subprocess.run([sys.executable, "-m", module], env=env, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return ran.returncode, ran.stdout + ran.stderr


AS_ME = ("-c", "user.name=Me", "-c", "user.email=me@localhost")
OPEN_TEMPLATE = {
    "job_configuration": {"command": "{{ command }}"},
    "variables": {"type": "object", "properties": {"command": {"type": "string"}}},
}


def _trapped(changed: Mapping[str, Any], trap: Path) -> Any:
    """The change with the path of the trap in it."""
    match changed:
        case str():
            return changed.replace("TRAP", str(trap))
        case dict():
            return {name: _trapped(value, trap) for name, value in changed.items()}
        case list():
            return [_trapped(each, trap) for each in changed]
        case _:
            return changed
