"""One attempt at a flow run of `rehearse`, in a process of its own, as the worker's child makes one: `attempt.py RUN-ID`.

Prefect's worker takes runs of one deployment one at a time and looks for them every second; the kill matrix has many.
"""

from __future__ import annotations

import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow

from flows.rehearse import rehearse


def main(identity: str) -> int:
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(identity))
    state = run_flow(rehearse, flow_run=run, parameters=run.parameters, return_type="state")
    return 0 if isinstance(state, State) and state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
