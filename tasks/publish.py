"""Publishing: every crate as soon as all that it needs is accepted and the registry's limits let it, longest path first.

The decision who goes next is `planning.pace`; here it is carried out, with a Prefect task run for every upload.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
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

from loadmaster.credentials.tokens import revoke_tokens
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.registry import CratesNotPublished, RateLimited
from loadmaster.planning import show
from loadmaster.planning.order import blocked, everything_needed, ready
from loadmaster.planning.pace import Next
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.run.job import Job
from loadmaster.run.pacing import Pacing
from loadmaster.steps import publish as acts
from tasks.artifacts import artifact_key
from tasks.policy import asks_the_world, timed
from tasks.secret_blocks import read_block

SLICE = 30.0
"""The most seconds between two looks at the clock, so that a cancelled run ends soon."""

PROGRESS_SECONDS = 1.0
"""The least seconds between two changes of the progress that is shown."""


class Postponed(Value):
    """The registry named an instant from which on it takes the crate."""

    until: datetime
    why: str


Ended = ObjectRecord | Postponed
Accepted = Callable[[Crate, str], None]


@asks_the_world("publish", "publish {crate.name} {crate.version}")
def publish(job: Job, crate: Crate, sha256: str) -> Ended | State[Ended]:
    """One upload, or the finding that there is nothing to upload. A 429 with an instant is an outcome, not a failure."""
    try:
        return timed(lambda: acts.publish_crate(job, crate, sha256, read_block))
    except RateLimited as limit:
        get_run_logger().warning(limit.what)
        postponed = Postponed(until=limit.until, why=limit.what)
        return Completed(name="Postponed", message=limit.what, data=postponed)


class Publishing:
    """One attempt at publishing all crates of a plan. A failure keeps back what needs the failed crate, nothing else."""

    def __init__(
        self, job: Job, plan: ReleasePlan, digests: Mapping[str, str], out: Collection[str], accepted: Accepted
    ) -> None:
        """`out` are the crates that are on the registry already: they cost no token, and are only compared.

        `accepted` is told of each crate, with the registry's digest, as soon as it is there.
        """
        actions = {each.name: each.action for each in plan.crates if each.name not in out}
        self._job, self._plan, self._digests, self._accepted = job, plan, digests, accepted
        self._edges, self._lengths = plan.edges, {each.name: each.remaining_path for each in plan.crates}
        self._pacing = Pacing(job.directory.pace, job.project.registry.rates, actions)
        self._running: dict[str, PrefectFuture[Ended]] = {}
        self._finished: dict[str, PrefectFuture[Ended]] = {}
        self._records: dict[str, ObjectRecord] = {}
        self._done: set[str] = set()
        self._refusals: dict[str, int] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._told: Next = Next()
        self._shown = 0.0
        key = artifact_key(job.project.name, "crates")
        self._progress = cast(UUID, create_progress_artifact(0.0, key=key, description=f"Crates of {plan.title}"))

    def carry_out(self) -> tuple[ObjectRecord, ...]:
        """A record for every crate of the plan, see `require_published`."""
        while True:
            following = self._start_what_may_start()
            if not self._running and following.until is None:
                break
            self._tell(following)
            for name in self._wait(following.until):
                self._note(name)
            self._show_progress()
        self._show_progress(at_last=True)
        failed = self._records.keys() - self._done
        kept_back = {each: _kept_back(self._plan, each, failed) for each in blocked(self._edges, failed)}
        return tuple((self._records | kept_back)[each.name] for each in self._plan.crates)

    def _start_what_may_start(self) -> Next:
        now = self._job.clock.now()
        started = self._running.keys() | self._records.keys()
        following = self._pacing.next_starts(ready(self._edges, self._lengths, self._done, started), now)
        starting = following.start[: self._job.project.registry.connections - len(self._running)]
        self._pacing.started(starting, now)
        for name in starting:
            self._running[name] = self._submit(self._plan.crate(name))
        return following

    def _submit(self, crate: Crate) -> PrefectFuture[Ended]:
        # All of them have completed: `wait_for` only draws the edges of the graph.
        needed = [self._finished[name] for name in crate.needs]
        sha256 = self._digests[crate.name]
        # Quoted, so that Prefect does not look through the whole job for futures, three times for every crate.
        job = cast(Job, quote(self._job))
        future = publish.submit(job, crate, sha256, return_state=False, wait_for=needed)
        future.add_done_callback(lambda _future: self._ended.put(crate.name))
        return cast(PrefectFuture[Ended], future)

    def _wait(self, until: datetime | None) -> Iterator[str]:
        """The next crate that ended, and all that have ended by then; none if the instant came first."""
        timeout = None if until is None else min(self._job.clock.seconds_until(until), SLICE)
        with suppress(Empty):
            yield self._ended.get(timeout=timeout)
            while True:
                yield self._ended.get_nowait()

    def _note(self, name: str) -> None:
        self._finished[name] = self._running.pop(name)
        self._pacing.ended(name, self._job.clock.now())
        match self._outcome(name):
            case Postponed(until=until):
                self._refusals[name] = self._refusals.get(name, 0) + 1
                self._pacing.refused(name, until)
            case record:
                attempts = record.attempts + self._refusals.get(name, 0)
                self._records[name] = record.model_copy(update={"attempts": attempts})
                if record.state in (ObjectState.SAME, ObjectState.EQUIVALENT):
                    self._done.add(name)
                    self._accepted(self._plan.crate(name), record.sha256 or self._digests[name])

    def _show_progress(self, *, at_last: bool = False) -> None:
        """Not after every crate: the server answers in tens of milliseconds, and the next uploads wait meanwhile."""
        if at_last or monotonic() - self._shown >= PROGRESS_SECONDS:
            self._shown = monotonic()
            update_progress_artifact(self._progress, progress=100.0 * len(self._done) / len(self._plan.crates))

    def _outcome(self, name: str) -> Ended:
        future = self._finished[name]
        future.wait()  # first: `state` alone asks the server, which lags
        try:
            return future.result()
        except LoadmasterError as error:
            crate = self._plan.crate(name)
            return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.UNKNOWN, why=error.what)

    def _tell(self, following: Next) -> None:
        """Shows who waits, until when and why, whenever that changes."""
        if (following.waiting, following.until) == (self._told.waiting, self._told.until):
            return
        self._told = following
        if following.until is not None:
            text = show.waiting_text(self._plan, following)
            get_run_logger().info(text)
            key = artifact_key(self._job.project.name, "waiting")
            create_markdown_artifact(key=key, markdown=show.waiting_markdown(self._plan, following), description=text)


def _kept_back(plan: ReleasePlan, name: str, failed: set[str]) -> ObjectRecord:
    why = f"not tried: it needs {', '.join(sorted(failed & everything_needed(plan.edges, name)))}"
    return ObjectRecord(kind="crate", id=plan.crate(name).id, state=ObjectState.ABSENT, why=why)


def require_published(records: tuple[ObjectRecord, ...]) -> None:
    """Raises `CratesNotPublished` unless every crate is out."""
    failed = {each.id: each.why or "" for each in records if each.state is ObjectState.UNKNOWN}
    kept_back = [each.id for each in records if each.state is ObjectState.ABSENT]
    if failed or kept_back:
        raise CratesNotPublished(failed, kept_back)


def let_go_of_tokens(job: Job) -> None:
    """Revokes what was minted for this release, and forgets what was read. A failure is a warning: the token expires."""
    for failure in revoke_tokens(job):
        get_run_logger().warning(failure.what)
