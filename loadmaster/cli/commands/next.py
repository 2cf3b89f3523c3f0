"""What the next release would be: looks as a rehearsal would, and at what changed in each package. Leaves nothing behind."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from loadmaster.errors.request import WrongRequest
from loadmaster.planning.changes.proposal import Proposal
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps.changes.survey import look_at_changes
from loadmaster.steps.look import look


def propose_here(request: RehearseRequest, index: str | None, store: Store, tell: Callable[[str], None]) -> Proposal:
    """`index` is the registry to compare with; None for that of a rehearsal. Raises what looking raises, `WrongRequest`."""
    if index is not None and request.as_of is not None:
        raise WrongRequest(["`registry` and `as_of`: only crates.io can be seen as of an instant"])
    directory = store.run(f"next-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            looking = job if index is None else _beside(job, index)
            tell(f"looking at {job.project.name} at {job.pinned.commit}")
            seen = look(looking)
            tell("packaging it, and comparing it with what is published; comparing APIs takes longest")
            return look_at_changes(looking, seen)
    finally:
        directory.remove()


def _beside(job: Job, index: str) -> Job:
    """The job with another registry in the place of the rehearsal's. Nothing is uploaded to it."""
    replaces = not job.project.rehearsal.upstream
    address = index if index.endswith("/") else f"{index}/"
    world = {"index": address, "replaces_crates_io": replaces, "registry_remembers": True}
    return replace(job, world=job.world.model_copy(update=world))
