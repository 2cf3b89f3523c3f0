"""Execution: push the commit and the tag, publish the crates, draft the forge release and make it public.

World-changing tasks are never cached: each asks the world first, so that a Retry costs a question and no second effect.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import cast
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture

from loadmaster.clients import forge
from loadmaster.errors import CratesNotPublished, LoadmasterError
from loadmaster.job import Job
from loadmaster.planning.order import blocked, ready
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.receipt import ObjectRecord
from loadmaster.planning.state import ObjectState
from loadmaster.steps import announce
from loadmaster.steps import publish as acts
from tasks.policy import asks_the_world, timed

UPLOADS_AT_ONCE = 8
SLICE = 5.0
"""Seconds between two looks at the clock while waiting, so that a cancelled run ends soon."""


@asks_the_world("push commit")
def push_commit(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    return timed(lambda: acts.push_commit(job, plan, commit))


@asks_the_world("push tag", "push tag {plan.tag}")
def push_tag(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    return timed(lambda: acts.push_tag(job, plan, commit))


@asks_the_world("publish", "publish {crate.name} {crate.version}")
def publish(job: Job, crate: Crate, sha256: str) -> ObjectRecord:
    return timed(lambda: acts.publish_crate(job, crate, sha256, wait_until))


def wait_until(until: datetime, why: str) -> None:
    """Waits for the instant that a registry named, and says so in the run's log."""
    get_run_logger().warning("waiting until %s UTC: %s", f"{until:%H:%M:%S}", why)
    while (left := (until - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, SLICE))


def publish_crates(job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[ObjectRecord, ...]:
    """Every crate as soon as all that it needs is accepted; the longest remaining path first.

    A failure keeps back what needs the failed crate; everything else goes out. Returns a record for every crate of
    the plan, see `require_published`.
    """
    futures: dict[str, PrefectFuture[ObjectRecord]] = {}
    records: dict[str, ObjectRecord] = {}
    done: set[str] = set()
    ended: SimpleQueue[str] = SimpleQueue()
    progress = cast(
        UUID, create_progress_artifact(0.0, key=f"{job.project.name}-crates", description=f"Crates of {plan.tag}")
    )
    while True:
        free = UPLOADS_AT_ONCE - (len(futures) - len(records))
        for name in ready(plan.edges, done, futures)[:free]:
            futures[name] = _start(job, plan, name, digests[name], futures, ended)
        if len(records) == len(futures):
            break
        name = ended.get()
        records[name] = _record_of(plan.crate(name), futures[name])
        if _is_out(records[name]):
            done.add(name)
        update_progress_artifact(progress, progress=100.0 * len(done) / len(plan.crates))
    failed = records.keys() - done
    kept_back = {each: _kept_back(plan, each, failed) for each in blocked(plan.edges, failed)}
    return tuple((records | kept_back)[each.name] for each in plan.crates)


def _start(
    job: Job,
    plan: ReleasePlan,
    name: str,
    sha256: str,
    futures: Mapping[str, PrefectFuture[ObjectRecord]],
    ended: SimpleQueue[str],
) -> PrefectFuture[ObjectRecord]:
    crate = plan.crate(name)
    # All of them have completed: `wait_for` only draws the edges of the graph.
    future = publish.submit(
        job, crate, sha256, return_state=False, wait_for=[futures[needed] for needed in crate.needs]
    )
    future.add_done_callback(lambda _future: ended.put(name))
    return future


def _record_of(crate: Crate, future: PrefectFuture[ObjectRecord]) -> ObjectRecord:
    future.wait()  # first: `state` alone asks the server, which lags
    try:
        return future.result()
    except LoadmasterError as error:
        return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.UNKNOWN, why=error.what)


def _kept_back(plan: ReleasePlan, name: str, failed: set[str]) -> ObjectRecord:
    why = f"not tried: it needs {', '.join(sorted(failed))}"
    return ObjectRecord(kind="crate", id=plan.crate(name).id, state=ObjectState.ABSENT, why=why)


def _is_out(record: ObjectRecord) -> bool:
    return record.state in (ObjectState.SAME, ObjectState.EQUIVALENT)


def require_published(records: tuple[ObjectRecord, ...]) -> None:
    """Raises `CratesNotPublished` unless every crate is out."""
    failed = {each.id: each.why or "" for each in records if each.state is ObjectState.UNKNOWN}
    kept_back = [each.id for each in records if each.state is ObjectState.ABSENT]
    if failed or kept_back:
        raise CratesNotPublished(failed, kept_back)


@asks_the_world("draft release", "draft release {plan.tag}")
def draft_release(job: Job, plan: ReleasePlan, commit: str) -> forge.Release:
    return announce.draft_release(job, plan, commit)


@asks_the_world("upload asset", "upload asset {name}")
def upload_asset(job: Job, release: forge.Release, name: str, content: bytes) -> ObjectRecord:
    return timed(lambda: announce.upload_asset(job, release, name, content))


@asks_the_world("publish release", "publish release {plan.tag}")
def publish_release(job: Job, plan: ReleasePlan, release: forge.Release) -> ObjectRecord:
    return timed(lambda: announce.publish_release(job, plan, release))
