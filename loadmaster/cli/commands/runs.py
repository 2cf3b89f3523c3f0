"""Runs, from the command line: start one, follow it, resume it, cancel it, list them.

There is one way a flow runs: as a run of its deployment, carried out by the worker. The command only follows, and may leave.
A server and a worker that were not running before are started for the command, and stay for a while, so that what is printed
can be opened (`loadmaster.stack.idling`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from loadmaster.cli.commands.known_runs import find_run, newest, newest_unfinished, only_one_at_work
from loadmaster.cli.commands.stopping import Stopped, signals_postponed, stopped_by_signals
from loadmaster.cli.commands.terminal import warn
from loadmaster.cli.screen.run_screen import run_screen
from loadmaster.errors.prefect import NoStackRunning, PrefectRefused
from loadmaster.errors.request import RunWithoutReceipt
from loadmaster.errors.run import CommandStopped, RunLeft, RunNotResumable, RunUnknown
from loadmaster.planning.values.receipt import SHORT, Receipt
from loadmaster.planning.values.tell import Tell
from loadmaster.run.allowed import allow
from loadmaster.run.request import ReleaseRequest
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.access import connect
from loadmaster.stack.api import Api
from loadmaster.stack.closing import leave_receipt
from loadmaster.stack.following import LOOK_SECONDS, follow
from loadmaster.stack.idling import idle_minutes, in_use
from loadmaster.stack.liveness import has_died
from loadmaster.stack.record import Stack, running
from loadmaster.stack.runs import TERMINAL, FlowRun
from loadmaster.stack.starting import up
from loadmaster.stack.stopping import down
from loadmaster.steps.cut import close_cut_run

LATE_REPORT_SECONDS = 15.0
"""How long after the end of a run its worker may report it once more; 8 s were seen."""


def start(deployment: str, request: ReleaseRequest, store: Store, root: Path, tell: Tell) -> Receipt:
    """Starts a run of the deployment, as the form of the UI does, and follows it. Returns its receipt.

    Raises `RunLeft` if the command is stopped meanwhile, `RunWithoutReceipt` if the run ended before it wrote one, and what
    starting the server raises.
    """
    with stack_for_command(store, root, tell) as (stack, ours), connect(store.root, stack) as api:
        allow(request, store)
        asked = {"request": request.model_dump(mode="json", exclude_defaults=True)}
        return _follow(stack, api, lambda: api.create_run(deployment, asked), store, tell, ours=ours)


def follow_run(wanted: str | None, store: Store, tell: Tell) -> Receipt:
    """Follows a run to its end; the newest one if none is named. Without a server, returns what its last attempt left."""
    run = find_run(wanted, store, newest)
    try:
        stack = running(store.root.resolve())
    except NoStackRunning:
        tell(f"no server is running; this is what the last attempt of run {run.short} left")
        close_cut_run(store.run(run.id), store, cancelled=False)
        return _receipt(store, run.id, "the server is not running")
    with in_use(store.root), stopped_by_signals(), connect(store.root, stack) as api:
        return _follow(stack, api, lambda: api.run(run.id), store, tell, ours=False)


def resume(wanted: str | None, store: Store, root: Path, tell: Tell) -> Receipt:
    """Retries a run and follows it; the newest one that did not finish if none is named. As the UI's Retry does.

    Raises `RunNotResumable`, and what `start` raises.
    """
    found = find_run(wanted, store, newest_unfinished)
    with stack_for_command(store, root, tell) as (stack, ours), connect(store.root, stack) as api:
        run = _run_of(api, found.id)
        if run.state.type not in TERMINAL and has_died(run, store.root):
            api.set_state(run.id, "CRASHED", "Crashed", "its process is gone")
        elif run.state.type not in TERMINAL or run.state.type == "COMPLETED":
            raise RunNotResumable(run.short, run.state.name)
        _wait_until_let_go(api, run, tell)

        def go_on() -> FlowRun:
            api.retry(run.id)
            return api.run(run.id)

        return _follow(stack, api, go_on, store, tell, ours=ours)


def _wait_until_let_go(api: Api, run: FlowRun, tell: Tell) -> None:
    """Waits for the worker's last report of a run that ended a moment ago; it would end the new attempt, too."""
    report_due = run.state.timestamp + timedelta(seconds=LATE_REPORT_SECONDS)
    if run.start_time is None or datetime.now(UTC) >= report_due or api.has_let_go(run.id, run.start_time):
        return
    tell(f"waiting for the worker's last report of run {run.short}")
    while datetime.now(UTC) < report_due and not api.has_let_go(run.id, run.start_time):
        time.sleep(LOOK_SECONDS)


