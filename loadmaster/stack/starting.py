"""Brings the stack up: server, work pool, deployments, worker. A second call changes nothing that is right already."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from loadmaster import __version__
from loadmaster.credentials import given
from loadmaster.errors.access import ServerAnswersAnybody
from loadmaster.errors.prefect import PrefectUnreachable, StackDidNotStart
from loadmaster.errors.rehearsal import PortTaken
from loadmaster.planning.deployment import JOB_TEMPLATE
from loadmaster.planning.smoke_worker import POOL as EBPF_POOL
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import Store
from loadmaster.stack.access import connect, settle_access
from loadmaster.stack.api import Api
from loadmaster.stack.closing import close_dead, start_anew
from loadmaster.stack.database import installed_prefect, require_known_database
from loadmaster.stack.deploying import apply_deployments
from loadmaster.stack.keeping import ensure_keeper
from loadmaster.stack.privacy import mend_modes
from loadmaster.stack.processes import Process, is_alive, spawn, stop
from loadmaster.stack.record import LOOPBACK, POOL, Stack, changing, read_record, write_down
from loadmaster.stack.settings import environment
from loadmaster.stack.stopping import STOP_SECONDS, lives

SERVER_SECONDS = 300.0
"""The first start migrates a new database: 10 s on an idle machine; 80 s were seen on one that was compiling."""
WORKER_SECONDS = 120.0
HUNG_SECONDS = 5.0
"""How long a server that does not answer may take to end before it is killed."""
WORKER = "this-machine"
LASTING_PORTS = range(20_000, 32_768)
"""Below those that Linux and macOS give to outgoing connections: one of these would be lost to whoever connects somewhere
between its choice and the server's start, seconds later."""


def up(
    home: Path,
    project_root: Path,
    *,
    port: int | None = None,
    idle_minutes: float | None = None,
    tell: Tell = lambda line: None,
) -> Stack:
    """Starts the parts of the stack that are not running, and returns it with its pool open and its deployments current.

    With `idle_minutes` it ends by itself when nobody has needed it for so long, unless it is kept already. Without a `port`,
    takes the last port again if it is free, so that bookmarks of the UI stay valid; else any free port. A running server keeps
    its port. Raises `PortTaken`, `StackDidNotStart`, `DeploymentsNotApplied`, `PrefectUnreachable`, `PrefectRefused`,
    `DatabaseNewer`, `DatabaseBroken`.
    """
    home, project_root = home.resolve(), project_root.resolve()
    with changing(home, tell):
        Store(home).claim()
        before = read_record(home)
        is_kept = before is not None and before.idle_minutes is None and lives(before)
        stack = _ensure_all(home, project_root, port, before, tell)
        wanted = stack.model_copy(update={"idle_minutes": None if is_kept else idle_minutes})
        return stack if stack == wanted else write_down(home, wanted)


def _ensure_all(home: Path, project_root: Path, port: int | None, before: Stack | None, tell: Tell) -> Stack:
    stack = _ensure_server(home, project_root, port, tell)
    try:
        return _ensure_rest(home, project_root, stack, tell)
    except PrefectUnreachable:
        if before is not None and before.server == stack.server:
            raise  # it may be busy with the runs of others
    # On SQLite a server that returns to a living worker and living runs sometimes hangs with its first transactions.
    tell("the server that was just started does not answer; starting it again")
    stop(stack.server, patience=HUNG_SECONDS)
    return _ensure_rest(home, project_root, _ensure_server(home, project_root, port, tell), tell)


def _ensure_rest(home: Path, project_root: Path, stack: Stack, tell: Tell) -> Stack:
    """Keeper, worker, pools and deployments of a server that runs."""
    stack = ensure_keeper(home, project_root, stack, tell)
    env = environment(home, stack.port, project_root)
    with connect(home, stack) as api:
        api.ensure_pool(POOL, JOB_TEMPLATE)
        api.ensure_pool(EBPF_POOL, JOB_TEMPLATE, is_paused=False)  # its workers run elsewhere, and are started there
        begun = datetime.now(UTC)
        close_dead(api, home, tell)
        started = stack if _has_worker(stack) else start_worker(home, project_root, stack, api, tell)
        # While the worker starts: it takes no run before the pool is open.
        apply_deployments(home, project_root, env, api, tell)
        if started.worker != stack.worker:
            _await(home, "worker", started.worker, lambda: api.has_seen_worker(POOL, begun), WORKER_SECONDS)
        api.open_pool(POOL)
    return _ensure_supervisor(home, project_root, started, env)


