"""The forge's CI of a release: starts its workflow if no tag does, looks how far the run is, says why it failed, runs it again."""

from __future__ import annotations

from contextlib import suppress

from loadmaster.clients import git
from loadmaster.clients.forge import workflows
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.forge.ci import CiCancelled, CiFailed, CiRunMissing
from loadmaster.planning.forge.job_log import last_lines
from loadmaster.planning.forge.runs import WorkflowRun
from loadmaster.planning.forge.watching import CiSight, CiState, WantedRun, sight, why_absent
from loadmaster.planning.forge.workflow_file import WorkflowInFile, read_workflow
from loadmaster.planning.plan import Tag
from loadmaster.planning.profile.ci_style import CiStyle
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.yaml_text import NotYaml
from loadmaster.run.job import Job
from loadmaster.steps.forge.client import forge_client


def wanted_run(style: CiStyle, tag: Tag, commit: str) -> WantedRun:
    event = "push" if style.dispatch is None else "workflow_dispatch"
    return WantedRun(file=style.workflow, event=event, commit=commit, tag=tag.name)


def start(job: Job, style: CiStyle, tag: Tag, commit: str) -> None:
    """Starts the workflow by hand, if the profile says that no tag starts it and no run of the tag is there yet.

    Raises `ForgeWorkflowRefused`, `ForgeNotFound`.
    """
    if style.dispatch is None:
        return
    wanted = wanted_run(style, tag, commit)
    values = {"tag": tag.name, "version": tag.version, "commit": commit}
    with forge_client(job) as client:
        if wanted.choose(workflows.runs_of_commit(client, commit, wanted.event)) is None:
            inputs = {name: text.format(**values) for name, text in style.dispatch.items()}
            workflows.dispatch(client, style.workflow, tag.name, inputs)


def look(job: Job, wanted: WantedRun, before: CiSight | None, *, closely: bool = False) -> CiSight:
    """One look at the run: one request, and one or two more if it has changed, or if `closely`."""
    with forge_client(job) as client:
        run = (
            workflows.workflow_run(client, before.run.id)
            if before is not None and before.run is not None
            else wanted.choose(workflows.runs_of_commit(client, wanted.commit, wanted.event))
        )
        if run is None:
            return sight(None)
        if before is not None and run == before.run and not closely:
            return before
        jobs = workflows.jobs(client, run.id)
        waits = run.status == "waiting" or any(each.status == "waiting" for each in jobs)
        return sight(run, jobs, workflows.pending_deployments(client, run.id) if waits and not run.is_over else ())


def run_failed_again(job: Job, run: WorkflowRun) -> None:
    """Lets the forge run the failed jobs of a run again. Does nothing if somebody did so meanwhile."""
    with forge_client(job) as client:
        if workflows.workflow_run(client, run.id).run_attempt == run.run_attempt:
            workflows.rerun_failed_jobs(client, run.id)


def workflow_at(job: Job, file: str, commit: str) -> WorkflowInFile | None:
    """The workflow as the commit has it; None if it has none, or none that can be read."""
    content = git.show_file(job.directory.checkout, commit, f".github/workflows/{file}")
    try:
        return None if content is None else read_workflow(content.decode(errors="replace"))
    except NotYaml:
        return None


def missing(job: Job, wanted: WantedRun, waited: float, tags: int) -> CiRunMissing:
    """The error for a run that has not appeared: with the reason, as far as it can be found out."""
    state = None
    with forge_client(job) as client, suppress(LoadmasterError):  # else the reason stays open
        state = workflows.workflow(client, wanted.file).state
    message = git.message_of(job.directory.checkout, wanted.commit)
    told = why_absent(wanted, workflow_at(job, wanted.file, wanted.commit), message, state, tags)
    return CiRunMissing(wanted.file, wanted.tag, waited, told)


def failure(job: Job, file: str, seen: CiSight) -> LoadmasterError:
    """The error for a run that is over without success, with the last lines of the job that failed first."""
    assert seen.run is not None  # it is over
    url = seen.url or seen.run.url
    if seen.state is CiState.CANCELLED:
        return CiCancelled(file, url)
    lines: tuple[str, ...] = ()
    if (failed := seen.failed_job) is not None:
        with (
            forge_client(job) as client,
            suppress(LoadmasterError),
        ):  # a log that is gone, or too long, hides nothing else
            lines = last_lines(workflows.job_log(client, failed.id))
    return CiFailed(file, seen.says, url, seen.attempt, lines)


def record_of_run(seen: CiSight, tag: Tag) -> ObjectRecord:
    """The run as an object of the release. It is `same` only if it succeeded."""
    run = seen.run
    if run is None:
        return ObjectRecord(
            kind="workflow-run", id=tag.name, state=ObjectState.ABSENT, code="run-absent", why="no run has appeared"
        )
    says = (run.conclusion or run.status or "unknown").replace("_", "-")
    state = ObjectState.SAME if seen.state is CiState.SUCCEEDED else ObjectState.UNKNOWN
    return ObjectRecord(
        kind="workflow-run",
        id=tag.name,
        state=state,
        code=f"run-{says}",
        facts={"url": run.url, "run": run.id, "attempt": run.run_attempt, "file": run.file},
        why=f"{seen.says}: {run.url}",
    )