def cancel(wanted: str | None, store: Store, tell: Tell) -> Receipt:
    """Cancels a run, waits until it has ended, and returns its receipt. The only one at work if none is named.

    Raises `NoStackRunning`, `RunUnknown`, `RunAmbiguous`, `RunWithoutReceipt`.
    """
    stack = running(store.root.resolve())
    found = find_run(wanted, store, only_one_at_work)
    with in_use(store.root), stopped_by_signals(), connect(store.root, stack) as api:

        def end() -> FlowRun:
            run = _run_of(api, found.id)
            if run.state.type not in TERMINAL:
                api.cancel(run.id)
            return run

        return _follow(stack, api, end, store, tell, ours=False)


def _follow(stack: Stack, api: Api, begin: Callable[[], FlowRun], store: Store, tell: Tell, *, ours: bool) -> Receipt:
    """`begin` gives the run; a signal that comes meanwhile waits until it is known, because it goes on without the command.

    `ours`: the server and the worker are only running for this command.
    """
    run: FlowRun | None = None
    try:
        with signals_postponed():
            run = begin()
        tell(f"run {run.short} ({run.name}): {stack.run_url(run.id)}")
        return _shown_to_its_end(api, run, store, tell)
    except Stopped as stopped:
        if run is None:
            raise
        if not (ours and stopped.ends_the_run):
            raise RunLeft(run.short) from None
        tell(f"stopped by {stopped}: the run ends with the server that was started for it")
        down(store.root, True, tell)
        return _receipt(store, run.id, "it was stopped with this command")


def _shown_to_its_end(api: Api, run: FlowRun, store: Store, tell: Tell) -> Receipt:
    """Shows how the run goes, and then how it ended. Raises `RunWithoutReceipt`."""
    directory = RunDirectory(store.root / "runs" / run.id)
    with run_screen(directory, tell) as screen:
        state = follow(api, run.id, warn, screen.show, _watch(directory))
        leave_receipt(api, store.root, run.id, tell, cancelled=state.type == "CANCELLED")
        receipt = _receipt(store, run.id, state.message or state.name)
        screen.end(receipt)
    return receipt


def _watch(directory: RunDirectory) -> Callable[[], bool]:
    """Whether the attempt that is at work has written its receipt: its journal is there until then."""
    was_there = False

    def seems_over() -> bool:
        nonlocal was_there
        is_there = directory.journal.exists()
        was_there = was_there or is_there
        return was_there and not is_there

    return seems_over


def _receipt(store: Store, identity: str, message: str) -> Receipt:
    directory = store.run(identity)
    receipt = directory.read(Receipt, directory.receipt)
    if receipt is None or directory.journal.exists():  # the receipt is an earlier attempt's
        raise RunWithoutReceipt(identity[:SHORT], message, str(directory.prefect_log))
    return receipt


def _run_of(api: Api, identity: str) -> FlowRun:
    try:
        return api.run(identity)
    except PrefectRefused as error:
        raise RunUnknown(f"run `{identity[:SHORT]}` on the server", ()) from error


@contextmanager
def stack_for_command(store: Store, root: Path, tell: Tell) -> Iterator[tuple[Stack, bool]]:
    """The server and the worker, and whether they were started for this command.

    Then they end with it if it is stopped, or if they do not come up; else they stay until nobody needs them.
    """
    ours, stack = not _is_up(store), None
    try:
        with in_use(store.root), stopped_by_signals():
            stack = up(store.root, root, idle_minutes=idle_minutes(os.environ), tell=tell)
            yield stack, ours
    except RunLeft:
        raise
    except Stopped as stopped:
        if ours:
            down(store.root, True, tell)
        raise CommandStopped(stopped.signal.name) from None
    except BaseException:
        if ours and stack is None:
            down(store.root, False, tell)
        raise
    if ours and _is_up(store) and stack.idle_minutes is not None:
        tell(f"the server stays while it is needed and {stack.idle_minutes:g} minutes longer; `loadmaster up` keeps it")


def _is_up(store: Store) -> bool:
    try:
        running(store.root.resolve())
    except NoStackRunning:
        return False
    return True
