"""Starts a release or a rehearsal as a Prefect flow run: in this process, or through its deployment on the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deployments import REHEARSE
from loadmaster.credentials.sources import ReadBlock
from loadmaster.errors.prefect import NoStackRunning
from loadmaster.errors.request import RunWithoutReceipt
from loadmaster.planning.values.receipt import Receipt
from loadmaster.planning.values.tell import Tell
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.run.live import require_allowed_registry
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import Store
from loadmaster.stack.api import Api
from loadmaster.stack.following import follow
from loadmaster.stack.record import Stack, running
from loadmaster.stack.settings import environment
from loadmaster.stack.starting import up
from loadmaster.stack.stopping import down


def rehearse_on_worker(request: RehearseRequest, store: Store, root: Path, tell: Tell) -> Receipt:
    """Starts the deployment through Prefect's API, as the UI does, follows the run, and returns its receipt.

    Raises `RunWithoutReceipt` if the run ended before it wrote one.
    """
    with _stack(store, root, tell) as stack, Api(stack.api_url) as api:
        run = api.create_run(REHEARSE, {"request": request.model_dump(mode="json", exclude_defaults=True)})
        tell(f"run {run.name}: {stack.run_url(run.id)}")
        state = follow(api, run.id, tell)
        tell(f"run {run.name}: {stack.run_url(run.id)}")
    return _receipt(store, run.id, state.message or state.name)


def rehearse_here(request: RehearseRequest, store: Store, root: Path, tell: Tell) -> Receipt:
    """Runs the flow in this process, see `run_flow_here`."""

    def start() -> Any:
        from flows.rehearse import rehearse

        return rehearse(request, return_state=True)

    return run_flow_here(start, store, root, tell)


def release_here(request: LiveRequest, store: Store, root: Path, tell: Tell) -> Receipt:
    """Runs the flow in this process, see `run_flow_here`. Raises `LiveWorldRefused` before anything is started."""
    require_allowed_registry(request)

    def start() -> Any:
        from flows.release import release

        return release(request, return_state=True)

    return run_flow_here(start, store, root, tell)


def run_flow_here(start: Callable[[], Any], store: Store, root: Path, tell: Tell) -> Receipt:
    """The receipt of the flow run that `start` makes. It uses the server of `PREFECT_API_URL`, or else our own.

    `start` imports Prefect, which reads its settings once, and returns the final state. Raises the error of a flow that
    ended before it wrote a receipt.
    """
    with _server(store, root, tell):
        state = start()
        _send_last_logs()
        tell(f"flow run {state.state_details.flow_run_id}: {state.name}")
    identity = str(state.state_details.flow_run_id)
    failure = state.result(raise_on_failure=False)
    if isinstance(failure, BaseException) and not store.run(identity).receipt.exists():
        raise failure
    return _receipt(store, identity, state.message or str(state.name))


@contextmanager
def block_reader(store: Store, root: Path, tell: Tell) -> Iterator[ReadBlock]:
    """Reads Secret blocks as a task does, against the same server as `run_flow_here`: one for all reads, from the first on."""
    with ExitStack() as server:
        entered: list[str] = []

        def read(name: str) -> str:
            if not entered:
                server.enter_context(_server(store, root, tell))
            entered.append(name)
            from tasks.credentials import read_block

            return read_block(name)

        yield read


def _send_last_logs() -> None:
    """Sends the logs that Prefect still holds: the server may be ours, and is about to be stopped."""
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=5)


def _receipt(store: Store, identity: str, message: str) -> Receipt:
    path = store.run(identity).receipt
    if not path.exists():
        raise RunWithoutReceipt(identity, message)
    return Receipt.model_validate_json(path.read_bytes())


@contextmanager
def _server(store: Store, root: Path, tell: Tell) -> Iterator[None]:
    if "PREFECT_API_URL" in os.environ:
        yield
        return
    with _stack(store, root, tell) as stack:
        os.environ.update(environment(store.root.resolve(), stack.port, root))
        yield


@contextmanager
def _stack(store: Store, root: Path, tell: Tell) -> Iterator[Stack]:
    """Our own server and worker; those that were not running before are stopped afterwards."""
    was_up = _is_up(store)
    stack = up(store.root, root, tell=tell)
    try:
        yield stack
    finally:
        if not was_up:
            down(store.root, force=False, tell=tell)


def _is_up(store: Store) -> bool:
    try:
        running(store.root.resolve())
    except NoStackRunning:
        return False
    return True
