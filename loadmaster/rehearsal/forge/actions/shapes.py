"""The shapes of workflows, runs, jobs and environments."""

from __future__ import annotations

from urllib.parse import quote
from zlib import crc32

from loadmaster.rehearsal.forge.actions.records import JobRecord, RunRecord
from loadmaster.rehearsal.forge.actions.workflow_file import WorkflowSource
from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson
from loadmaster.rehearsal.forge.front.repository_shape import CREATED, repository_in_brief
from loadmaster.rehearsal.forge.git_data.looking import CommitSeen
from loadmaster.rehearsal.forge.git_data.shapes import commit_in_brief
from loadmaster.rehearsal.forge.memory.premises import stamp, stamp_or_none


def workflow_number(path: str) -> int:
    """The id of a workflow: the same in every world."""
    return crc32(path.encode())


def workflow_json(at: Addresses, path: str, name: str, *, disabled: bool = False) -> ForgeJson:
    number = workflow_number(path)
    return {
        "id": number,
        "node_id": node_id("Workflow", number),
        "name": name,
        "path": path,
        "state": "disabled_manually" if disabled else "active",
        "created_at": CREATED,
        "updated_at": CREATED,
        "url": f"{at.api}/actions/workflows/{number}",
        "html_url": f"{at.pages}/blob/main/{path}",
        "badge_url": f"{at.pages}/workflows/{quote(name)}/badge.svg",
    }


def run_json(at: Addresses, run: RunRecord, commit: CommitSeen, source: WorkflowSource) -> ForgeJson:
    here, workflow = f"{at.api}/actions/runs/{run.id}", workflow_number(run.path)
    person = person_json(at, run.actor)
    before = f"{here}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
    called = sorted({job.uses for job in source.jobs if job.uses is not None})
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WorkflowRun", run.id),
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": run.path,
        "display_title": run.title,
        "run_number": run.number,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow,
        "check_suite_id": run.id,
        "check_suite_node_id": node_id("CheckSuite", run.id),
        "url": here,
        "html_url": f"{at.pages}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": stamp(run.created),
        "updated_at": stamp(run.updated),
        "actor": person,
        "run_attempt": run.attempt,
        "referenced_workflows": [_referenced(at, run, each) for each in called],
        "run_started_at": stamp(run.started),
        "triggering_actor": person,
        "jobs_url": f"{here}/jobs",
        "logs_url": f"{here}/logs",
        "check_suite_url": f"{at.api}/check-suites/{run.id}",
        "artifacts_url": f"{here}/artifacts",
        "cancel_url": f"{here}/cancel",
        "rerun_url": f"{here}/rerun",
        "previous_attempt_url": before,
        "workflow_url": f"{at.api}/actions/workflows/{workflow}",
        "head_commit": commit_in_brief(commit),
        "repository": repository_in_brief(at),
        "head_repository": repository_in_brief(at),
    }


def job_json(at: Addresses, run: RunRecord, job: JobRecord, now: float) -> ForgeJson:
    runs = job.started is not None and job.conclusion != "skipped"
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.name,
        "head_branch": run.head_branch,
        "run_url": f"{at.api}/actions/runs/{run.id}",
        "run_attempt": job.attempt,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.head_sha,
        "url": f"{at.api}/actions/jobs/{job.id}",
        "html_url": f"{at.pages}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": stamp(job.created),
        "started_at": stamp(job.started or job.created),
        "completed_at": stamp_or_none(job.completed),
        "name": job.name,
        "steps": _steps(job, now),
        "check_run_url": f"{at.api}/check-runs/{job.id}",
        "labels": list(job.labels),
        "runner_id": 1 if runs else None,
        "runner_name": "GitHub Actions 1" if runs else None,
        "runner_group_id": 0 if runs else None,
        "runner_group_name": "GitHub Actions" if runs else None,
    }


def environment_json(at: Addresses, name: str, number: int, reviewers: tuple[str, ...]) -> ForgeJson:
    required = {
        "id": number,
        "node_id": node_id("Gate", number),
        "prevent_self_review": False,
        "type": "required_reviewers",
        "reviewers": reviewers_json(at, reviewers),
    }
    return environment_in_brief(at, name, number) | {
        "created_at": CREATED,
        "updated_at": CREATED,
        "protection_rules": [required] if reviewers else [],
        "deployment_branch_policy": None,
    }


def environment_in_brief(at: Addresses, name: str, number: int) -> ForgeJson:
    return {
        "id": number,
        "node_id": node_id("Environment", number),
        "name": name,
        "url": f"{at.api}/environments/{quote(name, safe='')}",
        "html_url": f"{at.pages}/deployments/activity_log?environments_filter={quote(name, safe='')}",
    }


def reviewers_json(at: Addresses, reviewers: tuple[str, ...]) -> list[ForgeJson]:
    return [{"type": "User", "reviewer": person_json(at, each)} for each in reviewers]


def deployment_json(at: Addresses, run: RunRecord, job: JobRecord) -> ForgeJson:
    here = f"{at.api}/deployments/{job.id}"
    return {
        "url": here,
        "id": job.id,
        "node_id": node_id("Deployment", job.id),
        "task": "deploy",
        "original_environment": job.environment,
        "environment": job.environment,
        "description": None,
        "created_at": stamp(job.created),
        "updated_at": stamp(run.updated),
        "statuses_url": f"{here}/statuses",
        "repository_url": at.api,
        "creator": person_json(at, run.actor),
        "sha": run.head_sha,
        "ref": run.head_branch,
        "payload": {},
        "transient_environment": False,
        "production_environment": False,
        "performed_via_github_app": None,
    }


def _referenced(at: Addresses, run: RunRecord, uses: str) -> ForgeJson:
    """`./.github/workflows/x.yml` of this repository, or `OWNER/NAME/.github/workflows/x.yml@REF` of another."""
    if uses.startswith("./"):
        return {"path": f"{at.repository}/{uses[2:]}@{run.ref}", "sha": run.head_sha, "ref": run.ref}
    return {"path": uses, "sha": "0" * 40}


def _steps(job: JobRecord, now: float) -> list[ForgeJson]:
    shown = []
    for step in job.steps:
        begun = step.begins is not None and (step.begins <= now or job.is_over)
        over = job.is_over or (step.ends is not None and step.ends <= now)
        conclusion = (step.conclusion or "success") if over else None
        status = "completed" if over else "in_progress" if begun else "queued"
        shown.append(
            {
                "name": step.name,
                "status": status,
                "conclusion": conclusion,
                "number": step.number,
                "started_at": stamp_or_none(step.begins) if begun else None,
                "completed_at": stamp_or_none(step.ends or job.completed) if over else None,
            }
        )
    return shown
