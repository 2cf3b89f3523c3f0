"""A run that was cut off: hooks that leave its receipt. Prefect fixes the parameters' names.

After a cancel or a kill, the worker runs them in a process of its own; after SIGTERM, the run's own process does.
"""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import FlowRun, State

from loadmaster.planning import show
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.run.store import default_store
from loadmaster.steps.cut import close_cut_run


def write_receipt_of_cut(flow: object, flow_run: FlowRun, state: State[Any]) -> None:
    """Writes the receipt of an attempt that ended without one, and shows it on the run's page."""
    store = default_store()
    cancelled = state.is_cancelling() or state.is_cancelled()
    receipt = close_cut_run(store.run(str(flow_run.id)), store, cancelled=cancelled)
    if receipt is None:
        return
    artifact = ArtifactCreate(
        key=artifact_key(receipt.project, "receipt"),
        type="markdown",
        description=show.receipt_title(receipt),
        data=show.receipt_markdown(receipt, None),
        flow_run_id=flow_run.id,
    )
    with get_client(sync_client=True) as client:
        client.create_artifact(artifact)
