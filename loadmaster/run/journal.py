"""Collects what one attempt at a release observed, and makes the receipt of it: of all, or of the part before it stopped."""

from __future__ import annotations

from datetime import UTC, datetime

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, ReleasePlan, Tag
from loadmaster.planning.registry.seen import ToolchainSeen
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.receipt import Failure, ObjectRecord, Receipt, ReceiptOutcome, seconds_between
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import digest
from loadmaster.run.job import Job

NO_PREFLIGHT = "the permission gates were not asked, by the request"


class Journal:
    """The one mutable value of a flow. A new record of an object replaces the earlier one."""

    def __init__(self, job: Job) -> None:
        self.plan: ReleasePlan | None = None
        self._job = job
        self._started = datetime.now(UTC)
        self._toolchain: ToolchainSeen | None = None
        self._commit: str | None = None
        self._as_of = job.pinned.as_of
        self.gates: tuple[GateAnswer, ...] = ()
        self._objects: dict[tuple[str, str], ObjectRecord] = {}

    def note_plan(self, plan: ReleasePlan, toolchain: ToolchainSeen) -> None:
        self.plan, self._toolchain = plan, toolchain

    def note_gates(self, answers: tuple[GateAnswer, ...]) -> None:
        self.gates = answers

    def skip_smoke(self, why: str) -> None:
        """Notes that nobody can make the smoke test. Its gate's answer is replaced by one that says why."""
        others = (answer for answer in self.gates if answer.gate != SMOKE_WORKER)
        self.gates = (*others, GateAnswer.skip(SMOKE_WORKER, why))

    def note_commit(self, commit: str) -> None:
        self._commit = commit

    def note_packaging(self, as_of: datetime) -> None:
        """Packaging saw the index as of that instant; for a resumed release, that of its first attempt."""
        self._as_of = as_of

    def note(self, *records: ObjectRecord) -> None:
        self._objects |= {(record.kind, record.id): record for record in records}

    def has_state(self, state: ObjectState) -> bool:
        """Whether any object is in that state."""
        return any(record.state is state for record in self._objects.values())

    def assets(self, tag: Tag) -> dict[str, bytes]:
        """The assets of the tag's forge release: its crates' checksums in `sha256sum`'s format, and the receipt so far."""
        crates = [
            record
            for record in self._objects.values()
            if record.kind == "crate" and record.id.partition("@")[0] in tag.crates
        ]
        sums = "".join(f"{crate.sha256}  {crate.id.replace('@', '-')}.crate\n" for crate in crates)
        return {CHECKSUMS: sums.encode(), RECEIPT: self.receipt(ReceiptOutcome.RELEASED).to_json().encode()}

    def receipt(self, outcome: ReceiptOutcome, error: LoadmasterError | None = None) -> Receipt:
        """The receipt of everything known so far. Before there is a plan, its version is what was asked for."""
        job, plan = self._job, self.plan
        return Receipt(
            project=job.project.name,
            version=plan.version if plan else job.pinned.asked,
            commit=self._commit or job.pinned.commit,
            base_commit=job.pinned.commit,
            world=job.world.kind,
            outcome=outcome,
            plan=digest(plan) if plan else "",
            toolchain=f"cargo {self._toolchain.cargo}, rustc {self._toolchain.rustc}" if self._toolchain else "",
            as_of=self._as_of,
            started=self._started,
            seconds=seconds_between(self._started, datetime.now(UTC)),
            objects=tuple(self._objects.values()),
            gates=self.gates,
            deviations=(*(plan.deviations if plan else ()), *_deviations(job)),
            failure=None if error is None else Failure.of(error),
        )


def _deviations(job: Job) -> tuple[str, ...]:
    """What the request has otherwise than usual."""
    over = () if job.abandoned is None else (job.abandoned.deviation,)
    return (*over, *(() if job.preflight else (NO_PREFLIGHT,)))
