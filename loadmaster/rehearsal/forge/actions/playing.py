"""Plays runs: takes each unfinished run on to the present instant, job by job, and lets jobs work that do more than play.

Everything that it decides is kept at once, so that a world that is opened again continues. A job that worked when its world was
killed begins again; what it does asks first what is there.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from typing import Any

from loadmaster.planning.profile.rehearsed_job import RehearsedJob
from loadmaster.rehearsal.forge.actions.expressions import Circumstances, ConditionVerdict, holds
from loadmaster.rehearsal.forge.actions.job_logs import JobLogs
from loadmaster.rehearsal.forge.actions.records import (
    ActionsMemory,
    ApprovalRecord,
    JobRecord,
    RunRecord,
    StepRecord,
)
from loadmaster.rehearsal.forge.actions.workflow_file import JobSource, WorkflowSource
from loadmaster.rehearsal.forge.actions.workflow_files import workflow_at
from loadmaster.rehearsal.forge.actions.works import JobTask, JobWork, PlayedWorkflow, WorkFailed
from loadmaster.rehearsal.forge.memory.premises import Premises
from loadmaster.rehearsal.forge_scenario import PlayedJob

USUAL_SECONDS = 1.0
"""How long a job takes of which nobody says anything."""
_LOOKS = 0.1
"""Real seconds between two looks whether a job may begin its work."""
_BAD = ("failure", "cancelled", "timed_out")


class Player:
    def __init__(
        self,
        premises: Premises,
        memory: ActionsMemory,
        logs: JobLogs,
        *,
        jobs: tuple[RehearsedJob, ...],
        variables: Mapping[str, str],
        dispatched: PlayedWorkflow | None,
    ) -> None:
        """`jobs` is what the profile says of them; `dispatched` what a dispatched workflow comes to, if somebody says so."""
        self._premises, self._memory, self._logs = premises, memory, logs
        self._jobs = {each.name: each for each in jobs}
        self._variables, self._dispatched = variables, dispatched
        self._works: Mapping[str, JobWork] = {}
        self._tasks: dict[int, tuple[threading.Thread, JobTask]] = {}
        self._open = False
        self._idle = False

    def open(self, works: Mapping[str, JobWork]) -> None:
        """From now on jobs may work."""
        self._works, self._open, self._idle = works, True, False

    def close(self) -> None:
        """Ends all that works here. It is not over: it begins again when the world is opened again."""
        with self._premises.lock:
            self._open = False
            tasks = tuple(self._tasks.values())
        for _, task in tasks:
            task.stop()
        for thread, _ in tasks:
            thread.join(timeout=10)

    def wake(self) -> None:
        """There may be something to do."""
        self._idle = False

    def advance(self) -> None:
        """Whoever calls it holds the lock."""
        if self._idle:
            return
        unfinished = [run for run in reversed(self._memory.runs.all()) if run.status != "completed"]
        for run in unfinished:
            self._advance(run)
        self._idle = not unfinished

    def source(self, run: RunRecord) -> WorkflowSource:
        return workflow_at(self._premises.remote, run.head_sha, run.path)

    def cancel(self, run: RunRecord, *, force: bool) -> None:
        """Ends its jobs; those that run whatever happens go on, unless `force`."""
        now = self._premises.now()
        self._memory.runs.put(run.model_copy(update={"cancelled": True, "updated": now}))
        for job in self._memory.jobs_of(run):
            spared = not force and "always()" in (self._source_of(run, job.key).condition or "")
            if not job.is_over and not spared:
                self._logs.tell(job.id, ["##[error]The operation was canceled."])
                self._finish(job, "cancelled", now)
                if (working := self._tasks.get(job.id)) is not None:
                    working[1].stop()
        self.wake()

    def again(self, run: RunRecord, *, only_failed: bool) -> None:
        """A new attempt. With `only_failed` the jobs that went well are taken over."""
        now = self._premises.now()
        before = self._memory.jobs_of(run)
        attempt = run.attempt + 1
        if only_failed:
            failed = {job.key for job in before if job.conclusion in _BAD}
            anew = failed | _dependents(self.source(run), failed)
            for job in before:
                if job.key not in anew:
                    taken = job.model_copy(update={"attempt": attempt})

                    def add(identity: int, taken: JobRecord = taken) -> JobRecord:
                        return taken.model_copy(update={"id": identity})

                    copied = self._memory.jobs.add(add)
                    if self._logs.place(job.id).exists():
                        shutil.copyfile(self._logs.place(job.id), self._logs.place(copied.id))
        begun = {"attempt": attempt, "status": "queued", "conclusion": None, "started": now, "updated": now}
        self._memory.runs.put(run.model_copy(update={**begun, "cancelled": False}))
        self.wake()

    def decide(self, run: RunRecord, names: tuple[str, ...], state: Any, comment: str, login: str) -> list[JobRecord]:
        """A reviewer's word to the jobs that wait for these environments. Returns those jobs."""
        now = self._premises.now()
        waiting = [job for job in self._memory.jobs_of(run) if job.status == "waiting" and job.environment in names]
        self._memory.approvals.add(
            lambda identity: ApprovalRecord(
                id=identity, run=run.id, environments=names, state=state, comment=comment, login=login, at=now
            )
        )
        for job in waiting:
            if state == "approved":
                self._memory.jobs.put(job.model_copy(update={"approved": True, "status": "queued"}))
            else:
                self._logs.tell(
                    job.id, ["##[error]The deployment was rejected or didn't satisfy other protection rules."]
                )
                self._finish(job, "failure", now)
        self.wake()
        return waiting

    def _source_of(self, run: RunRecord, key: str) -> JobSource:
        found = (each for each in self.source(run).jobs if each.key == key)
        return next(found, JobSource(key=key, name=key))

    def _advance(self, run: RunRecord) -> None:
        """Takes steps until nothing changes at this instant."""
        now = self._premises.now()
        if now < run.appears:
            return
        source = self.source(run)
        changed = True
        while changed:
            changed = self._make_jobs(run, source, now)
            for job in self._memory.jobs_of(run):
                changed |= self._advance_job(run, job, now)
        self._judge_run(run, source, now)

    def _make_jobs(self, run: RunRecord, source: WorkflowSource, now: float) -> bool:
        """Adds the jobs whose needs are over: GitHub shows none before."""
        there = self._memory.jobs_of(run)
        over = {key: [job for job in there if job.key == key] for key in source.job_keys}
        counts = {key: sum(each.key == key for each in source.jobs) for key in source.job_keys}
        made = False
        for each in source.jobs:
            if over[each.key] and len(over[each.key]) >= counts[each.key]:
                continue
            if any(job.name == each.name for job in over[each.key]):
                continue
            needed = [job for need in each.needs for job in over.get(need, ())]
            expected = sum(counts.get(need, 0) for need in each.needs)
            if len(needed) < expected or not all(job.is_over for job in needed):
                continue
            self._make_job(run, each, tuple(str(job.conclusion) for job in needed), now)
            made = True
        return made

    def _make_job(self, run: RunRecord, source: JobSource, results: tuple[str, ...], now: float) -> None:
        verdict = holds(source.condition, self._circumstances(run, results))
        scenario = self._premises.scenario
        waits = source.environment is not None and scenario.environment(source.environment) is not None
        status = "completed" if not verdict.holds else "waiting" if waits else "queued"
        cancelled = run.cancelled and not verdict.holds
        said = self._jobs.get(source.key)

        def make(identity: int) -> JobRecord:
            return JobRecord(
                id=identity,
                run=run.id,
                attempt=run.attempt,
                key=source.key,
                name=source.name,
                status=status,  # type: ignore[arg-type]  # one of the three above
                conclusion=None if verdict.holds else "cancelled" if cancelled else "skipped",
                created=now,
                completed=None if verdict.holds else now,
                environment=source.environment,
                works=said.does if said else None,
                labels=source.labels,
            )

        job = self._memory.jobs.add(make)
        self._logs.begin(job.id)
        self._logs.tell(job.id, _about(source, verdict))

    def _circumstances(self, run: RunRecord, results: tuple[str, ...]) -> Circumstances:
        is_tag = run.ref.startswith("refs/tags/")
        names = {
            "github.ref": run.ref,
            "github.ref_name": run.head_branch,
            "github.ref_type": "tag" if is_tag else "branch",
            "github.event_name": run.event,
            "github.repository": self._premises.repository,
            "github.repository_owner": self._premises.owner,
            "github.sha": run.head_sha,
            "github.actor": run.actor,
            "github.run_attempt": str(run.attempt),
        }
        names |= {f"vars.{name}": value for name, value in self._variables.items()}
        names |= {
            f"{at}.{name}": value for at in ("inputs", "github.event.inputs") for name, value in run.inputs.items()
        }
        source = self.source(run)
        for job in self._memory.jobs_of(run):
            names[f"needs.{job.key}.result"] = str(job.conclusion)
        results = results if results or not source.jobs else ()
        return Circumstances(names, results, run.cancelled)

    def _advance_job(self, run: RunRecord, job: JobRecord, now: float) -> bool:
        """Whether anything changed."""
        match job.status:
            case "waiting":
                return self._advance_waiting(run, job, now)
            case "queued":
                return self._start(run, job, now)
            case "in_progress" if job.works is not None:
                self._let_work(run, job)
            case "in_progress" if job.ends is not None and job.ends <= now:
                self._end_played(run, job)
                return True
        return False

    def _advance_waiting(self, run: RunRecord, job: JobRecord, now: float) -> bool:
        said = self._premises.scenario.environment(job.environment or "")
        if said is None or said.answer == "never" or now < job.created + said.after_seconds:
            return False
        self.decide(run, (job.environment or "",), said.answer, "", said.reviewers[0])
        return True

    def _played(self, job: JobRecord) -> PlayedJob:
        """What the scenario says of this attempt of the job."""
        said = self._premises.scenario.job(job.key)
        if said.in_attempts and job.attempt not in said.in_attempts:
            return said.model_copy(update={"conclusion": "success", "fails_at": None, "alters": ()})
        return said

    def _start(self, run: RunRecord, job: JobRecord, now: float) -> bool:
        played, said = self._played(job), self._jobs.get(job.key)
        if played.never_starts or (job.works is not None and not self._open):
            return False
        seconds = played.seconds if played.seconds is not None else said.seconds if said else USUAL_SECONDS
        names = ("Set up job", *self._source_of(run, job.key).steps, "Complete job")
        each = seconds / len(names)
        works = job.works is not None
        steps = tuple(
            StepRecord(
                number=number,
                name=name,
                begins=now if works else now + each * (number - 1),
                ends=None if works else now + each * number,
            )
            for number, name in enumerate(names, 1)
        )
        ends = None if works else now + seconds
        begun = {"status": "in_progress", "started": now, "ends": ends, "steps": steps}
        self._memory.jobs.put(job.model_copy(update=begun))
        self._logs.tell(job.id, ["Runner name: 'GitHub Actions 1'", *played.log])
        return True

    def _end_played(self, run: RunRecord, job: JobRecord) -> None:
        conclusion: str = self._played(job).conclusion
        if self._dispatched is not None and run.event == "workflow_dispatch":
            outcome = self._dispatched(run.inputs)
            conclusion = outcome.conclusion
            self._logs.tell(job.id, outcome.log.splitlines())
        if conclusion == "failure":
            self._logs.tell(job.id, ["##[error]Process completed with exit code 1."])
        self._finish(job, conclusion, job.ends or self._premises.now())

    def _finish(self, job: JobRecord, conclusion: str, now: float) -> None:
        """Of a job that failed, the last of its own steps has failed."""
        guilty = len(job.steps) - 2 if conclusion in _BAD and len(job.steps) > 1 else None
        steps = tuple(
            each.model_copy(
                update={"ends": min(each.ends or now, now), "conclusion": conclusion if at == guilty else "success"}
            )
            for at, each in enumerate(job.steps)
        )
        over = {"status": "completed", "conclusion": conclusion, "completed": now, "steps": steps}
        self._memory.jobs.put(job.model_copy(update=over))

    def _let_work(self, run: RunRecord, job: JobRecord) -> None:
        """Starts its thread, if it has none in this process."""
        if not self._open or job.id in self._tasks:
            return
        place = self._premises.directory / "jobs" / str(job.id)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        task = JobTask(
            run=run,
            job=job,
            source=self._source_of(run, job.key),
            workflow=self.source(run),
            played=self._played(job),
            directory=place,
            tell=lambda line: self._logs.tell(job.id, [line]),
            ended=threading.Event(),
        )
        thread = threading.Thread(target=self._work, args=(task,), name=f"job-{job.id}", daemon=True)
        self._tasks[job.id] = (thread, task)
        thread.start()

    def _work(self, task: JobTask) -> None:
        said = self._jobs.get(task.job.key)
        conclusion = "success"
        try:
            seconds = task.played.seconds if task.played.seconds is not None else said.seconds if said else 0.0
            work = self._works[str(task.job.works)]
            self._pass_time(task, seconds, work)
            work.do(task)
            if task.played.fails_at is None and task.played.conclusion != "success":
                raise WorkFailed("Process completed with exit code 1.")
        except WorkFailed as error:
            conclusion = "failure"
            task.tell(f"##[error]{error}")
        except Exception as error:  # noqa: BLE001  (a job that breaks is a job that fails, and never the world)
            conclusion = "failure"
            task.tell(f"##[error]{type(error).__name__}: {error}")
        shutil.rmtree(task.directory, ignore_errors=True)
        with self._premises.lock:
            self._tasks.pop(task.job.id, None)
            job = self._memory.jobs.get(task.job.id)
            if self._open and job is not None and not job.is_over:
                self._finish(job, conclusion, self._premises.now())
                self.wake()
                self.advance()

    def _pass_time(self, task: JobTask, seconds: float, work: JobWork) -> None:
        """By the world's clock, or until the job is ended, or the work may begin."""
        ends = self._premises.now() + seconds
        while not task.ended.is_set() and (left := ends - self._premises.now()) > 0 and not work.may_begin(task):
            task.ended.wait(min(left, _LOOKS))

    def _judge_run(self, run: RunRecord, source: WorkflowSource, now: float) -> None:
        run = self._memory.runs.get(run.id) or run
        jobs = self._memory.jobs_of(run)
        states = {job.status for job in jobs}
        changes: dict[str, Any] = {}
        if len(jobs) >= len(source.jobs) and states <= {"completed"}:
            last = max((job.completed or now for job in jobs), default=now)
            changes = {"status": "completed", "conclusion": _conclusion(run, jobs), "updated": last}
        else:
            status = "in_progress" if "in_progress" in states or "completed" in states else "queued"
            if "waiting" in states and not states & {"in_progress", "queued"}:
                status = "waiting"
            if status != run.status:
                changes = {"status": status, "updated": now}
        if changes:
            self._memory.runs.put(run.model_copy(update=changes))


def _conclusion(run: RunRecord, jobs: tuple[JobRecord, ...]) -> str:
    conclusions = [job.conclusion for job in jobs]
    if run.cancelled or "cancelled" in conclusions:
        return "cancelled"
    if any(each in ("failure", "timed_out") for each in conclusions):
        return "failure"
    return "skipped" if conclusions and set(conclusions) == {"skipped"} else "success"


def _dependents(source: WorkflowSource, keys: set[str]) -> set[str]:
    """The jobs that need one of these, at however many removes."""
    found: set[str] = set()
    while more := {job.key for job in source.jobs if set(job.needs) & (keys | found)} - found - keys:
        found |= more
    return found


def _about(source: JobSource, verdict: ConditionVerdict) -> list[str]:
    lines = [f"Job name: {source.key}"]
    if verdict.unclear is not None:
        lines.append(
            f"This rehearsal does not understand `{verdict.unclear}` in `if: {source.condition}`: it counts as true."
        )
    return lines
