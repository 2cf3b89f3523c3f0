"""The plan alone: looks as a rehearsal would, decides, checks, and leaves nothing behind."""

from __future__ import annotations

import uuid

from loadmaster.job import Job
from loadmaster.journal import Journal
from loadmaster.planning.gate import Outcome
from loadmaster.planning.gates import check
from loadmaster.planning.gates.evidence import Evidence
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.receipt import Receipt, ReceiptOutcome
from loadmaster.planning.seen import Lint
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.steps.look import look
from loadmaster.store import Store

NOT_RUN = Lint(ran=False, why="a plan does not build; the rehearsal runs clippy")


def planned(request: RehearseRequest, store: Store) -> tuple[ReleasePlan, Receipt]:
    """The plan, and a receipt with the gates' answers: `planned` if nothing would stop it, else `failed`."""
    directory = store.run(f"plan-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _plan(job)
    finally:
        directory.remove()


def _plan(job: Job) -> tuple[ReleasePlan, Receipt]:
    journal, seen = Journal(job), look(job)
    plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
    journal.planned(plan, seen.toolchain)
    journal.checked(check(Evidence(seen=seen, plan=plan, project=job.project, lint=NOT_RUN)))
    failed = any(each.outcome is Outcome.FAIL for each in journal.gates)
    return plan, journal.receipt(ReceiptOutcome.FAILED if failed else ReceiptOutcome.PLANNED)
