"""The plan alone: looks as a rehearsal would, decides, checks, and leaves nothing behind.

The project's own commands run as in a release: the plan's hash is that of what they make. If a crate of the plan is published
already, all of them are packaged, unverified, to compare their bytes with the registry's.
"""

from __future__ import annotations

import uuid

from loadmaster.planning.permissions.questions import inquiries, requests_to_ask
from loadmaster.planning.plan import Crate, ReleasePlan, outstanding, plan_release
from loadmaster.planning.registry.seen import Judged, Seen
from loadmaster.planning.show import crates_text, gates_text, not_passed_text, plan_text
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
from loadmaster.steps.changes.survey import look_at_changes, request_of
from loadmaster.steps.check import check
from loadmaster.steps.commands import run_commands
from loadmaster.steps.look import look
from loadmaster.steps.publish import kept_crate
from loadmaster.things.crate import PublishedCrate
from loadmaster.things.thing import look_at

NOT_BUILT = Judged.none("a plan does not build; the rehearsal does")


class Planned(Value):
    release: ReleasePlan
    receipt: Receipt
    """Holds the gates' answers. Its outcome is `planned` if nothing would stop the release, else `failed`."""
    outstanding: tuple[str, ...]
    """What the world does not have yet; () for a published release."""
    preflight_requests: int
    """How often the permission gates would ask the registry's web API; crates.io wants a second for each."""


def plan_here(request: RehearseRequest, store: Store) -> Planned:
    """Raises what looking and planning raise."""
    directory = store.run(f"plan-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _plan(job)
    finally:
        directory.remove()


def _plan(job: Job) -> Planned:
    journal, seen = Journal(job), look(job)
    version = prepare.known_version(job, seen) or request_of(job, look_at_changes(job, seen))
    draft = plan_release(seen, job.project, version, job.pinned.today)
    prepare.require_finished(job, seen, draft)
    plan, records = run_commands(job, seen, draft)
    for record in records:
        journal.note_command(record)
    journal.note_plan(plan, seen.toolchain)
    journal.note_gates(check(job, seen, plan, NOT_BUILT))
    journal.note(*crate_records(job, plan, seen))
    failed = any(answer.outcome is Outcome.FAIL for answer in journal.gates) or journal.has_state(ObjectState.DIFFERENT)
    requests = requests_to_ask(inquiries(plan, job.project, seen.registry))
    receipt = journal.receipt(ReceiptOutcome.FAILED if failed else ReceiptOutcome.PLANNED)
    return Planned(release=plan, receipt=receipt, outstanding=outstanding(plan, seen), preflight_requests=requests)


def planned_text(planned: Planned) -> str:
    to_do = f"{len(planned.outstanding)} objects" if planned.outstanding else "nothing: it is published already"
    asked = f"at most {planned.preflight_requests} times, once a second where it is crates.io"
    lines = [
        plan_text(planned.release),
        crates_text(planned.receipt.objects),
        f"  to do   {to_do}",
        f"  asks    the registry's web API {asked}",
        gates_text(planned.receipt.gates),
    ]
    return "\n".join(lines) + "\n" + not_passed_text(planned.receipt.gates)


def crate_records(job: Job, plan: ReleasePlan, seen: Seen) -> tuple[ObjectRecord, ...]:
    """Every crate of the plan as the registry has it: absent, or compared with what this plan would upload."""
    if not any(seen.registry.find(crate.name, crate.version) for crate in plan.crates):
        return tuple(_absent(crate) for crate in plan.crates)
    prepare.commit(job, plan)
    digests = prepare.package(job, plan.versions, plan.tree_name(seen.source.tree), seen.registry, job.pinned.as_of)
    return tuple(
        _compare(job, crate, digests[crate.name]) if seen.registry.find(crate.name, crate.version) else _absent(crate)
        for crate in plan.crates
    )


def _absent(crate: Crate) -> ObjectRecord:
    return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.ABSENT, code="absent")


def _compare(job: Job, crate: Crate, sha256: str) -> ObjectRecord:
    ours = kept_crate(job.store, crate.id, sha256)
    record = look_at(PublishedCrate(registry=job.registry, name=crate.name, version=crate.version, ours=ours))
    differs = (record.facts or {}).get("differs")
    if not isinstance(differs, dict):
        return record
    differences = "; ".join(f"`{path}`: {how}" for path, how in differs.items())
    return record.model_copy(update={"sha256": sha256, "why": f"{record.why}: {differences}"})
