"""The words that the tests of the steps share: what was prepared, and how somebody else acts on the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from loadmaster.credentials.tokens import tokens_of
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.registry.seen import Seen
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.run.job import Job

RUN = "one"
"""The id of the run that the job is of."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    home: Path
    request: RehearseRequest
    seen: Seen
    plan: ReleasePlan
    commit: str
    digests: Mapping[str, str]
    """SHA-256 by crate name."""


Opening = Callable[..., AbstractContextManager[Job]]
"""Opens the test's own copy of the world, with these faults; as often as asked, each time as a Retry would."""


def uploads(job: Job) -> list[tuple[str, int]]:
    """Every upload that reached the registry, with the status of its answer."""
    return [(each.crate, each.status) for each in Registry(job.directory.world / "registry").uploads()]


def put(job: Job, crate: Crate, content: bytes) -> None:
    """Uploads as somebody else would."""
    body = upload_head(upload_metadata(content, name=crate.id), len(content)) + content
    job.registry.upload(crate.id, body, tokens_of(job).token(crate.action).reveal())
