"""The crates that CI publishes: whether one is there, whether it is ours, and who should have published one that is not."""

from __future__ import annotations

from loadmaster.errors.forge.ci import CiDidNotPublish
from loadmaster.planning.forge.watching import CiSight
from loadmaster.planning.plan import Crate
from loadmaster.planning.profile.ci_style import CiStyle
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.version import same_version
from loadmaster.run.job import Job
from loadmaster.steps.forge.ci import workflow_at
from loadmaster.steps.publish import published_crate
from loadmaster.things.thing import record_of, require_ours


def is_shown(job: Job, crate: Crate) -> bool:
    """Whether the index shows the crate by now. Raises `RegistryUnreachable`."""
    return any(same_version(line.version, crate.version) for line in job.registry.versions(crate.name))


def confirm_published(job: Job, crate: Crate, sha256: str, by: str) -> ObjectRecord:
    """The record of a crate that CI published, compared with our own packaging of the same commit. `by`: the run's address.

    Raises `CrateTaken` for other contents, `IndexDisagrees`, and what comparing raises.
    """
    thing = published_crate(job, crate, sha256)
    seen = require_ours(thing, thing.observe())
    record = record_of(thing, seen)
    return record.model_copy(update={"facts": {**(record.facts or {}), "published_by": by}})


def require_published(job: Job, crate: Crate, style: CiStyle, seen: CiSight) -> None:
    """Lets a crate pass that the registry has and does not show yet. Raises `CiDidNotPublish`."""
    if job.registry.published_checksum(crate.name, crate.version) is None:
        raise did_not_publish(job, crate, style, seen)


def did_not_publish(job: Job, crate: Crate, style: CiStyle, seen: CiSight) -> CiDidNotPublish:
    """Names the job that publishes, and how that ended."""
    name = style.job or style.workflow
    run = seen.run
    workflow = workflow_at(job, style.workflow, run.head_sha) if run else None
    in_file = workflow.job(name) if workflow else None
    shown = seen.job_like(in_file) if in_file else None
    told = f"ended as `{shown.conclusion or shown.status}`" if shown else f"did not run: the run {seen.says}"
    if shown is not None and shown.step is not None:
        told += f" in its step `{shown.step}`"
    return CiDidNotPublish(crate.id, style.workflow, name, told, (shown.url if shown else None) or seen.url or "")