def _ensure_server(home: Path, project_root: Path, port: int | None, tell: Tell) -> Stack:
    last = read_record(home)
    if last is not None and is_alive(last.server):
        if not last.signs_in:
            raise ServerAnswersAnybody(last.ui_url)
        stack = last
    else:
        require_known_database(home, None if last is None else last.loadmaster)
        mend_modes(home, tell)
        # A worker that is alive, and its runs, wait for the server to return on the same port.
        kept = last.worker if last is not None and last.worker is not None and is_alive(last.worker) else None
        chosen = _wait_for_port(last.port) if kept and last else _choose_port(port, last=last.port if last else 0)
        settle_access(home, {**os.environ, **given.own()}, may_change=kept is None)
        tell(f"starting a Prefect server on port {chosen}")
        env = environment(home, chosen, project_root)
        server = spawn(["-m", "loadmaster.guarded.server", str(home)], cwd=home, env=env, log=home / "server.log")
        supervisor, keeper = (last.supervisor, last.keeper) if last is not None else (None, None)
        stack = write_down(
            home,
            Stack(
                port=chosen,
                server=server,
                worker=kept,
                supervisor=supervisor,
                keeper=keeper,
                signs_in=True,
                loadmaster=__version__,
                prefect=installed_prefect(),
            ),
        )
    with connect(home, stack) as api:
        _await(home, "server", stack.server, api.is_healthy, SERVER_SECONDS)
    return stack


def _has_worker(stack: Stack) -> bool:
    return stack.worker is not None and is_alive(stack.worker)


def start_worker(home: Path, project_root: Path, stack: Stack, api: Api, tell: Tell) -> Stack:
    """Starts a worker where there is none. Runs that the last one had taken and not begun go back to the queue first."""
    start_anew(api, tell)
    tell("starting a worker")
    env = environment(home, stack.port, project_root)
    arguments = ["-m", "loadmaster.guarded.worker", POOL, WORKER, str(project_root)]
    worker = spawn(arguments, cwd=home, env=env, log=home / "worker.log")
    return write_down(home, stack.model_copy(update={"worker": worker}))


def _ensure_supervisor(home: Path, project_root: Path, stack: Stack, env: dict[str, str]) -> Stack:
    if stack.supervisor is not None and is_alive(stack.supervisor):
        return stack
    arguments = ["-m", "loadmaster.stack", str(home), str(project_root), stack.model_dump_json()]
    supervisor = spawn(arguments, cwd=project_root, env=env, log=home / "supervisor.log")
    return write_down(home, stack.model_copy(update={"supervisor": supervisor}))


def _wait_for_port(port: int) -> int:
    """Waits for the port of a server that died a moment ago: its threads may hold it a little longer. Raises `PortTaken`."""
    begun = time.monotonic()
    while True:
        try:
            return _choose_port(port, last=port)
        except PortTaken:
            if time.monotonic() - begun > STOP_SECONDS:
                raise
        time.sleep(0.1)


def _choose_port(port: int | None, last: int) -> int:
    """The port that was asked for; without one, the last port if it is free, else any. Raises `PortTaken`."""
    anywhere = (*random.sample(LASTING_PORTS, 50), 0)
    for candidate in [port] if port is not None else [last or anywhere[0], *anywhere]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PortTaken(port or 0)


def _await(home: Path, part: str, process: Process | None, ready: Callable[[], bool], patience: float) -> None:
    """Waits until the part is ready. If it ends or takes too long, stops it and raises `StackDidNotStart`."""
    begun = time.monotonic()
    while not ready():
        seconds = time.monotonic() - begun
        if process is None or not is_alive(process) or seconds > patience:
            if process is not None:
                stop(process, patience=STOP_SECONDS)
            log = home / f"{part}.log"
            last_lines = log.read_text(errors="replace").rstrip().splitlines()[-25:]
            raise StackDidNotStart(part, seconds, str(log), "\n".join(last_lines))
        time.sleep(0.1)
