"""Collects what one attempt at a release observed, and makes the receipt of it: of all, or of the part before it stopped.

Every note is written to `journal.jsonl` at once, so that a receipt can still be made when the process was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.run import RunCancelled, RunCrashed, RunRecordBroken
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.progress.notes import Held, Phase, RunNote, ahead_of, read_note
from loadmaster.planning.registry.seen import ToolchainSeen
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.receipt import (
    CommandRecord,
    CrateReadBack,
    Failure,
    ObjectRecord,
    Receipt,
    ReceiptOutcome,
    read_back,
    seconds_between,
)
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import digest
from loadmaster.run.job import Job
from loadmaster.run.sandboxing import missing_sandbox
from loadmaster.run.store import RunDirectory, write_atomically

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
        self._commands: tuple[CommandRecord, ...] = ()
        self._is_planned = False
        self._write_head(anew=True)

    def note_draft(self, draft: ReleasePlan, toolchain: ToolchainSeen) -> None:
        """What is planned before the project's own commands have run: it has no hash yet that would be the plan's."""
        self.plan, self._toolchain = draft, toolchain
        self._write_head()

    def note_plan(self, plan: ReleasePlan, toolchain: ToolchainSeen) -> None:
        self.plan, self._toolchain, self._is_planned = plan, toolchain, True
        self._write_head()
        with suppress(LoadmasterError):  # it is only shown; a disk that is full stops the release where it matters
            write_atomically(self._job.directory.plan, plan.model_dump_json().encode())
        self._write(RunNote(ahead=ahead_of(plan)))

    def begin(self, phase: Phase) -> None:
        """Notes that a phase begins. The first one, looking, begins with the attempt."""
        self._write(RunNote(phase=phase))

    def note_held(self, crates: Iterable[str], until: datetime | None) -> None:
        """Notes which crates, by their ids, wait for the registry's rate limit, and until when."""
        self._write(RunNote(held=Held(crates=tuple(crates), until=until)))

    def note_command(self, record: CommandRecord) -> None:
        self._commands += (record,)
        self._write_head()

    def note_gates(self, answers: tuple[GateAnswer, ...]) -> None:
        self.gates = answers
        self._write_head()

    def skip_smoke(self, why: str) -> None:
        """Notes that nobody can make the smoke test. Its gate's answer is replaced by one that says why."""
        others = (answer for answer in self.gates if answer.gate != SMOKE_WORKER)
        self.gates = (*others, GateAnswer.skip(SMOKE_WORKER, why))
        self._write_head()

    def note_commit(self, commit: str) -> None:
        self._commit = commit
        self._write_head()

    def note_packaging(self, as_of: datetime) -> None:
        """Packaging saw the index as of that instant; for a resumed release, that of its first attempt."""
        self._as_of = as_of

    def note(self, *records: ObjectRecord) -> None:
        self._objects |= {(record.kind, record.id): record for record in records}
        self._write(*(RunNote(object=record) for record in records))

    def note_read_back(self, crates: Iterable[CrateReadBack]) -> None:
        self.note(*(read_back(self._objects["crate", crate.id], crate) for crate in crates))

    def has_state(self, state: ObjectState) -> bool:
        """Whether any object is in that state."""
        return any(record.state is state for record in self._objects.values())

    def checksums(self, tag: Tag) -> bytes:
        """The digests of the tag's crates, in `sha256sum`'s format and in the plan's order: every attempt's are the same bytes."""
        assert self.plan is not None
        of_tag = [self._objects.get(("crate", crate.id)) for crate in self.plan.crates if crate.name in tag.crates]
        crates = [record for record in of_tag if record is not None]
        return "".join(f"{crate.sha256}  {crate.id.replace('@', '-')}.crate\n" for crate in crates).encode()

    def receipt_so_far(self) -> bytes:
        """The receipt as an asset: everything but the publication of the forge release and what comes after it."""
        return self.receipt(ReceiptOutcome.RELEASED).model_copy(update={"options": None}).to_json().encode()

    def asset_digests(self, tag: Tag) -> dict[str, str]:
        """By asset of the tag's forge release, the SHA-256 that was observed."""
        plan = self.plan
        assert plan is not None
        noted = {name: self._objects.get(("asset", plan.asset_id(tag, name))) for name in plan.assets}
        return {name: record.sha256 for name, record in noted.items() if record is not None and record.sha256}

    def receipt(self, outcome: ReceiptOutcome, error: LoadmasterError | None = None) -> Receipt:
        """The receipt of everything known so far. Before there is a plan, its version is what was asked for."""
        job, plan = self._job, self.plan
        return Receipt(
            project=job.project.name,
            version=plan.version if plan else job.pinned.asked,
            commit=self._commit or job.pinned.commit,
            base_commit=job.pinned.commit,
            world=job.world.kind,
            run=job.directory.path.name,
            options=job.options or None,
            outcome=outcome,
            plan=digest(plan) if plan and self._is_planned else "",
            toolchain=f"cargo {self._toolchain.cargo}, rustc {self._toolchain.rustc}" if self._toolchain else "",
            as_of=self._as_of,
            started=self._started,
            seconds=seconds_between(self._started, datetime.now(UTC)),
            objects=tuple(self._objects.values()),
            commands=self._commands,
            gates=self.gates,
            not_passed=tuple(answer.gate for answer in self.gates if not answer.passed),
            deviations=(*(plan.deviations if plan else ()), *_deviations(job)),
            failure=None if error is None else Failure.of(error),
            forge=job.forge_memory.use if job.world.forge is not None else None,
        )

    def _write_head(self, *, anew: bool = False) -> None:
        """Writes what the receipt says besides its objects."""
        receipt = self.receipt(ReceiptOutcome.CRASHED, RunCrashed()).model_copy(update={"objects": ()})
        self._write(RunNote(receipt=receipt), anew=anew)

    def _write(self, *notes: RunNote, anew: bool = False) -> None:
        _append(self._job.directory, *notes, anew=anew)


