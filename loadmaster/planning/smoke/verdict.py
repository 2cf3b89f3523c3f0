"""From what one smoke test saw to its verdict. It knows no engine: how the run ended is given to it.

Enforced has one reason: a denial of the victim to two processes, beside a control that stayed open, with everything open
before and after. Nothing else leads there: no marker, no attachment, no health file, no exit code.
"""

from __future__ import annotations

import errno
from enum import StrEnum

from loadmaster.planning.smoke.report import ErrorKind, Moment, Report, Stage, Subject, Unreadable, read_report
from loadmaster.planning.values.value import Value

DENIALS = frozenset({errno.EPERM, errno.EACCES})
INITIAL_USER_NAMESPACE = "0 0 4294967295"
CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39
NOT_SUPPORTED = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, 524})
"""524 is ENOTSUPP, which the kernel has to itself: no trampoline for this architecture."""
HELPER_BANNED = ("cannot use helper", "unknown func")
"""What the verifier says of a helper that lockdown took away."""


class Verdict(StrEnum):
    """What a smoke test says, from the strongest to the weakest: of several, the last one decides."""

    ENFORCED = "enforced"
    UNSUPPORTED = "unsupported"
    """The kernel cannot enforce: no BTF, no BPF LSM, not this architecture."""
    NO_PRIVILEGE = "no-privilege"
    """The process may not load programs: no capabilities, or a user namespace."""
    REFUSED = "refused"
    """The process may, and the kernel refuses nevertheless."""
    COULD_NOT_CHECK = "could-not-check"
    """Nothing was there to test: the profile names no object."""
    ERROR = "error"
    """The test itself failed."""
    NOT_ENFORCED = "not-enforced"
    """It was tried, and the victim could be opened."""

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES.get(self, 1)


_EXIT_CODES = {Verdict.ENFORCED: 0, Verdict.UNSUPPORTED: 3, Verdict.NO_PRIVILEGE: 4, Verdict.REFUSED: 5}
SKIPPABLE = frozenset({Verdict.UNSUPPORTED, Verdict.NO_PRIVILEGE, Verdict.REFUSED, Verdict.COULD_NOT_CHECK})


class Mode(StrEnum):
    ENFORCE = "enforce"
    """Anything but enforced fails the release."""
    BEST_EFFORT = "best-effort"
    """What says nothing about the artefact is skipped, with the reason; the rest fails the release all the same."""


class Judgement(Value):
    verdict: Verdict
    why: str
    error: ErrorKind | None = None
    """With `error`, and only then."""

    @property
    def text(self) -> str:
        """The verdict as it is shown: `error(oom)`."""
        return f"{self.verdict}({self.error})" if self.error else str(self.verdict)


def failed(kind: ErrorKind, why: str) -> Judgement:
    return Judgement(verdict=Verdict.ERROR, error=kind, why=why)


def judge(log: str, *, nonce: str, subject: Subject, exit_code: int | None) -> tuple[Judgement, Report | None]:
    """The verdict of one run that came to its end, and the report it follows from.

    `exit_code` is the payload's own, as it was observed from outside; None where nobody outside can tell.
    """
    report = read_report(log, nonce)
    if isinstance(report, Unreadable):
        return failed(report.kind, report.why), None
    if report.subject is not subject:
        return failed(ErrorKind.WRONG_SUBJECT, f"the report is of `{report.subject}`, asked was `{subject}`"), report
    judgement = judge_report(report)
    if exit_code not in (None, report.exit):
        why = f"the payload ended with {exit_code}, its report says {report.exit}"
        return failed(ErrorKind.EXIT_CODE, why), report
    if (report.exit == 0) != (judgement.verdict is Verdict.ENFORCED):
        why = f"the report's exit code {report.exit} contradicts what it tells: {judgement.text}, {judgement.why}"
        return failed(ErrorKind.EXIT_CODE, why), report
    return judgement, report


def judge_report(report: Report) -> Judgement:
    """What the report alone says."""
    if report.exit == 142:
        return failed(ErrorKind.DEADLINE, f"the deadline inside passed at the stage `{report.stage}`")
    if report.failed is not None:
        return _of_failed_stage(report, report.failed.errno, report.failed.message)
    if report.artefact is not None and (problem := _of_artefact(report)):
        return problem
    return _of_moments(report)


def _of_failed_stage(report: Report, number: int, message: str) -> Judgement:
    stage = report.stage
    told = f"the stage `{stage}` failed: {_spelled(number)}{f', {message}' if message else ''}"
    if stage is Stage.READY:
        return _of_artefact(report) or failed(ErrorKind.NEVER_READY, told)
    if stage is Stage.ARCH or (stage is Stage.BTF and number in {0, errno.ENOENT, errno.ESRCH}):
        return Judgement(verdict=Verdict.UNSUPPORTED, why=told)
    kernels_word = _of_kernels_word(report, number, message, told) if stage in {Stage.LOAD, Stage.ATTACH} else None
    return kernels_word or failed(ErrorKind.NOT_STOPPED if stage is Stage.STOP else ErrorKind.STAGE, told)


