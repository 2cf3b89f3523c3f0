"""The plan alone: looks as a rehearsal would, decides, checks, and leaves nothing behind."""

from __future__ import annotations

import uuid

from loadmaster.job import Job
from loadmaster.journal import Journal
from loadmaster.planning.gate import Outcome
from loadmaster.planning.plan import ReleasePlan, outstanding, plan_release
from loadmaster.planning.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.seen import Lint
from loadmaster.planning.value import Value
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.steps.check import check
from loadmaster.steps.look import look
from loadmaster.store import Store

NOT_RUN = Lint(ran=False, why="a plan does not build; the rehearsal runs clippy")


class Planned(Value):
    release: ReleasePlan
    receipt: Receipt
    """With the gates' answers: `planned` if nothing would stop the release, else `failed`."""
    outstanding: tuple[str, ...]
    """What the world does not have yet; () for a release that is out."""


def planned(request: RehearseRequest, store: Store) -> Planned:
    """Raises what looking and planning raise."""
    directory = store.run(f"plan-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _plan(job)
    finally:
        directory.remove()


def _plan(job: Job) -> Planned:
    journal, seen = Journal(job), look(job)
    plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
    journal.planned(plan, seen.toolchain)
    journal.checked(check(job, seen, plan, NOT_RUN))
    failed = any(each.outcome is Outcome.FAIL for each in journal.gates)
    receipt = journal.receipt(ReceiptOutcome.FAILED if failed else ReceiptOutcome.PLANNED)
    return Planned(release=plan, receipt=receipt, outstanding=outstanding(plan, seen))
