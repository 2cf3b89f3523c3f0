"""The preflight alone, without a flow: looks, decides, asks the registry and the packaged crates, and changes nothing.

It needs Prefect's server only for a Secret block that the profile or the request names.
"""

from __future__ import annotations

import uuid

from loadmaster.credentials.sources import ReadBlock
from loadmaster.credentials.tokens import hold_tokens
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.credentials import SecretBlockMissing, SecretBlockUnread
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.show import permissions_text
from loadmaster.planning.plan import plan_release
from loadmaster.planning.show import gates_text
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import Outcome
from loadmaster.run.preflight import PreflightReport, PreflightRequest, preflight_job, report_of
from loadmaster.run.store import Store
from loadmaster.smoke.steps.of_release import ask_for_worker_without_prefect
from loadmaster.steps import permissions, prepare
from loadmaster.steps.changes.survey import look_at_changes, request_of
from loadmaster.steps.look import look


def preflight_here(request: PreflightRequest, store: Store, read_block: ReadBlock) -> PreflightReport:
    """Raises what looking and planning raise. What the registry or Prefect's server does not answer is part of the report."""
    directory = store.run(f"preflight-{uuid.uuid4()}")
    try:
        job = preflight_job(request, directory, store)
        seen = look(job)
        version = prepare.known_version(job, seen) or request_of(job, look_at_changes(job, seen))
        plan = plan_release(seen, job.project, version, job.pinned.today)
        with hold_tokens(job, _read_or_unread(read_block)):
            facts = permissions.look_at_permissions(job, plan, seen.workspace, seen.registry, publishes=False)
        findings = (*ask(facts), *permissions.judge_unpackaged(job, plan, seen))
        return report_of(job, facts, findings, ask_for_worker_without_prefect(job, plan))
    finally:
        directory.remove()


def _read_or_unread(read_block: ReadBlock) -> ReadBlock:
    """Reads a block, and takes every other failure for one that could not be read: it is no answer that there is none."""

    def read(name: str) -> str:
        try:
            return read_block(name)
        except (SecretBlockMissing, SecretBlockUnread):
            raise
        except LoadmasterError as error:
            raise SecretBlockUnread(name, error.what) from error

    return read


def report_text(report: PreflightReport) -> str:
    lines = [f"{report.project} {report.version} at {report.registry}"]
    if report.asked_seconds:
        lines.append(f"  its web API was asked once a second, for about {report.asked_seconds:.0f} s")
    unanswered = sum(finding.outcome is Outcome.COULD_NOT_CHECK for finding in report.findings)
    outcome = "nothing known stands in the way" if report.is_open else "a release would not start"
    outcome += f"; {unanswered} questions are open" if unanswered else ""
    smoke = gates_text(answer for answer in report.gates if answer.gate == SMOKE_WORKER)
    return "\n".join([*lines, permissions_text(report.findings), f"{smoke}  {outcome}", ""])