def _of_kernels_word(report: Report, number: int, message: str, told: str) -> Judgement | None:
    """What follows from a program that the kernel did not take; None if that may be the program's own fault."""
    if (unsupported := _without_lsm(report)) is not None:
        return unsupported
    if number == errno.EPERM:
        return _not_permitted(report, told)
    if any(words in message for words in HELPER_BANNED):
        return Judgement(verdict=Verdict.REFUSED, why=told)
    return Judgement(verdict=Verdict.UNSUPPORTED, why=told) if number in NOT_SUPPORTED else None


def _not_permitted(report: Report, told: str) -> Judgement:
    """One errno for two situations: the process may not, or it may and the kernel will not."""
    if report.uid_map != INITIAL_USER_NAMESPACE:
        return Judgement(verdict=Verdict.NO_PRIVILEGE, why=f"{told}; in a user namespace no capability counts for BPF")
    if not may_load(report.capabilities):
        return Judgement(
            verdict=Verdict.NO_PRIVILEGE, why=f"{told}; the process has neither BPF and PERFMON nor SYS_ADMIN"
        )
    return Judgement(verdict=Verdict.REFUSED, why=f"{told}; the process has the capabilities, the kernel refuses")


def may_load(capabilities: str) -> bool:
    """Whether a set in hexadecimal holds SYS_ADMIN, or BPF and PERFMON."""
    bits = int(capabilities, 16)
    return bool(bits >> CAP_SYS_ADMIN & 1) or bool(bits >> CAP_BPF & bits >> CAP_PERFMON & 1)


def _of_artefact(report: Report) -> Judgement | None:
    """What the artefact did wrong by itself; a program that cannot be stopped has not passed either."""
    artefact = report.artefact
    if artefact is None:
        return None
    ended = f"signal {artefact.signal}" if artefact.signal else f"exit code {artefact.exit}"
    if not artefact.ready and not artefact.killed and report.during is None:
        return failed(ErrorKind.CRASHED, f"the artefact ended before it was ready: {ended}")
    if not artefact.ready:
        return failed(ErrorKind.NEVER_READY, "the artefact did not show every ready marker in time")
    if artefact.killed:
        return failed(ErrorKind.NOT_STOPPED, "the artefact went on after the signal to stop, and was killed")
    return None


def _of_moments(report: Report) -> Judgement:
    before, during, after = report.before, report.during, report.after
    if before is None or during is None or after is None or report.stage not in {Stage.DETACH, Stage.STOP}:
        return failed(ErrorKind.GARBAGE, "the report stops before the end, and names no failure")
    if (report.subject is Subject.RELEASE) != (report.artefact is not None):
        return failed(ErrorKind.GARBAGE, "only the report of a release tells of an artefact, and it must")
    if problem := _of_side_effects(before, during, after):
        return problem
    told = _spelled_all(during)
    if during.victim and during.other:
        return Judgement(verdict=Verdict.ENFORCED, why=f"denied to both processes, control open: {told}")
    return _without_lsm(report) or Judgement(verdict=Verdict.NOT_ENFORCED, why=f"the victim could be opened: {told}")


def _of_side_effects(before: Moment, during: Moment, after: Moment) -> Judgement | None:
    """What makes an observation worthless, whatever the victim said."""
    strange = sorted({during.victim, during.other} - {0} - DENIALS)
    problems = (
        (any(_opens(before)), ErrorKind.UNREADABLE_BEFORE, f"a file was closed before: {_spelled_all(before)}"),
        (during.control, ErrorKind.SIDE_EFFECT, f"the control was closed, too: {_spelled_all(during)}"),
        (strange, ErrorKind.OTHER_ERRNO, f"the victim was closed for another reason: {_spelled_all(during)}"),
        (any(_opens(after)), ErrorKind.STILL_DENIED, f"a file stayed closed: {_spelled_all(after)}"),
    )
    return next((failed(kind, why) for found, kind, why in problems if found), None)


def _without_lsm(report: Report) -> Judgement | None:
    """A list that can be read and lacks bpf says why; one that cannot be read says nothing."""
    if report.lsms is None or "bpf" in report.lsms:
        return None
    return Judgement(
        verdict=Verdict.UNSUPPORTED, why=f"the kernel's active LSMs are `{','.join(report.lsms)}`, without bpf"
    )


def _opens(moment: Moment) -> tuple[int, int, int]:
    return moment.victim, moment.control, moment.other


def _spelled(number: int) -> str:
    return errno.errorcode.get(number, f"errno {number}") if number else "no errno"


def _spelled_all(moment: Moment) -> str:
    opens = {"victim": moment.victim, "control": moment.control, "other process": moment.other}
    return ", ".join(f"{name} {_spelled(number) if number else 'opened'}" for name, number in opens.items())
