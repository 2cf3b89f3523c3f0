"""The LSM smoke test: does the kernel deny what it is told to deny? By itself, or as part of a release."""

from __future__ import annotations

from prefect import flow

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.smoke.result import SmokeOutcome, record_of
from loadmaster.planning.smoke.style import When
from loadmaster.planning.smoke_worker import SmokePlace, may_be_skipped, offers_of
from loadmaster.run.allowed import require_allowed
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.logged import log_sent
from loadmaster.run.store import default_store
from loadmaster.smoke.request import SmokeRequest
from loadmaster.tasks import smoke as tasks


@flow(name="smoke", flow_run_name="smoke {request.subject}")
def smoke(request: SmokeRequest) -> SmokeOutcome:
    """Opens a file before, during and after it should be denied, beside a file that must stay open.

    Fails unless the denial was seen. With `best-effort`, a test that the host cannot make is skipped.
    """
    with log_sent():
        require_allowed(request, default_store())
        outcome = tasks.make_or_explain(request)
        tasks.show(request, outcome)
        tasks.require_passed(outcome, request.mode)
        return outcome


def test_if_due(job: Job, plan: ReleasePlan, journal: Journal, when: When) -> None:
    """Makes the release's own test, if its profile wants one now. Raises `SmokeNotPassed`, and what the test raises."""
    style = job.project.smoke
    if style is None or style.when is not when:
        return
    place, why = tasks.look_for_worker(job, offers_of(plan), style)
    skippable = may_be_skipped(style, in_this_world=job.world.may_skip_smoke)
    if place is SmokePlace.NOWHERE and skippable:
        journal.skip_smoke(why)
        return
    request = tasks.prepare(job, plan, style)
    outcome = tasks.run_on_pool(request) if place is SmokePlace.POOL else run_here(request)
    if skippable and not outcome.was_made:
        journal.skip_smoke(outcome.weakest.why)
        return
    journal.note(*record_of(outcome, style.mode))
    tasks.require_passed(outcome, style.mode)


def run_here(request: SmokeRequest) -> SmokeOutcome:
    """Makes the test in this process, as a child flow; its outcome is read from its artifact, as for a run on the pool.

    Raises the error of a test that has no outcome.
    """
    return tasks.outcome_left_by(smoke(request, return_state=True))
