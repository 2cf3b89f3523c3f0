"""The result of a smoke test: one for each kernel, their common outcome, and what a release makes of it. Pure."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.smoke.report import Report, Subject
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import SKIPPABLE, Judgement, Mode, Verdict
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value

_STRENGTH = {verdict: place for place, verdict in enumerate(Verdict)}


class SmokeResult(Value):
    """One subject on one kernel."""

    judgement: Judgement
    backend: Backend
    subject: Subject
    kernel: str
    """`uname -r` from the report, else the requested kernel."""
    kernel_package: str | None = None
    """Version and SHA-256 of the package that a VM's kernel came from."""
    seconds: float = 0.0
    report: Report | None = None
    probe: Judgement | None = None
    """The judgement of the payload's own denial on the same kernel, if the subject is a release."""

    @property
    def why(self) -> str:
        beside = f"; the probe beside it: {self.probe.text}" if self.probe else ""
        return f"{self.judgement.why}{beside}"


class SmokeOutcome(Value):
    """All kernels of one smoke test."""

    results: tuple[SmokeResult, ...] = Field(min_length=1)

    @property
    def weakest(self) -> SmokeResult:
        """The result that decides; the first of several equal ones."""
        return max(self.results, key=lambda result: _STRENGTH[result.judgement.verdict])

    @property
    def seconds(self) -> float:
        return round(sum(result.seconds for result in self.results), 3)

    @property
    def was_made(self) -> bool:
        """Whether the host could run anything, whatever the verdict is."""
        weakest = self.weakest
        return weakest.judgement.verdict is not Verdict.COULD_NOT_CHECK or weakest.probe is not None

    @property
    def exit_code(self) -> int:
        return self.weakest.judgement.verdict.exit_code


def not_made(subject: Subject, backend: Backend, kernels: tuple[str, ...], why: str) -> SmokeOutcome:
    """The outcome if a host cannot make the test at all."""
    judgement = Judgement(verdict=Verdict.COULD_NOT_CHECK, why=why)
    return SmokeOutcome(
        results=(SmokeResult(judgement=judgement, backend=backend, subject=subject, kernel=", ".join(kernels)),)
    )


def outcome_under(verdict: Verdict, mode: Mode) -> Outcome:
    """What a release makes of a verdict. A skip is not a pass: the receipt says why the test did not pass."""
    if verdict is Verdict.ENFORCED:
        return Outcome.PASS
    return Outcome.SKIP if mode is Mode.BEST_EFFORT and verdict in SKIPPABLE else Outcome.FAIL


def record_of(outcome: SmokeOutcome, mode: Mode) -> tuple[ObjectRecord, ...]:
    """One record for each kernel, for the receipt."""
    return tuple(_record(result, outcome_under(result.judgement.verdict, mode)) for result in outcome.results)


def _record(result: SmokeResult, outcome: Outcome) -> ObjectRecord:
    """The state is `same` only if a denial was seen, `different` if the victim was opened, else `unknown`."""
    verdict = result.judgement.verdict
    states = {Verdict.ENFORCED: ObjectState.SAME, Verdict.NOT_ENFORCED: ObjectState.DIFFERENT}
    skipped = "skip: " if outcome is Outcome.SKIP else ""
    kernel = f"; kernel from {result.kernel_package}" if result.kernel_package else ""
    return ObjectRecord(
        kind="smoke",
        id=f"{result.subject} on {result.kernel} ({result.backend})",
        state=states.get(verdict, ObjectState.UNKNOWN),
        seconds=result.seconds,
        attempts=1,
        code=f"smoke-{verdict}",
        facts={"reason": result.why, "skipped": outcome is Outcome.SKIP, "kernel_package": result.kernel_package},
        why=f"{skipped}{result.judgement.text}: {result.why}{kernel}",
    )
