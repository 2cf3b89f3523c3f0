"""What a smoke test brought: one result a kernel, what they come to together, and what a release makes of that. Pure."""

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
    """`uname -r` where a report told it, else the kernel that was asked for."""
    kernel_package: str | None = None
    """Version and SHA-256 of the package that a VM's kernel came from."""
    seconds: float = 0.0
    report: Report | None = None
    probe: Judgement | None = None
    """Of the payload's own denial on the same kernel, where the subject is a release."""

    @property
    def why(self) -> str:
        beside = f"; the probe beside it: {self.probe.text}" if self.probe else ""
        return f"{self.judgement.why}{beside}"


class SmokeOutcome(Value):
    """All kernels of one smoke test."""

    results: tuple[SmokeResult, ...] = Field(min_length=1)

    @property
    def weakest(self) -> SmokeResult:
        """The one that decides; of equals the first."""
        return max(self.results, key=lambda each: _STRENGTH[each.judgement.verdict])

    @property
    def seconds(self) -> float:
        return round(sum(result.seconds for result in self.results), 3)

    @property
    def was_made(self) -> bool:
        """Whether anything was run: the host could, whatever came of it."""
        weakest = self.weakest
        return weakest.judgement.verdict is not Verdict.COULD_NOT_CHECK or weakest.probe is not None

    @property
    def exit_code(self) -> int:
        return self.weakest.judgement.verdict.exit_code


def not_made(subject: Subject, backend: Backend, kernels: tuple[str, ...], why: str) -> SmokeOutcome:
    """The outcome where a host cannot make the test at all."""
    judgement = Judgement(verdict=Verdict.COULD_NOT_CHECK, why=why)
    return SmokeOutcome(
        results=(SmokeResult(judgement=judgement, backend=backend, subject=subject, kernel=", ".join(kernels)),)
    )


def outcome_under(verdict: Verdict, mode: Mode) -> Outcome:
    """What a release makes of a verdict. A skip is no pass: the receipt says why there is none."""
    if verdict is Verdict.ENFORCED:
        return Outcome.PASS
    return Outcome.SKIP if mode is Mode.BEST_EFFORT and verdict in SKIPPABLE else Outcome.FAIL


def record_of(outcome: SmokeOutcome, mode: Mode) -> tuple[ObjectRecord, ...]:
    """One record a kernel, for the receipt."""
    return tuple(_record(result, outcome_under(result.judgement.verdict, mode)) for result in outcome.results)


def _record(result: SmokeResult, outcome: Outcome) -> ObjectRecord:
    """Same only for a denial that was seen; different where the victim was opened; else nobody knows."""
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
