"""Closes runs that nobody works on any more: tells Prefect, and leaves the receipt that the run itself could not write.

Prefect does not notice that a process is gone if its worker is gone, too: the run would stay Running for ever, and the UI
would offer no Retry.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.deployment import RUN_VARIABLE
from loadmaster.planning.show import receipt_markdown, receipt_title
from loadmaster.planning.values.receipt import Receipt
from loadmaster.planning.values.tell import Tell
from loadmaster.run.store import RunDirectory, Store
from loadmaster.stack.api import Api
from loadmaster.stack.liveness import has_died, holder_lives
from loadmaster.stack.processes import processes_with
from loadmaster.stack.record import POOL
from loadmaster.stack.runs import FlowRun
from loadmaster.steps.cut import close_cut_run


def close(api: Api, home: Path, run: FlowRun, why: str, tell: Tell) -> None:
    """Sets a run whose process is gone to Crashed, or to Cancelled if that was wanted, and leaves its receipt."""
    cancelled = run.state.type == "CANCELLING"
    kind, name = ("CANCELLED", "Cancelled") if cancelled else ("CRASHED", "Crashed")
    leave_receipt(api, home, run.id, tell, cancelled=cancelled)
    api.set_state(run.id, kind, name, why)


def leave_receipt(api: Api, home: Path, flow_run_id: str, tell: Tell, *, cancelled: bool) -> Receipt | None:
    """Writes the receipt of an attempt that was cut off, and shows it on the run's page. None if it wrote its own.

    A receipt that cannot be written or shown is reported, and stops nothing.
    """
    store = Store(home)
    if not (directory := store.find_run(flow_run_id)):
        return None
    try:
        receipt = close_cut_run(directory, store, cancelled=cancelled)
        if receipt is not None:
            api.show_receipt(flow_run_id, receipt.project, receipt_title(receipt), receipt_markdown(receipt, None))
        return receipt
    except (LoadmasterError, OSError) as error:
        tell(f"the receipt of run {flow_run_id} could not be left: {error}")
        return None


def close_dead(api: Api, home: Path, tell: Tell) -> None:
    """Closes every run whose process is known to be gone. One that waits without a process is left alone."""
    for run in api.unfinished_runs():
        if not run.is_suspended and not _is_waiting(run) and _is_gone(run, home):
            tell(f"run {run.name} has no process any more: it can be resumed")
            close(api, home, run, "its process is gone", tell)


def start_anew(api: Api, tell: Tell) -> None:
    """Gives runs back to the queue that a worker had taken and not begun when it ended.

    Call it when the worker is gone. Prefect would show them as Submitting for ever.
    """
    for run in api.unfinished_runs():
        if run.work_pool_name == POOL and _is_waiting(run) and not processes_with(RUN_VARIABLE, run.id):
            tell(f"run {run.name} had not begun: it is started anew")
            api.set_state(run.id, "SCHEDULED", "Scheduled", "its worker ended before it had begun")


def _is_gone(run: FlowRun, home: Path) -> bool:
    if run.work_pool_name == POOL and run.pid is None:  # its worker ended before it could write the process down
        # The environment of a process that holds a token cannot be read; by then it holds the lock of its directory.
        locks = [RunDirectory(home / "runs" / name) for name in (run.id, f"preflight-{run.id}")]
        return not processes_with(RUN_VARIABLE, run.id) and not any(map(holder_lives, locks))
    return has_died(run, home)


def _is_waiting(run: FlowRun) -> bool:
    return run.state.type == "PENDING"
