"""The plan alone: looks as a rehearsal would, decides, checks, and leaves nothing behind.

Where a crate of the plan is out already, all of them are packaged, unverified, to tell by their bytes what is out.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

from loadmaster.planning.permissions.questions import inquiries, requests_to_ask
from loadmaster.planning.plan import Crate, ReleasePlan, outstanding, plan_release
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.receipt import ObjectRecord, Receipt, ReceiptOutcome
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.run.store import Store
from loadmaster.steps import prepare
from loadmaster.steps.check import check
from loadmaster.steps.look import look
from loadmaster.steps.publish import packaged
from loadmaster.things.crate import PublishedCrate
from loadmaster.things.thing import observed

NOT_BUILT = Judged.none("a plan does not build; the rehearsal does")


class Planned(Value):
    release: ReleasePlan
    receipt: Receipt
    """With the gates' answers: `planned` if nothing would stop the release, else `failed`."""
    outstanding: tuple[str, ...]
    """What the world does not have yet; () for a release that is out."""
    preflight_requests: int
    """How often the permission gates would ask the registry's web API; crates.io wants a second for each."""


def planned(request: RehearseRequest, store: Store) -> Planned:
    """Raises what looking and planning raise."""
    directory = store.run(f"plan-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _plan(job)
    finally:
        directory.remove()


def _plan(job: Job) -> Planned:
    journal, seen = Journal(job), look(job)
    plan = plan_release(seen, job.project, job.pinned.asked, job.pinned.today)
    journal.planned(plan, seen.toolchain)
    journal.checked(check(job, seen, plan, NOT_BUILT))
    journal.note(*crates_as_they_stand(job, plan, seen))
    failed = any(each.outcome is Outcome.FAIL for each in journal.gates) or journal.found(ObjectState.DIFFERENT)
    requests = requests_to_ask(inquiries(plan, job.project, seen.registry))
    receipt = journal.receipt(ReceiptOutcome.FAILED if failed else ReceiptOutcome.PLANNED)
    return Planned(release=plan, receipt=receipt, outstanding=outstanding(plan, seen), preflight_requests=requests)


def crates_as_they_stand(job: Job, plan: ReleasePlan, seen: Seen) -> tuple[ObjectRecord, ...]:
    """Every crate of the plan as the registry has it: absent, or compared with what this plan would upload."""
    if not any(seen.registry.find(each.name, each.version) for each in plan.crates):
        return tuple(_absent(each) for each in plan.crates)
    digests = _package(job, plan, seen)
    return tuple(
        _compared(job, each, digests[each.name]) if seen.registry.find(each.name, each.version) else _absent(each)
        for each in plan.crates
    )


def _package(job: Job, plan: ReleasePlan, seen: Seen) -> Mapping[str, str]:
    prepare.commit(job, plan)
    return prepare.package(without_verifying(job), plan.versions, seen.source.tree, seen.registry, job.pinned.as_of)


def without_verifying(job: Job) -> Job:
    """For a job whose crates are compared, not uploaded: they need not be built."""
    cargo = job.project.cargo.model_copy(update={"verify": False})
    return replace(job, project=job.project.model_copy(update={"cargo": cargo}))


def _absent(crate: Crate) -> ObjectRecord:
    return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.ABSENT, code="absent")


def _compared(job: Job, crate: Crate, sha256: str) -> ObjectRecord:
    ours = packaged(job, crate.id, sha256)
    record = observed(PublishedCrate(registry=job.registry, name=crate.name, version=crate.version, ours=ours))
    differs = (record.facts or {}).get("differs")
    if not isinstance(differs, dict):
        return record
    told = "; ".join(f"`{path}`: {how}" for path, how in differs.items())
    return record.model_copy(update={"sha256": sha256, "why": f"{record.why}: {told}"})