def _append(directory: RunDirectory, *notes: RunNote, anew: bool = False) -> None:
    now = datetime.now(UTC)
    lines = (note.model_copy(update={"at": now}).model_dump_json(exclude_none=True) for note in notes)
    # Only a receipt after a crash needs these lines. A disk that is full stops the release where it matters.
    with suppress(OSError), directory.journal.open("w" if anew else "a", encoding="utf-8") as sink:
        sink.write("".join(f"{line}\n" for line in lines))


def write_receipt(directory: RunDirectory, receipt: Receipt) -> None:
    """Writes the receipt of an attempt that has ended. Raises what `write_atomically` raises.

    If that fails, the journal stays, and gets the outcome and the reason, if there is room for them.
    """
    try:
        write_atomically(directory.receipt, receipt.to_json().encode())
    except LoadmasterError:
        _append(directory, RunNote(receipt=receipt.model_copy(update={"objects": ()})))
        raise
    directory.journal.unlink(missing_ok=True)


def plan_of(directory: RunDirectory, receipt: Receipt) -> ReleasePlan | None:
    """The plan that the receipt is of; None if it is not kept, or is another attempt's."""
    try:
        plan = ReleasePlan.model_validate_json(directory.plan.read_bytes())
    except (OSError, ValueError):  # there is none, or nothing that this version wrote
        return None
    return plan if digest(plan) == receipt.plan else None


def receipt_of_cut(directory: RunDirectory, *, cancelled: bool) -> Receipt | None:
    """The receipt of an attempt that was cut off; None if the last attempt wrote its own.

    Call it only when the process of the attempt has ended. Raises `RunRecordBroken` if it noted something that cannot be read.
    """
    receipt = _noted(directory)
    if receipt is None or _has_own_receipt(directory, receipt):
        return None
    if not cancelled:
        return receipt
    return receipt.model_copy(update={"outcome": ReceiptOutcome.CANCELLED, "failure": Failure.of(RunCancelled())})


def _has_own_receipt(directory: RunDirectory, noted: Receipt) -> bool:
    """Whether the receipt that lies there is of the journal's attempt: its process was cut off right after it wrote it."""
    try:
        written = directory.read(Receipt, directory.receipt)
    except RunRecordBroken:  # what was noted takes its place
        return False
    return written is not None and (written.run, written.started) == (noted.run, noted.started)


def _noted(directory: RunDirectory) -> Receipt | None:
    """What the journal says; None if there is none, or if its attempt was cut off in its first line. Raises `RunRecordBroken`."""
    try:
        lines = directory.journal.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunRecordBroken(directory.path.name, str(directory.journal), error.strerror or str(error)) from error
    receipt = _read(lines)
    if receipt is None and b"\n" in lines:
        raise RunRecordBroken(
            directory.path.name, str(directory.journal), "no line of it says what the attempt began with"
        )
    return receipt


def _read(lines: bytes) -> Receipt | None:
    """The receipt that a journal's lines give. The last line may have been cut off."""
    head: Receipt | None = None
    objects: dict[tuple[str, str], ObjectRecord] = {}
    for note in filter(None, map(read_note, lines.splitlines())):
        if note.receipt is not None:
            head = note.receipt
        if note.object is not None:
            objects[note.object.kind, note.object.id] = note.object
    return None if head is None else head.model_copy(update={"objects": tuple(objects.values())})


def _deviations(job: Job) -> tuple[str, ...]:
    """What the request has otherwise than usual."""
    over = None if job.abandoned is None else job.abandoned.deviation
    deviations = (over, None if job.preflight else NO_PREFLIGHT, missing_sandbox(job.project.cargo))
    return tuple(deviation for deviation in deviations if deviation is not None)
