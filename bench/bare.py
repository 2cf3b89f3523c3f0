"""The same schedule, upload and read-back as in a release, driven by a thread pool: what is left without Prefect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import time

from loadmaster.credentials.tokens import held
from loadmaster.planning.plan import Crate, schedule_of
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.run.pacing import KeptBuckets
from loadmaster.steps.publish import publish_crate
from loadmaster.steps.visibility import reading_back


def publish_all(job: Job, crates: Sequence[Crate], digests: Mapping[str, str]) -> float:
    """Publishes the crates and waits until they are visible; when that was, in seconds since the epoch.

    For a profile that limits nothing: nobody waits for a bucket here. Nothing is retried, what `publish_crate` raises
    comes out.
    """
    by_name = {each.name: each for each in crates}
    kept = KeptBuckets(job.directory.pace)
    schedule = schedule_of(crates, job.project.registry, buckets=kept.read())
    running: dict[Future[ObjectRecord], str] = {}
    with held(job), reading_back(job) as watch, ThreadPoolExecutor(job.project.registry.connections) as threads:
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
                watch.accepted(by_name[name], digests[name])
        watch.wait_for_the_rest()
    return time()
