"""The requests about runs and jobs: listed, shown, begun again, cancelled, and what they printed."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from loadmaster.rehearsal.forge.actions.job_logs import JobLogs
from loadmaster.rehearsal.forge.actions.playing import Player
from loadmaster.rehearsal.forge.actions.records import ActionsMemory, JobRecord, RunRecord
from loadmaster.rehearsal.forge.actions.shapes import job_json, run_json
from loadmaster.rehearsal.forge.actions.workflow_routes import WorkflowRoutes
from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.git_data import looking
from loadmaster.rehearsal.forge.memory.premises import Premises

READ, WRITE = Needed("actions", "read"), Needed("actions", "write")


class RunRoutes:
    def __init__(
        self, premises: Premises, memory: ActionsMemory, player: Player, logs: JobLogs, workflows: WorkflowRoutes
    ) -> None:
        self._premises, self._memory, self._player, self._logs = premises, memory, player, logs
        self._workflows = workflows

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        api = f"/repos/{self._premises.repository}/actions"
        run, job = f"{api}/runs/{{run:int}}", f"{api}/jobs/{{job:int}}"
        yield ForgeEndpoint("GET", f"{api}/workflows/{{workflow}}/runs", self._list_of_workflow, READ)
        yield ForgeEndpoint("GET", f"{api}/runs", self._list, READ)
        yield ForgeEndpoint("GET", run, self._show, READ)
        yield ForgeEndpoint("GET", f"{run}/attempts/{{attempt:int}}", self._show_attempt, READ)
        yield ForgeEndpoint("GET", f"{run}/jobs", self._list_jobs, READ)
        yield ForgeEndpoint("GET", f"{run}/attempts/{{attempt:int}}/jobs", self._list_jobs_of_attempt, READ)
        yield ForgeEndpoint("GET", job, self._show_job, READ)
        yield ForgeEndpoint("GET", f"{job}/logs", self._show_log, READ)
        yield ForgeEndpoint("DELETE", f"{run}/logs", self._drop_logs, WRITE)
        yield ForgeEndpoint("POST", f"{run}/rerun", self._rerun, WRITE, door="rerun")
        yield ForgeEndpoint("POST", f"{run}/rerun-failed-jobs", self._rerun_failed, WRITE, door="rerun")
        yield ForgeEndpoint("POST", f"{run}/cancel", self._cancel, WRITE)
        yield ForgeEndpoint("POST", f"{run}/force-cancel", self._force_cancel, WRITE)
        yield ForgeEndpoint("GET", "/storage/logs/{job:int}/{signature}", self._download_log, api=False)

    def visible(self) -> list[RunRecord]:
        """Newest first."""
        now = self._premises.now()
        return [each for each in self._memory.runs.all() if each.appears <= now]

    def require_run(self, asked: ForgeAsked) -> RunRecord:
        """Raises `ForgeProblem`."""
        found = next((each for each in self.visible() if each.id == asked.path["run"]), None)
        if found is None:
            raise not_found()
        return found

    def _json(self, asked: ForgeAsked, run: RunRecord) -> ForgeJson:
        commit = looking.commit(self._premises.remote, run.head_sha)
        return run_json(asked.at, run, commit, self._player.source(run))

    def _listed(self, asked: ForgeAsked, runs: list[RunRecord]) -> Response:
        wanted = {
            "head_sha": asked.query("head_sha"),
            "event": asked.query("event"),
            "head_branch": asked.query("branch"),
            "actor": asked.query("actor"),
        }
        status = asked.query("status")
        found = [
            run
            for run in runs
            if all(not value or getattr(run, name) == value for name, value in wanted.items())
            and (not status or status in (run.status, run.conclusion))
        ]
        return listed(asked, found, lambda each: self._json(asked, each), under="workflow_runs")

    def _list(self, asked: ForgeAsked) -> Response:
        return self._listed(asked, self.visible())

    def _list_of_workflow(self, asked: ForgeAsked) -> Response:
        path = self._workflows.require(asked).path
        return self._listed(asked, [each for each in self.visible() if each.path == path])

    def _show(self, asked: ForgeAsked) -> Response:
        return JSONResponse(self._json(asked, self.require_run(asked)))

    def _show_attempt(self, asked: ForgeAsked) -> Response:
        run, attempt = self.require_run(asked), asked.path["attempt"]
        if attempt == run.attempt:
            return JSONResponse(self._json(asked, run))
        jobs = self._memory.jobs_of(run, attempt)
        if not jobs:
            raise not_found()
        bad = any(job.conclusion in ("failure", "timed_out", "cancelled") for job in jobs)
        over = {"attempt": attempt, "status": "completed", "conclusion": "failure" if bad else "success"}
        return JSONResponse(self._json(asked, run.model_copy(update=over)))

    def _jobs(self, asked: ForgeAsked, run: RunRecord, jobs: tuple[JobRecord, ...]) -> Response:
        now = self._premises.now()
        return listed(asked, jobs, lambda each: job_json(asked.at, run, each, now), under="jobs")

    def _list_jobs(self, asked: ForgeAsked) -> Response:
        run = self.require_run(asked)
        everything = asked.query("filter") == "all"
        return self._jobs(asked, run, self._memory.all_jobs_of(run) if everything else self._memory.jobs_of(run))

    def _list_jobs_of_attempt(self, asked: ForgeAsked) -> Response:
        run, attempt = self.require_run(asked), asked.path["attempt"]
        if not 1 <= attempt <= run.attempt:
            raise not_found()
        return self._jobs(asked, run, self._memory.jobs_of(run, attempt))

    def _require_job(self, asked: ForgeAsked) -> tuple[RunRecord, JobRecord]:
        job = self._memory.jobs.get(asked.path["job"])
        run = self._memory.runs.get(job.run) if job else None
        if job is None or run is None:
            raise not_found()
        return run, job

    def _show_job(self, asked: ForgeAsked) -> Response:
        run, job = self._require_job(asked)
        return JSONResponse(job_json(asked.at, run, job, self._premises.now()))

    def _show_log(self, asked: ForgeAsked) -> Response:
        """Only of a job that is over; whoever has no token may not see any."""
        if asked.rights is None:
            raise ForgeProblem(403, "Must have admin rights to Repository.")
        _, job = self._require_job(asked)
        if job.logs_gone:
            raise ForgeProblem(410, "Gone")
        if not job.is_over or job.conclusion == "skipped":
            raise not_found()
        return RedirectResponse(f"{asked.at.base}/storage/logs/{job.id}/{self._logs.signature(job.id)}", 302)

    def _download_log(self, asked: ForgeAsked) -> Response:
        job = asked.path["job"]
        if asked.path["signature"] != self._logs.signature(job):
            raise not_found()
        return PlainTextResponse(self._logs.read(job))

    def _drop_logs(self, asked: ForgeAsked) -> Response:
        for job in self._memory.all_jobs_of(self.require_run(asked)):
            self._logs.drop(job.id)
            self._memory.jobs.put(job.model_copy(update={"logs_gone": True}))
        return Response(status_code=204)

    def _require_over(self, asked: ForgeAsked) -> RunRecord:
        run = self.require_run(asked)
        if run.status != "completed":
            raise ForgeProblem(403, "This workflow is already running")
        return run

    def _rerun(self, asked: ForgeAsked) -> Response:
        self._player.again(self._require_over(asked), only_failed=False)
        return JSONResponse({}, 201)

    def _rerun_failed(self, asked: ForgeAsked) -> Response:
        run = self._require_over(asked)
        if run.conclusion in ("success", "skipped"):
            raise ForgeProblem(403, "This workflow run cannot be retried")
        self._player.again(run, only_failed=True)
        return JSONResponse({}, 201)

    def _require_running(self, asked: ForgeAsked) -> RunRecord:
        run = self.require_run(asked)
        if run.status == "completed":
            raise ForgeProblem(409, "Cannot cancel a workflow run that is completed.")
        return run

    def _cancel(self, asked: ForgeAsked) -> Response:
        self._player.cancel(self._require_running(asked), force=False)
        return JSONResponse({}, 202)

    def _force_cancel(self, asked: ForgeAsked) -> Response:
        self._player.cancel(self._require_running(asked), force=True)
        return JSONResponse({}, 202)
