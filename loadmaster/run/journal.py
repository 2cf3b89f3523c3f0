"""Collects what one attempt at a release observed, and turns it into the receipt: whole, or up to where it stopped."""

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
    """The one mutable thing of a flow. An object that is noted again replaces its earlier record."""

    def __init__(self, job: Job) -> None:
        self.plan: ReleasePlan | None = None
        self._job = job
        self._started = datetime.now(UTC)
        self._toolchain: ToolchainSeen | None = None
        self._commit: str | None = None
        self._as_of = job.pinned.as_of
        self.gates: tuple[GateAnswer, ...] = ()
        self._objects: dict[tuple[str, str], ObjectRecord] = {}

    def planned(self, plan: ReleasePlan, toolchain: ToolchainSeen) -> None:
        self.plan, self._toolchain = plan, toolchain

    def checked(self, answers: tuple[GateAnswer, ...]) -> None:
        self.gates = answers

    def nobody_can_smoke(self, why: str) -> None:
        """The smoke test is skipped; the answer of its gate says why, in the place of an earlier one."""
        self.gates = (*(each for each in self.gates if each.gate != SMOKE_WORKER), GateAnswer.skip(SMOKE_WORKER, why))

    def committed(self, commit: str) -> None:
        self._commit = commit

    def packaging(self, as_of: datetime) -> None:
        """With the index as of that instant: a resumed release has it of its first attempt."""
        self._as_of = as_of

    def note(self, *records: ObjectRecord) -> None:
        self._objects |= {(each.kind, each.id): each for each in records}

    def found(self, state: ObjectState) -> bool:
        """Whether something was found in that state."""
        return any(each.state is state for each in self._objects.values())

    def assets(self, tag: Tag) -> dict[str, bytes]:
        """The files that go with the tag's forge release: its crates' checksums in `sha256sum`'s form, the receipt so far."""
        crates = [
            each for each in self._objects.values() if each.kind == "crate" and each.id.partition("@")[0] in tag.crates
        ]
        sums = "".join(f"{each.sha256}  {each.id.replace('@', '-')}.crate\n" for each in crates)
        return {CHECKSUMS: sums.encode(), RECEIPT: self.receipt(ReceiptOutcome.RELEASED).to_json().encode()}

    def receipt(self, outcome: ReceiptOutcome, error: LoadmasterError | None = None) -> Receipt:
        """What is known by now. Before there is a plan, the version is what was asked for."""
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
            deviations=(*(plan.deviations if plan else ()), *(() if job.preflight else (NO_PREFLIGHT,))),
            failure=None if error is None else Failure.of(error),
        )
