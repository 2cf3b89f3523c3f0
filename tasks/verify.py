"""Verification: read every crate back, install the binary as a user would, write the receipt."""

from __future__ import annotations

from contextlib import AbstractContextManager

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.files import DiskFull, NotWritten, ReceiptNotWritten
from loadmaster.planning import show
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.receipt import CrateReadBack, Receipt
from loadmaster.planning.way_on import out_text
from loadmaster.run import journal
from loadmaster.run.job import Job
from loadmaster.steps import verify, visibility
from loadmaster.tasks.policy import asks_the_world


def reading_back(job: Job) -> AbstractContextManager[visibility.Watch]:
    """Reads each crate back as soon as it is accepted. It is no task, because it runs beside the uploads."""
    return visibility.reading_back(job, get_run_logger().warning)


@asks_the_world("read back")
def read_back(job: Job, watch: visibility.Watch) -> tuple[CrateReadBack, ...]:
    return watch.wait_for_the_rest()


install = asks_the_world("install", "install {check.package}")(verify.install)


@task(name="write receipt", task_run_name="write receipt", cache_policy=NO_CACHE)
def write_receipt(job: Job, receipt: Receipt, plan: ReleasePlan | None) -> None:
    """Writes the file and makes the artifact; the one does not need the other."""
    try:
        journal.write_receipt(job.directory, receipt)
        get_run_logger().info("receipt: %s", job.directory.receipt)
    finally:
        create_markdown_artifact(
            key=artifact_key(job.project.name, "receipt"),
            markdown=show.receipt_markdown(receipt, plan, str(job.world.directory)),
            description=show.receipt_title(receipt),
        )


def write_receipt_of_failure(job: Job, receipt: Receipt, plan: ReleasePlan | None) -> None:
    """A receipt that cannot be written is a warning: it must not hide why the release stopped."""
    state = write_receipt(job, receipt, plan, return_state=True)
    failure = state.result(raise_on_failure=False)
    if isinstance(failure, BaseException):
        says = failure.what if isinstance(failure, LoadmasterError) else failure
        get_run_logger().warning("the receipt was not written: %s By then: %s.", says, out_text(receipt))


def write_receipt_of_release(job: Job, receipt: Receipt, plan: ReleasePlan | None) -> None:
    """Raises `ReceiptNotWritten`, which says that the release is complete."""
    try:
        write_receipt(job, receipt, plan)
    except (DiskFull, NotWritten) as failure:
        raise ReceiptNotWritten(receipt.project, receipt.version, str(job.directory.receipt), failure.what) from failure
