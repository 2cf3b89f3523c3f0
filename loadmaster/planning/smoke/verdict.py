"""The verdict of one smoke test, from what it saw. It knows no engine: how the run ended comes as an argument.

`enforced` needs all of this: two processes were denied the victim, the control stayed open, and everything was open before
and after. Nothing else leads to it: no marker, no attachment, no health file, no exit code.
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
"""524 is ENOTSUPP, which only the kernel defines: no trampoline for this architecture."""
HELPER_BANNED = ("cannot use helper", "unknown func")
"""The verifier's messages for a helper that lockdown forbids."""


class Verdict(StrEnum):
    """The verdicts of a smoke test, from the strongest to the weakest. Of several, the weakest decides."""

    ENFORCED = "enforced"
    UNSUPPORTED = "unsupported"
    """The kernel cannot enforce: no BTF, no BPF LSM, not this architecture."""
    NO_PRIVILEGE = "no-privilege"
    """The process may not load programs: no capabilities, or a user namespace."""
    REFUSED = "refused"
    """The process may load programs, but the kernel refuses."""
    COULD_NOT_CHECK = "could-not-check"
    """There was nothing to test: the profile names no object."""
    ERROR = "error"
    """The test itself failed."""
    NOT_ENFORCED = "not-enforced"
    """The test ran, and the victim could be opened."""

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES.get(self, 1)


_EXIT_CODES = {Verdict.ENFORCED: 0, Verdict.UNSUPPORTED: 3, Verdict.NO_PRIVILEGE: 4, Verdict.REFUSED: 5}
SKIPPABLE = frozenset({Verdict.UNSUPPORTED, Verdict.NO_PRIVILEGE, Verdict.REFUSED, Verdict.COULD_NOT_CHECK})


class Mode(StrEnum):
    ENFORCE = "enforce"
    """Every verdict except `enforced` fails the release."""
    BEST_EFFORT = "best-effort"
    """A verdict that says nothing about the artefact is skipped, with the reason. The others fail the release."""


class Judgement(Value):
    verdict: Verdict
    why: str
    error: ErrorKind | None = None
    """Set if the verdict is `error`, and only then."""

    @property
    def text(self) -> str:
        """The verdict as it is shown: `error(oom)`."""
        return f"{self.verdict}({self.error})" if self.error else str(self.verdict)


def failed(kind: ErrorKind, why: str) -> Judgement:
    return Judgement(verdict=Verdict.ERROR, error=kind, why=why)


def judge(log: str, *, nonce: str, subject: Subject, exit_code: int | None) -> tuple[Judgement, Report | None]:
    """The verdict of one run that ended, and the report that it comes from.

    `exit_code` is the payload's, as observed from outside; None if it cannot be observed from there.
    """
    report = read_report(log, nonce)
    if isinstance(report, Unreadable):
        return failed(report.kind, report.why), None
    if report.subject is not subject:
        return failed(
            ErrorKind.WRONG_SUBJECT, f"the report is of `{report.subject}`, the test was of `{subject}`"
        ), report
    judgement = judge_report(report)
    if exit_code not in (None, report.exit):
        why = f"the payload ended with {exit_code}, its report says {report.exit}"
        return failed(ErrorKind.EXIT_CODE, why), report
    if (report.exit == 0) != (judgement.verdict is Verdict.ENFORCED):
        why = f"the report's exit code {report.exit} contradicts its content: {judgement.text}, {judgement.why}"
        return failed(ErrorKind.EXIT_CODE, why), report
    return judgement, report


def judge_report(report: Report) -> Judgement:
    """The judgement of the report alone."""
    if report.exit == 142:
        return failed(ErrorKind.DEADLINE, f"the deadline inside passed at the stage `{report.stage}`")
    if report.failed is not None:
        return _judge_failed_stage(report, report.failed.errno, report.failed.message)
    if report.artefact is not None and (problem := _judge_artefact(report)):
        return problem
    return _judge_moments(report)


def _judge_failed_stage(report: Report, number: int, message: str) -> Judgement:
    stage = report.stage
    what = f"the stage `{stage}` failed: {_errno_name(number)}{f', {message}' if message else ''}"
    if stage is Stage.READY:
        return _judge_artefact(report) or failed(ErrorKind.NEVER_READY, what)
    if stage is Stage.ARCH or (stage is Stage.BTF and number in {0, errno.ENOENT, errno.ESRCH}):
        return Judgement(verdict=Verdict.UNSUPPORTED, why=what)
    refusal = _judge_kernel_refusal(report, number, message, what) if stage in {Stage.LOAD, Stage.ATTACH} else None
    return refusal or failed(ErrorKind.NOT_STOPPED if stage is Stage.STOP else ErrorKind.STAGE, what)


