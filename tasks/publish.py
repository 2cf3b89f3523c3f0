"""Publishing: pushes the commit and the tags, then uploads every crate as soon as its dependencies are accepted.

`planning.schedule` decides which crate is next. This module carries that out, with a Prefect task run for each upload, and
shows it in the UI. World-changing tasks are never cached: each asks the world first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import cast
from uuid import UUID

from prefect import Task, get_run_logger
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture
from prefect.utilities.annotations import allow_failure, quote

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import CrateFailure, CratesNotPublished
from loadmaster.planning import show
from loadmaster.planning.pace import Turn
from loadmaster.planning.plan import Crate, ReleasePlan, schedule_of
from loadmaster.planning.schedule import UploadOutcome
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.pacing import KeptBuckets
from loadmaster.steps import publish as step
from loadmaster.tasks.policy import asks_the_world

SLICE = 30.0
"""The most seconds between two looks at the clock, so that a cancelled run ends soon."""

PROGRESS_SECONDS = 1.0
"""The least seconds between two updates of the progress artifact."""

Accepted = Callable[[Crate, str], None]


push_commit = asks_the_world("push commit")(step.push_commit)
push_tag = asks_the_world("push tag", "push tag {tag.name}")(step.push_tag)
publish = asks_the_world("publish", "publish {crate.name} {crate.version}")(step.publish_crate)
"""Uploads one crate, or finds that it is published already. A 429 with an instant is an outcome (`Postponed`), not a failure."""


def publish_all(
    job: Job,
    plan: ReleasePlan,
    digests: Mapping[str, str],
    published: Collection[str],
    journal: Journal,
    on_accepted: Accepted,
) -> tuple[ObjectRecord, ...]:
    """One attempt at publishing all crates of the plan: a record for each, see `require_published`.

    `published` are the crates that are on the registry already. `journal` gets the record of a crate whenever it changes, and
    which crates wait. `on_accepted` is called with each crate and its digest on the registry, as soon as the registry has it.
    """
    for crate in plan.crates:
        if crate.name not in published:
            journal.note(not_begun(crate))
    kept = KeptBuckets(job.directory.pace)
    schedule = schedule_of(plan.crates, job.project.registry, published, kept.read())
    uploads, page = Uploads(job, plan, digests), RunsPage(job, plan, journal)
    while True:
        schedule, turn = schedule.start(job.clock.now())
        kept.write(schedule.buckets)  # before the uploads: if a spent token is forgotten, the next upload gets a 429
        for name in turn.start:
            journal.note(in_flight(plan.crate(name), digests[name]))
        uploads.start(turn.start)
        if not schedule.running and turn.until is None:
            break
        page.show_waiting(turn)
        for name in uploads.wait_for_ended(turn.until):
            outcome = uploads.outcome(name)
            schedule = schedule.end(name, outcome, job.clock.now())
            kept.write(schedule.buckets)
            journal.note(schedule.ended_in.get(name) or not_begun(plan.crate(name)))
            if name in schedule.done:
                on_accepted(plan.crate(name), schedule.ended_in[name].sha256 or digests[name])
        page.show_progress(len(schedule.done))
    page.show_progress(len(schedule.done), at_last=True)
    return schedule.records


def not_begun(crate: Crate) -> ObjectRecord:
    why = "its upload has not begun"
    return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.ABSENT, code="not-begun", why=why)


def in_flight(crate: Crate, sha256: str) -> ObjectRecord:
    why = "its upload had begun, and nobody saw its end"
    return ObjectRecord(
        kind="crate", id=crate.id, state=ObjectState.UNKNOWN, code="in-flight", facts={"ours": sha256}, why=why
    )


class Uploads:
    """The futures of one attempt, and a queue of those that ended."""

    def __init__(
        self, job: Job, plan: ReleasePlan, digests: Mapping[str, str], each: Task[..., ObjectRecord] = publish
    ) -> None:
        """`each` is the task of one crate: it gets the job, the crate and its digest."""
        self._job, self._plan, self._digests, self._each = job, plan, digests, each
        self._futures: dict[str, PrefectFuture[UploadOutcome]] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()

    def start(self, names: Sequence[str], *more: str) -> None:
        """`more` is what the task gets besides."""
        # Quoted, because Prefect would search the whole job for futures, three times for every crate.
        job = cast(Job, quote(self._job))
        for crate in map(self._plan.crate, names):
            # What is ready is decided elsewhere: `wait_for` only draws the edges of Prefect's graph.
            needed = [allow_failure(self._futures[name]) for name in crate.needs if name in self._futures]
            digest = self._digests[crate.name]
            future = self._each.submit(job, crate, digest, *more, return_state=False, wait_for=needed)
            future.add_done_callback(partial(self._note_end, crate.name))
            self._futures[crate.name] = cast(PrefectFuture[UploadOutcome], future)

    def _note_end(self, name: str, _future: object) -> None:
        self._ended.put(name)

    def wait_for_ended(self, until: datetime | None) -> Iterator[str]:
        """Waits for the next upload to end. Gives its crate, and every other that has ended by then.

        Gives nothing if the instant comes first.
        """
        timeout = None if until is None else max(0.0, min(self._job.clock.seconds_until(until), SLICE))
        with suppress(Empty):
            yield self._ended.get(timeout=timeout)
            while True:
                yield self._ended.get_nowait()

    def outcome(self, name: str) -> UploadOutcome:
        """The outcome of an upload that has ended. A failed one is `unknown`, whatever the reason."""
        future = self._futures[name]
        future.wait()  # first, because the future's `state` alone would ask the server, which lags
        try:
            return future.result()
        except LoadmasterError as error:
            failed = ObjectRecord.of_error("crate", self._plan.crate(name).id, error)
            return failed.model_copy(update={"seconds": error.seconds, "attempts": error.tries})


class RunsPage:
    """The UI's picture of one attempt: its progress, and the crates that wait for a rate limit."""

    def __init__(self, job: Job, plan: ReleasePlan, journal: Journal) -> None:
        self._plan, self._project, self._journal = plan, job.project.name, journal
        self._waiting, self._shown = Turn(), 0.0
        key = artifact_key(self._project, "crates")
        self._progress = cast(UUID, create_progress_artifact(0.0, key=key, description=f"Crates of {plan.title}"))

    def show_progress(self, done: int, *, at_last: bool = False) -> None:
        """Updates at most once a second: the server takes tens of milliseconds, and the next uploads wait meanwhile."""
        if at_last or monotonic() - self._shown >= PROGRESS_SECONDS:
            self._shown = monotonic()
            update_progress_artifact(self._progress, progress=100.0 * done / len(self._plan.crates))

    def show_waiting(self, turn: Turn) -> None:
        """Shows which crates wait, until when and why, whenever that changes."""
        if (turn.waiting, turn.until) == (self._waiting.waiting, self._waiting.until):
            return
        self._waiting = turn
        self._journal.note_held((self._plan.crate(name).id for name in turn.waiting), turn.until)
        if turn.until is not None:
            text = show.waiting_text(self._plan, turn)
            get_run_logger().info(text)
            key = artifact_key(self._project, "waiting")
            create_markdown_artifact(key=key, markdown=show.waiting_markdown(self._plan, turn), description=text)


def require_published(records: tuple[ObjectRecord, ...]) -> None:
    """Raises `CratesNotPublished` unless every crate is published."""
    failed = [
        CrateFailure(
            crate=record.id,
            code=record.code or "",
            what=record.why or "",
            why=record.cause or "",
            next=record.next or "",
        )
        for record in records
        if record.state is ObjectState.UNKNOWN
    ]
    blocked = [record.id for record in records if record.state is ObjectState.ABSENT]
    if failed or blocked:
        raise CratesNotPublished(failed, blocked)
