"""Publishing: the commit and the tags are pushed, then every crate is uploaded as soon as all that it needs is accepted.

Which crate is next, `planning.schedule` decides. Here are the futures that carry it out, a Prefect task run for each upload,
and the pictures of it. World-changing tasks are never cached: each asks the world first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from time import monotonic
from typing import cast
from uuid import UUID

from prefect import State, get_run_logger
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture
from prefect.states import Completed
from prefect.utilities.annotations import quote

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import CratesNotPublished, RateLimited
from loadmaster.planning import show
from loadmaster.planning.pace import Turn
from loadmaster.planning.plan import Crate, ReleasePlan, Tag, schedule_of
from loadmaster.planning.schedule import Postponed, UploadOutcome
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.pacing import KeptBuckets
from loadmaster.steps import publish as step
from tasks.artifacts import artifact_key
from tasks.policy import asks_the_world, timed

SLICE = 30.0
"""The most seconds between two looks at the clock, so that a cancelled run ends soon."""

PROGRESS_SECONDS = 1.0
"""The least seconds between two changes of the progress that is shown."""

Accepted = Callable[[Crate, str], None]


@asks_the_world("push commit")
def push_commit(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    return timed(lambda: step.push_commit(job, plan, commit))


@asks_the_world("push tag", "push tag {tag.name}")
def push_tag(job: Job, tag: Tag, commit: str) -> ObjectRecord:
    return timed(lambda: step.push_tag(job, tag, commit))


@asks_the_world("publish", "publish {crate.name} {crate.version}")
def publish(job: Job, crate: Crate, sha256: str) -> UploadOutcome | State[UploadOutcome]:
    """One upload, or the finding that there is nothing to upload. A 429 with an instant is an outcome, not a failure."""
    try:
        return timed(lambda: step.publish_crate(job, crate, sha256))
    except RateLimited as limit:
        get_run_logger().warning(limit.what)
        postponed = Postponed(until=limit.until, why=limit.what)
        return Completed(name="Postponed", message=limit.what, data=postponed)


def publish_all(
    job: Job, plan: ReleasePlan, digests: Mapping[str, str], published: Collection[str], accepted: Accepted
) -> tuple[ObjectRecord, ...]:
    """One attempt at publishing all crates of the plan: a record for each, see `require_published`.

    `published` are the crates that are on the registry already. `accepted` is called with each crate, and the registry's
    digest of it, as soon as it is there.
    """
    kept = KeptBuckets(job.directory.pace)
    schedule = schedule_of(plan.crates, job.project.registry, published, kept.read())
    uploads, picture = Uploads(job, plan, digests), Picture(job, plan)
    while True:
        schedule, turn = schedule.start(job.clock.now())
        kept.write(schedule.buckets)  # before the uploads: a token that was spent and forgotten would be met as a 429
        uploads.start(turn.start)
        if not schedule.running and turn.until is None:
            break
        picture.show_waiting(turn)
        for name in uploads.ended(turn.until):
            outcome = uploads.outcome(name)
            schedule = schedule.end(name, outcome, job.clock.now())
            kept.write(schedule.buckets)
            if name in schedule.done:
                accepted(plan.crate(name), schedule.ended_in[name].sha256 or digests[name])
        picture.show_progress(len(schedule.done))
    picture.show_progress(len(schedule.done), at_last=True)
    return schedule.records


class Uploads:
    """The futures of one attempt, and an event for each that ends."""

    def __init__(self, job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> None:
        self._job, self._plan, self._digests = job, plan, digests
        self._futures: dict[str, PrefectFuture[UploadOutcome]] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()

    def start(self, names: Sequence[str]) -> None:
        for name in names:
            self._futures[name] = self._submit(self._plan.crate(name))

    def _submit(self, crate: Crate) -> PrefectFuture[UploadOutcome]:
        # All of them have completed: `wait_for` only draws the edges of the graph.
        needed = [self._futures[name] for name in crate.needs]
        # Quoted, so that Prefect does not look through the whole job for futures, three times for every crate.
        job = cast(Job, quote(self._job))
        future = publish.submit(job, crate, self._digests[crate.name], return_state=False, wait_for=needed)
        future.add_done_callback(lambda _future: self._ended.put(crate.name))
        return cast(PrefectFuture[UploadOutcome], future)

    def ended(self, until: datetime | None) -> Iterator[str]:
        """The next crate that ended, and all that have ended by then; none if the instant came first."""
        timeout = None if until is None else min(self._job.clock.seconds_until(until), SLICE)
        with suppress(Empty):
            yield self._ended.get(timeout=timeout)
            while True:
                yield self._ended.get_nowait()

    def outcome(self, name: str) -> UploadOutcome:
        """Of an upload that has ended. One that failed is `unknown`, whatever kept it from being published."""
        future = self._futures[name]
        future.wait()  # first: `state` alone asks the server, which lags
        try:
            return future.result()
        except LoadmasterError as error:
            crate = self._plan.crate(name).id
            return ObjectRecord(
                kind="crate",
                id=crate,
                state=ObjectState.UNKNOWN,
                code=error.code,
                facts=error.facts,
                why=error.what,
            )


class Picture:
    """What the UI shows of one attempt: how far it is, and who waits for a limit."""

    def __init__(self, job: Job, plan: ReleasePlan) -> None:
        self._plan, self._project = plan, job.project.name
        self._waiting, self._shown = Turn(), 0.0
        key = artifact_key(self._project, "crates")
        self._progress = cast(UUID, create_progress_artifact(0.0, key=key, description=f"Crates of {plan.title}"))

    def show_progress(self, done: int, *, at_last: bool = False) -> None:
        """Not after every crate: the server answers in tens of milliseconds, and the next uploads wait meanwhile."""
        if at_last or monotonic() - self._shown >= PROGRESS_SECONDS:
            self._shown = monotonic()
            update_progress_artifact(self._progress, progress=100.0 * done / len(self._plan.crates))

    def show_waiting(self, turn: Turn) -> None:
        """Who waits, until when and why, whenever that changes."""
        if (turn.waiting, turn.until) == (self._waiting.waiting, self._waiting.until):
            return
        self._waiting = turn
        if turn.until is not None:
            text = show.waiting_text(self._plan, turn)
            get_run_logger().info(text)
            key = artifact_key(self._project, "waiting")
            create_markdown_artifact(key=key, markdown=show.waiting_markdown(self._plan, turn), description=text)


def require_published(records: tuple[ObjectRecord, ...]) -> None:
    """Raises `CratesNotPublished` unless every crate is published."""
    failed = {each.id: each.why or "" for each in records if each.state is ObjectState.UNKNOWN}
    kept_back = [each.id for each in records if each.state is ObjectState.ABSENT]
    if failed or kept_back:
        raise CratesNotPublished(failed, kept_back)
