"""The rehearsal: the same release, in a world made for it. Safe for anyone, no credentials."""

from __future__ import annotations

from contextlib import ExitStack

from prefect import flow
from prefect.runtime import flow_run

from loadmaster.flows.release import carry_out
from loadmaster.planning.values.receipt import Receipt
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.allowed import require_allowed
from loadmaster.run.logged import keep_log, log_sent
from loadmaster.run.store import default_store
from loadmaster.tasks.cut import write_receipt_of_cut
from loadmaster.tasks.policy import wait_out
from loadmaster.tasks.smoke import cancel_children


@flow(
    name="rehearse",
    flow_run_name="rehearse {request.project} {request.version}",
    on_cancellation=[cancel_children, write_receipt_of_cut],
    on_crashed=[cancel_children, write_receipt_of_cut],
)
def rehearse(request: RehearseRequest) -> Receipt:
    """Releases a project in a rehearsal world: real cargo, real git, a registry and a forge on loopback.

    Nothing reaches a live registry. Retry finishes a failed run in its own world.
    """
    store = default_store()
    directory = store.run(str(flow_run.id))
    with directory.locked(), log_sent(), ExitStack() as world:
        keep_log(directory)
        require_allowed(request, store)
        job = wait_out(request.project, lambda: world.enter_context(rehearsal(request, directory, store)))
        return carry_out(job)
