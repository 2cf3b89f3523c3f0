"""Verification: read every crate back, install the binary as a user would, write the receipt."""

from __future__ import annotations

from contextlib import AbstractContextManager

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from loadmaster.planning import show
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.profile.project import Install
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.receipt import CrateReadBack, ObjectRecord, Receipt
from loadmaster.run import journal
from loadmaster.run.job import Job
from loadmaster.steps import announce, verify, visibility
from tasks.policy import Stopwatch, asks_the_world


def reading_back(job: Job) -> AbstractContextManager[visibility.Watch]:
    """Reads each crate back as soon as it is accepted. It is no task, because it runs beside the uploads."""
    return visibility.reading_back(job, get_run_logger().warning)


@asks_the_world("read back")
def read_back(watch: visibility.Watch) -> tuple[CrateReadBack, ...]:
    return watch.wait_for_the_rest()


@asks_the_world("install", "install {check.package}")
def install(job: Job, plan: ReleasePlan, check: Install) -> ObjectRecord:
    watch = Stopwatch()
    return watch.stamp(verify.install(job, plan, check))


@asks_the_world("look at workflow run")
def look_at_workflow_run(job: Job, tag: Tag, commit: str) -> tuple[ObjectRecord, ...]:
    """The workflow run that the tag started, in its present state; () if no workflow runs on tags."""
    record = announce.workflow_run(job, tag, commit)
    return () if record is None else (record,)


@task(name="write receipt", task_run_name="write receipt", cache_policy=NO_CACHE)
def write_receipt(job: Job, receipt: Receipt, plan: ReleasePlan | None) -> None:
    journal.write_receipt(job.directory, receipt)
    create_markdown_artifact(
        key=artifact_key(job.project.name, "receipt"),
        markdown=show.receipt_markdown(receipt, plan, str(job.world.directory)),
        description=show.receipt_title(receipt),
    )
    get_run_logger().info("receipt: %s", job.directory.receipt)
