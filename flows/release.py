"""The release: look, decide, check, prepare, execute, verify. The table of contents of the whole product.

`carry_out` is the release itself, in whatever world the job names; `release` is what a person starts for the live one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from prefect import flow
from prefect.runtime import flow_run

from loadmaster.errors.run import known
from loadmaster.flows import smoke
from loadmaster.planning.forge.releases import ForgeRelease
from loadmaster.planning.gates import require_open
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, ReleasePlan, Tag
from loadmaster.planning.profile.ci_style import Publisher
from loadmaster.planning.progress.notes import Phase
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.smoke.style import When
from loadmaster.planning.smoke_worker import offers_of
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import THERE
from loadmaster.run.allowed import require_allowed
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.live import live_job
from loadmaster.run.logged import keep_log, log_sent
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import default_store
from loadmaster.tasks import also, announce, ci, commands, landing, permissions, prepare, publish, verify
from loadmaster.tasks.credentials import credentials
from loadmaster.tasks.cut import write_receipt_of_cut
from loadmaster.tasks.policy import wait_out
from loadmaster.tasks.smoke import ask_for_worker, cancel_children
from loadmaster.tasks.waiting import waits_of


@flow(
    name="release",
    flow_run_name="release {request.project} {request.version}",
    on_cancellation=[cancel_children, write_receipt_of_cut],
    on_crashed=[cancel_children, write_receipt_of_cut],
)
def release(request: LiveRequest) -> Receipt:
    """Releases a project for real. Until approvals exist, every registry is refused except one on loopback."""
    store = default_store()
    directory = store.run(str(flow_run.id))
    with directory.locked(), log_sent():
        keep_log(directory)
        require_allowed(request, store)
        return carry_out(wait_out(request.project, lambda: live_job(request, directory, store)))


class Ready(NamedTuple):
    """What is packaged, and not pushed yet."""

    plan: ReleasePlan
    seen: Seen
    commit: str
    as_of: datetime
    """The instant as of which it was packaged."""
    digests: Mapping[str, str]
    """SHA-256 by crate."""
    published: Collection[str]
    """The crates that are on the registry already."""


def carry_out(job: Job) -> Receipt:
    """Releases, or finishes what an earlier attempt began. The receipt is written in either case."""
    journal = Journal(job)
    try:
        with credentials(job), waits_of(job):
            ready = _prepare(job, journal)
            _publish(job, ready, journal)
            _verify(job, ready.plan, journal)
    except Exception as error:
        verify.write_receipt_of_failure(job, journal.receipt(ReceiptOutcome.FAILED, known(error)), journal.plan)
        raise
    receipt = journal.receipt(ReceiptOutcome.RELEASED)
    verify.write_receipt_of_release(job, receipt, journal.plan)
    return receipt


def _prepare(job: Job, journal: Journal) -> Ready:
    """Looks, decides, checks and packages. Changes nothing outside the run's directory."""
    seen = prepare.look(job)
    journal.begin(Phase.DECIDE)
    draft = prepare.decide(job, seen, prepare.version_to_plan(job, seen))
    journal.note_draft(draft, seen.toolchain)
    plan = commands.carry_out(job, seen, draft, journal.note_command)
    journal.note_plan(plan, seen.toolchain)
    journal.begin(Phase.CHECK)
    asking = permissions.begin(job, plan, seen)
    answers = prepare.check(job, seen, plan, prepare.judge_code(job, seen, plan))
    answers += permissions.gate_answers(job, plan, asking) + ask_for_worker(job, offers_of(plan))
    journal.note_gates(answers)
    require_open(answers)

    journal.begin(Phase.PREPARE)
    commit = prepare.commit(job, plan)
    journal.note_commit(commit)
    as_of = prepare.packaging_instant(job, plan, seen)
    journal.note_packaging(as_of)
    digests, published = prepare.package_all(job, plan, seen, commit, as_of)
    answers += prepare.check_packaged(job, seen, plan, digests) + permissions.crate_rule_answers(job, plan, digests)
    journal.note_gates(answers)
    require_open(answers)
    smoke.test_if_due(job, plan, journal, When.BEFORE_PUBLISH)
    return Ready(plan, seen, commit, as_of, digests, published)


def _publish(job: Job, ready: Ready, journal: Journal) -> None:
    """Commit, tags, crates, and at last the announcement: nobody is told of a crate that was not read back."""
    plan = ready.plan
    journal.begin(Phase.EXECUTE)
    commit = landing.land(job, plan, ready.commit, journal)
    if commit != ready.commit:  # a pull request made another commit of it, which the crates name
        digests = prepare.package_landed(job, plan, ready.seen, commit, ready.as_of)
        ready = ready._replace(commit=commit, digests=digests)
    for tag in plan.tags:
        journal.note(publish.push_tag(job, tag, commit))
    runs = ci.runs_of(job, plan, commit, journal)
    with verify.reading_back(job) as watch:
        if plan.publisher is Publisher.DIRECT or runs is None:
            crates = publish.publish_all(job, plan, ready.digests, ready.published, journal, watch.expect)
        else:
            crates = _published_by_ci(job, ready, journal, runs, watch.expect)
        journal.note(*crates)
        publish.require_published(crates)
        # While the index catches up. Nobody sees a draft. Where CI makes one, it is there first.
        drafts = _draft(job, plan, commit, journal) if runs is None else []
        journal.note_read_back(verify.read_back(job, watch))
    if runs is not None:
        journal.note(*runs.await_end())
        also.await_all(job, plan, journal)
        drafts = _draft(job, plan, commit, journal)
    for tag, draft in drafts:
        receipt, noted_as = journal.receipt_so_far(), plan.asset_id(tag, RECEIPT)
        journal.note(announce.upload_asset(job, draft, RECEIPT, receipt, noted_as))
        journal.note(announce.publish_release(job, tag, draft, journal.asset_digests(tag)))


def _published_by_ci(
    job: Job, ready: Ready, journal: Journal, runs: ci.CiRuns, on_accepted: publish.Accepted
) -> tuple[ObjectRecord, ...]:
    """Each crate that CI published; by us, too, what its run left out, if the profile allows it."""
    plan, _, _, _, digests, published = ready
    crates = ci.await_crates(job, plan, runs, digests, published, journal, on_accepted)
    there = [crate.name for crate, record in zip(plan.crates, crates, strict=True) if record.state in THERE]
    if len(there) == len(crates) or runs.unsuccessful is None:
        return crates
    if not runs.falls_back:
        raise runs.failure(runs.unsuccessful)
    return publish.publish_all(job, plan, digests, there, journal, on_accepted)


def _draft(job: Job, plan: ReleasePlan, commit: str, journal: Journal) -> list[tuple[Tag, ForgeRelease]]:
    """A draft for each tag, or the release that is there, with the checksums; the assets that CI uploaded are checked."""
    drafts = [(tag, announce.draft_release(job, tag, commit)) for tag in plan.tags if plan.on_forge]
    for tag, draft in drafts:
        journal.note(*announce.check_promised(job, plan, tag, draft))
        sums, noted_as = journal.checksums(tag), plan.asset_id(tag, CHECKSUMS)
        journal.note(announce.upload_asset(job, draft, CHECKSUMS, sums, noted_as))
    return drafts


def _verify(job: Job, plan: ReleasePlan, journal: Journal) -> None:
    """As a user would."""
    journal.begin(Phase.VERIFY)
    if plan.install:
        journal.note(verify.install(job, plan, plan.install))
    also.install_all(job, plan, journal)
    smoke.test_if_due(job, plan, journal, When.AFTER_RELEASE)
