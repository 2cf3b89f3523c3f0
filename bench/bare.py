"""A release without Prefect: the same schedule, upload and read-back, driven by a thread pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import time

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.planning.plan import Crate, schedule_of
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.run.pacing import KeptBuckets
from loadmaster.steps.publish import publish_crate
from loadmaster.steps.visibility import reading_back


def publish_all(job: Job, crates: Sequence[Crate], digests: Mapping[str, str]) -> float:
    """Publishes the crates and waits until they are visible. Returns the time of that, in seconds since the epoch.

    For a profile without limits: it never waits for a bucket. Nothing is retried; raises what `publish_crate` raises.
    """
    by_name = {crate.name: crate for crate in crates}
    kept = KeptBuckets(job.directory.pace)
    schedule = schedule_of(crates, job.project.registry, buckets=kept.read())
    running: dict[Future[ObjectRecord], str] = {}
    with hold_tokens(job), reading_back(job) as watch, ThreadPoolExecutor(job.project.registry.connections) as threads:
        while len(schedule.done) < len(by_name):
            schedule, turn = schedule.start(job.clock.now())
            kept.write(schedule.buckets)
            for name in turn.start:
                running[threads.submit(publish_crate, job, by_name[name], digests[name])] = name
            assert running, "the profile limits the uploads"
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                name = running.pop(future)
                schedule = schedule.end(name, future.result(), job.clock.now())
                kept.write(schedule.buckets)
                watch.expect(by_name[name], digests[name])
        watch.wait_for_the_rest()
    return time()
