"""The release: look, decide, check, prepare, execute, verify. The table of contents of the whole product.

`carry_out` is the release itself, in whatever world the job names; `release` is what a person starts for the live one.
"""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows import smoke
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.gates import require_open
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.smoke.style import When
from loadmaster.planning.smoke_worker import offered_by
from loadmaster.planning.values.receipt import Receipt, ReceiptOutcome
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.live import live_job
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import default_store
from tasks import announce as execution
from tasks import permissions
from tasks import prepare as preparation
from tasks import publish as publishing
from tasks import verify as verification
from tasks.smoke import asked_before as who_can_smoke
from tasks.smoke import cancel_children


@flow(
    name="release",
    flow_run_name="release {request.project} {request.version}",
    on_cancellation=[cancel_children],
    on_crashed=[cancel_children],
)
def release(request: LiveRequest) -> Receipt:
    """Releases a project for real. Anything but a registry on loopback is refused until approvals exist."""
    store = default_store()
    directory = store.run(str(flow_run.id))
    with directory.locked():
        return carry_out(live_job(request, directory, store))


def carry_out(job: Job) -> Receipt:
    """Releases, or finishes what an earlier attempt began. The receipt is written in either case."""
    journal = Journal(job)
    try:
        _carry_out(job, journal)
    except LoadmasterError as error:
        verification.write_receipt(job, journal.receipt(ReceiptOutcome.FAILED, error), journal.plan)
        raise
    finally:
        publishing.let_go_of_tokens(job)
    receipt = journal.receipt(ReceiptOutcome.RELEASED)
    verification.write_receipt(job, receipt, journal.plan)
    return receipt


def _carry_out(job: Job, journal: Journal) -> None:
    seen = preparation.look(job)
    plan = preparation.decide(job, seen)
    journal.planned(plan, seen.toolchain)
    asking = permissions.begin(job, plan, seen)
    answers = preparation.check(job, seen, plan, preparation.judge_code(job, seen, plan))
    answers += permissions.asked_before(job, asking) + who_can_smoke(job, offered_by(plan))
    journal.checked(answers)
    require_open(answers)

    commit = preparation.commit(job, plan)
    journal.committed(commit)
    as_of = preparation.packaging_instant(job, plan, seen)
    journal.packaging(as_of)
    digests, out = preparation.package_all(job, plan, seen, commit, as_of)
    answers += permissions.asked_of_packaged(job, plan, digests)
    journal.checked(answers)
    require_open(answers)
    smoke.tested(job, plan, journal, When.BEFORE_PUBLISH)

    journal.note(execution.push_commit(job, plan, commit))
    for tag in plan.tags:
        journal.note(execution.push_tag(job, tag, commit))
    with verification.reading_back(job) as watch:
        crates = publishing.publish_all(job, plan, digests, out, watch.accepted)
        journal.note(*crates)
        publishing.require_published(crates)

        if plan.on_forge:
            for tag in plan.tags:
                announce(job, plan, tag, journal, commit)

        verification.read_back(watch)

    if plan.install:
        journal.note(verification.install(job, plan, plan.install))
    smoke.tested(job, plan, journal, When.AFTER_RELEASE)


def announce(job: Job, plan: ReleasePlan, tag: Tag, journal: Journal, commit: str) -> None:
    """The forge release of one tag: a draft, its assets, and last of all its publication."""
    drafted = execution.draft_release(job, tag, commit)
    for name, content in journal.assets(tag).items():
        journal.note(execution.upload_asset(job, drafted, name, content, plan.asset_id(tag, name)))
    journal.note(execution.publish_release(job, tag, drafted))
    journal.note(*verification.look_at_workflow_run(job, tag, commit))
