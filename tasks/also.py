"""What CI releases beside crates and assets: waited for after the run has ended, and installed as a user would."""

from __future__ import annotations

from datetime import timedelta

from loadmaster.errors.also import PackageNotThere
from loadmaster.errors.run import RunCancelled
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.also_released import AlsoReleased
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.steps import also as step
from loadmaster.tasks.policy import asks_the_world

PAUSE = timedelta(seconds=5)

look = asks_the_world("look for package", "look for {promised.name}")(step.look)
install = asks_the_world("install package", "install {promised.name}")(step.install)


def await_all(job: Job, plan: ReleasePlan, journal: Journal) -> None:
    """Waits for every package that the profile promises. Does nothing for a release with several versions.

    Raises `PackageNotThere`, `PackageWithdrawn`, and what looking raises.
    """
    for promised in _promised(job, plan):
        if (record := _await(job, promised, plan.version)) is not None:
            journal.note(record)


def install_all(job: Job, plan: ReleasePlan, journal: Journal) -> None:
    """Raises `PackageCheckFailed`."""
    for promised in _promised(job, plan):
        if (record := install(job, promised, plan.version)) is not None:
            journal.note(record)


def _promised(job: Job, plan: ReleasePlan) -> tuple[AlsoReleased, ...]:
    return job.project.also if len(plan.tags) == 1 and job.project.ci is not None and plan.on_forge else ()


def _await(job: Job, promised: AlsoReleased, version: str) -> ObjectRecord | None:
    ends = job.clock.now() + timedelta(seconds=promised.visible_within)
    while True:
        found = look(job, promised, version)
        if found is None:
            return None
        record, seen = found
        if seen.state is not ObjectState.ABSENT:
            return record
        if job.clock.now() >= ends:
            name = promised.job or (job.project.ci.workflow if job.project.ci else "CI")
            told = f"is over, and it has not come within {promised.visible_within:.0f} s"
            raise PackageNotThere(record.id, seen.lacks, name, told)
        if not job.outages.wait_until(job.clock.now() + PAUSE):
            raise RunCancelled
