"""A release that crates.io's limits slow down: 45 updates and 7 new crates with a user's token, on a fast clock.

Prefect, the scheduler, the uploads and the registry's buckets are the real ones; only the seconds are shorter. It runs as a
program of its own, because Prefect reads its settings once: `python -m bench.limited DIRECTORY PROFILE`, with the token in the
environment.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from bench.bare import publish_all
from bench.figures import Limited
from bench.workspace import RATE_LIMITED, VERSION, crates_of
from loadmaster.clients.serving import serving
from loadmaster.credentials.given import hold
from loadmaster.planning.plan import Crate, ReleasePlan, plan_release
from loadmaster.planning.profile.secret_variables import TOKEN_VARIABLE
from loadmaster.planning.registry.seen import RegistrySeen
from loadmaster.rehearsal.registry import NO_LIMITS, Limits, Registry, Service, new_token
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.live import live_job
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import Store, default_store
from loadmaster.run.world_clock import WorldClock
from loadmaster.steps import look as looking
from loadmaster.steps import prepare
from loadmaster.tasks.credentials import credentials
from loadmaster.tasks.publish import publish_all as publish_as_released
from loadmaster.tasks.publish import require_published

NEW = 7
SPEED = 60.0
ENDLESS = 1_000_000
SERVICE = Service(upload=1.0, visible=5.0)
"""The service times that a plan's forecast assumes."""


def main(directory: Path, profile: str) -> Limited:
    store = default_store()
    edges = RATE_LIMITED.edges("limited")
    existing = frozenset(sorted(edges)[:-NEW])  # the last ones: nothing needs them
    with _serve(directory, NO_LIMITS, Service(), WorldClock(datetime.now(UTC))) as index:
        old = _lift_limits(_job(index, profile, VERSION, store))
        looking.check_out(old)
        digests = prepare.package(
            old, dict.fromkeys(sorted(existing), VERSION), "old", RegistrySeen(crates={}), old.pinned.as_of
        )
        publish_all(old, crates_of({name: edges[name] for name in sorted(existing)}, VERSION), digests)
    clock = WorldClock(datetime.now(UTC), SPEED)
    with _serve(directory, Limits(), SERVICE, clock) as index:
        job = replace(_job(index, profile, "minor", store), clock=clock)
        plan, digests = _prepare(job)
        publish(job, plan, digests)
    return _figures(Registry(directory), plan, existing)


@contextmanager
def _serve(directory: Path, limits: Limits, service: Service, clock: WorldClock) -> Iterator[str]:
    registry = Registry(directory, limits=limits, service=service, clock=clock.now, sleep=clock.sleep)
    registry.add_account("bench")
    token = new_token()
    hold({TOKEN_VARIABLE: token})
    registry.add_token("bench", token)
    with serving(registry.app()) as address:
        yield f"sparse+{address}/index/"


def _job(index: str, profile: str, version: str, store: Store) -> Job:
    request = LiveRequest(project=profile, version=version, registry=index, forge="none")
    return live_job(request, store.run(f"{profile}-{version}"), store)


def _lift_limits(job: Job) -> Job:
    registry = job.project.registry.model_copy(update={"new_burst": ENDLESS, "update_burst": ENDLESS})
    return replace(job, project=job.project.model_copy(update={"registry": registry}))


def _prepare(job: Job) -> tuple[ReleasePlan, dict[str, str]]:
    seen = looking.look(job)
    plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
    prepare.commit(job, plan)
    return plan, prepare.package(job, plan.versions, seen.source.tree, seen.registry, job.pinned.as_of)


def not_read_back(_crate: Crate, _checksum: str) -> None:
    """An `Accepted` that reads nothing back: the registry's log shows the end."""


def publish(job: Job, plan: ReleasePlan, digests: dict[str, str]) -> None:
    @flow(name="bench limited")
    def run() -> None:  # without parameters: they would be sent to the server
        with credentials(job):
            require_published(publish_as_released(job, plan, digests, frozenset(), Journal(job).note, not_read_back))

    run()


def _figures(registry: Registry, plan: ReleasePlan, existing: Collection[str]) -> Limited:
    uploads = [upload for upload in registry.uploads() if plan.versions.get(upload.crate) == upload.version]
    accepted = [upload for upload in uploads if upload.status == 200]
    between = (accepted[-1].at - accepted[0].at).total_seconds()
    refused = [upload.crate in existing for upload in uploads if upload.status == 429]
    return Limited(
        predicted=plan.forecast.seconds,
        actual=SERVICE.upload + between + SERVICE.visible,
        uploads=len(accepted),
        refused={"updates": sum(refused), "new crates": len(refused) - sum(refused)},
    )


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]).model_dump_json())
