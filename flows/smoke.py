"""The LSM smoke test: does the kernel deny what it is told to deny? By itself, or as part of a release."""

from __future__ import annotations

from prefect import flow

from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.smoke.result import SmokeOutcome, record_of
from loadmaster.planning.smoke.style import When
from loadmaster.planning.smoke_worker import SmokePlace, may_be_skipped, offers_of
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.smoke.request import SmokeRequest
from tasks import smoke as tasks


@flow(name="smoke", flow_run_name="smoke {request.subject}")
def smoke(request: SmokeRequest) -> SmokeOutcome:
    """Opens a file before, during and after something should deny it, beside one that must stay open.

    Fails unless the denial was seen, or the mode lets what the host cannot do be skipped.
    """
    outcome = tasks.make_or_explain(request)
    tasks.show(request, outcome)
    tasks.require_passed(outcome, request.mode)
    return outcome


def test_if_due(job: Job, plan: ReleasePlan, journal: Journal, when: When) -> None:
    """The release's own test, if its profile wants one now. Raises `SmokeNotPassed`, and what making it raises."""
    style = job.project.smoke
    if style is None or style.when is not when:
        return
    place, why = tasks.look_for_worker(job, offers_of(plan), style)
    skippable = may_be_skipped(style, in_this_world=job.world.may_skip_smoke)
    if place is SmokePlace.NOWHERE and skippable:
        journal.nobody_can_smoke(why)
        return
    request = tasks.prepare(job, plan, style)
    outcome = tasks.on_pool(request) if place is SmokePlace.POOL else in_this_process(request)
    if skippable and not outcome.was_made:
        journal.nobody_can_smoke(outcome.weakest.why)
        return
    journal.note(*record_of(outcome, style.mode))
    tasks.require_passed(outcome, style.mode)


def in_this_process(request: SmokeRequest) -> SmokeOutcome:
    """As a child all the same, whose outcome is read where one on the pool leaves it. Raises what kept it from one."""
    return tasks.outcome_left_by(smoke(request, return_state=True))