def _judge_kernel_refusal(report: Report, number: int, message: str, what: str) -> Judgement | None:
    """The judgement of a program that the kernel did not accept; None if that may be the program's own fault."""
    if (unsupported := _judge_lsm_list(report)) is not None:
        return unsupported
    if number == errno.EPERM:
        return _not_permitted(report, what)
    if any(words in message for words in HELPER_BANNED):
        return Judgement(verdict=Verdict.REFUSED, why=what)
    return Judgement(verdict=Verdict.UNSUPPORTED, why=what) if number in NOT_SUPPORTED else None


def _not_permitted(report: Report, what: str) -> Judgement:
    """One errno has two meanings: the process may not load programs, or it may and the kernel refuses."""
    if report.uid_map != INITIAL_USER_NAMESPACE:
        return Judgement(verdict=Verdict.NO_PRIVILEGE, why=f"{what}; in a user namespace no capability counts for BPF")
    if not may_load(report.capabilities):
        return Judgement(
            verdict=Verdict.NO_PRIVILEGE, why=f"{what}; the process has neither BPF and PERFMON nor SYS_ADMIN"
        )
    return Judgement(verdict=Verdict.REFUSED, why=f"{what}; the process has the capabilities, the kernel refuses")


def may_load(capabilities: str) -> bool:
    """Whether a set in hexadecimal holds SYS_ADMIN, or BPF and PERFMON."""
    bits = int(capabilities, 16)
    return bool(bits >> CAP_SYS_ADMIN & 1) or bool(bits >> CAP_BPF & bits >> CAP_PERFMON & 1)


def _judge_artefact(report: Report) -> Judgement | None:
    """What the artefact did wrong by itself. A program that cannot be stopped has not passed, either."""
    artefact = report.artefact
    if artefact is None:
        return None
    ended = f"signal {artefact.signal}" if artefact.signal else f"exit code {artefact.exit}"
    if not artefact.ready and not artefact.killed and report.during is None:
        return failed(ErrorKind.CRASHED, f"the artefact ended before it was ready: {ended}")
    if not artefact.ready:
        return failed(ErrorKind.NEVER_READY, "the artefact did not show every ready marker in time")
    if artefact.killed:
        return failed(ErrorKind.NOT_STOPPED, "the artefact continued after the signal to stop, and was killed")
    return None


def _judge_moments(report: Report) -> Judgement:
    before, during, after = report.before, report.during, report.after
    if before is None or during is None or after is None or report.stage not in {Stage.DETACH, Stage.STOP}:
        return failed(ErrorKind.GARBAGE, "the report stops before the end, and names no failure")
    if (report.subject is Subject.RELEASE) != (report.artefact is not None):
        return failed(ErrorKind.GARBAGE, "the report of a release must have an artefact, and no other may")
    if problem := _judge_side_effects(before, during, after):
        return problem
    what = _describe_opens(during)
    if during.victim and during.other:
        return Judgement(verdict=Verdict.ENFORCED, why=f"denied to both processes, control open: {what}")
    return _judge_lsm_list(report) or Judgement(verdict=Verdict.NOT_ENFORCED, why=f"the victim could be opened: {what}")


def _judge_side_effects(before: Moment, during: Moment, after: Moment) -> Judgement | None:
    """What makes an observation worthless, whatever happened to the victim."""
    strange = sorted({during.victim, during.other} - {0} - DENIALS)
    problems = (
        (any(_opens(before)), ErrorKind.UNREADABLE_BEFORE, f"a file was closed before: {_describe_opens(before)}"),
        (during.control, ErrorKind.SIDE_EFFECT, f"the control was closed, too: {_describe_opens(during)}"),
        (strange, ErrorKind.OTHER_ERRNO, f"the victim was closed for another reason: {_describe_opens(during)}"),
        (any(_opens(after)), ErrorKind.STILL_DENIED, f"a file stayed closed: {_describe_opens(after)}"),
    )
    return next((failed(kind, why) for applies, kind, why in problems if applies), None)


def _judge_lsm_list(report: Report) -> Judgement | None:
    """The judgement if the list of LSMs lacks bpf. A list that cannot be read says nothing."""
    if report.lsms is None or "bpf" in report.lsms:
        return None
    return Judgement(
        verdict=Verdict.UNSUPPORTED, why=f"the kernel's active LSMs are `{','.join(report.lsms)}`, without bpf"
    )


def _opens(moment: Moment) -> tuple[int, int, int]:
    return moment.victim, moment.control, moment.other


def _errno_name(number: int) -> str:
    return errno.errorcode.get(number, f"errno {number}") if number else "no errno"


def _describe_opens(moment: Moment) -> str:
    opens = {"victim": moment.victim, "control": moment.control, "other process": moment.other}
    return ", ".join(f"{name} {_errno_name(number) if number else 'opened'}" for name, number in opens.items())
