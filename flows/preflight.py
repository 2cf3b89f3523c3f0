"""The preflight: look, decide, ask. It changes nothing, and needs no credential to look at the live registry."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from loadmaster.planning.gates import require_open
from loadmaster.planning.smoke_worker import offers_after_preflight
from loadmaster.run.allowed import require_allowed
from loadmaster.run.job import Job
from loadmaster.run.logged import log_sent
from loadmaster.run.preflight import PreflightReport, PreflightRequest, preflight_job, report_of
from loadmaster.run.store import default_store
from loadmaster.tasks import permissions, prepare
from loadmaster.tasks.credentials import credentials
from loadmaster.tasks.policy import wait_out
from loadmaster.tasks.smoke import ask_for_worker
from loadmaster.tasks.waiting import waits_of


@flow(name="preflight", flow_run_name="preflight {request.project} {request.version}")
def preflight(request: PreflightRequest) -> PreflightReport:
    """Asks whether a release could be published: owners, trusted publishing, tokens, limits, names, crates.io's rules.

    An answer that cannot be had is reported as unknown. Fails if a known answer prevents the release.
    """
    store = default_store()
    directory = store.run(f"preflight-{flow_run.id}")
    with directory.locked(), log_sent():
        require_allowed(request, store)
        job = wait_out(request.project, lambda: preflight_job(request, directory, store))
        with waits_of(job):
            return _ask(job)


def _ask(job: Job) -> PreflightReport:
    seen = prepare.look(job)
    plan = prepare.decide(job, seen, prepare.version_to_plan(job, seen))
    with credentials(job):
        facts = permissions.look(job, plan, seen, publishes=False)
    findings = (*permissions.check(facts), *permissions.check_unpackaged(job, plan, seen))
    permissions.show(job, findings)
    report = report_of(job, facts, findings, ask_for_worker(job, offers_after_preflight(plan)))
    require_open(report.gates)
    return report
