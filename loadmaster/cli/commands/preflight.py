"""The preflight alone, without Prefect: looks, decides, asks the registry and the packaged crates, and changes nothing."""

from __future__ import annotations

import uuid

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.show import permissions_text
from loadmaster.planning.plan import plan_release
from loadmaster.planning.show import gates_text
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.run.preflight import PreflightReport, PreflightRequest, preflight_job, report_of
from loadmaster.run.store import Store
from loadmaster.smoke.steps.of_release import ask_for_worker_without_prefect
from loadmaster.steps import permissions
from loadmaster.steps.look import look


def preflight_here(request: PreflightRequest, store: Store) -> PreflightReport:
    """Raises what looking and planning raise. What the registry does not answer is part of the report."""
    directory = store.run(f"preflight-{uuid.uuid4()}")
    try:
        job = preflight_job(request, directory, store)
        seen = look(job)
        plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
        with hold_tokens(job):
            facts = permissions.look_at_permissions(job, plan, seen.workspace, seen.registry, publishes=False)
        findings = (*ask(facts), *permissions.judge_unpackaged(job, plan, seen))
        return report_of(job, facts, findings, ask_for_worker_without_prefect(job, plan))
    finally:
        directory.remove()


def report_text(report: PreflightReport) -> str:
    lines = [f"{report.project} {report.version} at {report.registry}"]
    if report.asked_seconds:
        lines.append(f"  its web API was asked once a second, for about {report.asked_seconds:.0f} s")
    outcome = "nothing known stands in the way" if report.is_open else "a release would not start"
    smoke = gates_text(answer for answer in report.gates if answer.gate == SMOKE_WORKER)
    return "\n".join([*lines, permissions_text(report.findings), f"{smoke}  {outcome}", ""])
