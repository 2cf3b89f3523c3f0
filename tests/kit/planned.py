"""A plan of the demo, made here, of a repository of the test's own."""

from __future__ import annotations

from pathlib import Path

from loadmaster.cli.commands.plan import Planned, plan_here
from loadmaster.planning.show import gates_text
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.run.store import Store


def plan_of(repository: Path, home: Path, version: str = "minor", **asked: object) -> Planned:
    """Raises what looking and planning raise."""
    request = rehearse_request({"project": "demo", "version": version, "repository": str(repository), **asked})
    return plan_here(request, Store(home))


def gates_of(planned: Planned) -> str:
    """What `loadmaster plan` prints of the gates."""
    return gates_text(planned.receipt.gates)
