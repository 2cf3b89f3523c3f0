"""The same scheduler, pacing, upload and read-back as in a release, driven by a thread pool: what is left without Prefect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import time

from loadmaster.planning.order import ready
from loadmaster.planning.plan import Crate
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.run.pacing import Pacing
from loadmaster.steps.publish import publish_crate
from loadmaster.steps.visibility import reading_back


def publish_all(job: Job, crates: Sequence[Crate], digests: Mapping[str, str]) -> float:
    """Publishes the crates and waits until they are visible; when that was, in seconds since the epoch.

    For a profile that limits nothing: nobody waits for a bucket here. Nothing is retried, what `publish_crate` raises
    comes out.
    """
    graph = {each.name: frozenset(each.needs) for each in crates}
    lengths = {each.name: each.remaining_path for each in crates}
    by_name = {each.name: each for each in crates}
    pacing = Pacing(job.directory.pace, job.project.registry.rates, {each.name: each.action for each in crates})
    running: dict[Future[ObjectRecord], str] = {}
    started: set[str] = set()
    done: set[str] = set()
    with reading_back(job) as watch, ThreadPoolExecutor(job.project.registry.connections) as threads:
        while len(done) < len(graph):
            now = job.clock.now()
            following = pacing.next_starts(ready(graph, lengths, done, started), now)
            starting = following.start[: job.project.registry.connections - len(running)]
            pacing.started(starting, now)
            started.update(starting)
            for name in starting:
                running[threads.submit(publish_crate, job, by_name[name], digests[name])] = name
            assert running, "the profile limits the uploads"
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
                name = running.pop(future)
                pacing.ended(name, job.clock.now())
                done.add(name)
                watch.accepted(by_name[name], digests[name])
        watch.wait_for_the_rest()
    return time()
