"""The report of one smoke test, as the payload in the container or VM writes it. It knows the format; `verdict.py` judges it.

The payload prints exactly one report: a line that begins with `LSM-SMOKE ` and then has one JSON object without a line break.
It prints a newline first, because firmware and kernel share the console. It prints an artefact's log with a prefix.
Every field must be there; some may be `null`, as noted. Errnos are the kernel's numbers, 0 for an open that succeeded.

    {"nonce": "5f0c…",                the run's own number; proves that the line belongs to this run
     "subject": "probe",              or "release"
     "kernel": "6.12.107-cloud-amd64", uname -r, and
     "machine": "x86_64",             uname -m
     "exit": 0,                       the exit code that follows: 0 enforced, 1 observed and not enforced, 3 unsupported,
                                      4 no privilege, 5 refused, 70 anything else, 142 the deadline inside
     "stage": "detach",               the last stage that was begun (`Stage`)
     "failed": null,                  or {"errno": 1, "message": "…"}: why that stage failed; errno 0 if there is none,
                                      message: the verifier's log, or words; at most 4000 characters, valid JSON text
     "lsms": ["lockdown", "bpf"],     /sys/kernel/security/lsm, null if it cannot be read (which says nothing)
     "capabilities": "000001ffffffffff", CapEff of /proc/self/status
     "uid_map": "0 0 4294967295",     first line of /proc/self/uid_map, blanks squeezed
     "before":  {"ms": 12, "victim": 0, "control": 0, "other": 0},   all three null until they are seen
     "during":  {"ms": 15, "victim": 1, "control": 0, "other": 1},
     "after":   {"ms": 18, "victim": 0, "control": 0, "other": 0},
     "artefact": null}                subject release, once it was started: see `Artefact`

A moment is three opens of files for reading. The observer opens the victim and the control, and another process of it opens
the victim (`other`); for `release` that process has another uid. `ms` counts from the payload's start. The probe has the
stages arch, btf, load, attach, observe, detach. An observer of a release has arch, start, ready, observe, stop. The moment
`before` is seen ahead of `load` or `start`, and is not a stage of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from loadmaster.planning.values.value import Value

MARK = "LSM-SMOKE "

Errno = Annotated[int, Field(ge=0, le=4095, strict=True)]
"""The kernel's number; 0 if the open succeeded."""


class Stage(StrEnum):
    """The steps of a payload, in their order."""

    ARCH = "arch"
    BTF = "btf"
    LOAD = "load"
    ATTACH = "attach"
    START = "start"
    """The artefact is executed."""
    READY = "ready"
    """The payload waits for all of its ready markers."""
    OBSERVE = "observe"
    DETACH = "detach"
    STOP = "stop"
    """The payload signals the artefact, and waits for its exit."""


class Subject(StrEnum):
    PROBE = "probe"
    """The payload itself denies. This proves that the worker can."""
    RELEASE = "release"
    """The released artefact denies, and our observer opens."""


class Moment(Value):
    """Three opens at one time."""

    ms: int = Field(ge=0)
    victim: Errno
    control: Errno
    other: Errno
    """The victim, opened by another process."""


class StageFailure(Value):
    errno: Errno
    message: str = Field(max_length=4000)


class Artefact(Value):
    """What happened to the released program."""

    ready: bool
    """Whether every ready marker was seen in its log."""
    exit: int | None = Field(ge=0, le=255)
    """Its exit code; null if a signal ended it."""
    signal: int | None = Field(ge=1, le=64)
    """The signal that ended it; null if it ended by itself."""
    killed: bool
    """Whether it continued after the signal to stop, and had to be killed."""
    health: str | None = Field(max_length=16000)
    """The text of its health file, if the profile names one and it exists. It is additional evidence, never a proof alone."""


class Report(Value):
    """What one payload saw. The module's docstring shows the JSON."""

    nonce: str
    subject: Subject
    kernel: str = Field(min_length=1)
    machine: str
    exit: Literal[0, 1, 3, 4, 5, 70, 142]
    stage: Stage
    failed: StageFailure | None
    lsms: tuple[str, ...] | None
    capabilities: str = Field(pattern=r"^[0-9a-f]{16}$")
    uid_map: str
    before: Moment | None
    during: Moment | None
    after: Moment | None
    artefact: Artefact | None


class ErrorKind(StrEnum):
    """Why there is no verdict about enforcement."""

    NO_REPORT = "no-report"
    TWO_REPORTS = "two-reports"
    GARBAGE = "garbage"
    WRONG_NONCE = "wrong-nonce"
    WRONG_SUBJECT = "wrong-subject"
    EXIT_CODE = "exit-code"
    """The process ended with another code than its report says, or the report contradicts itself."""
    OOM = "oom"
    DEADLINE = "deadline"
    STAGE = "stage"
    """A stage failed in a way that says nothing about the kernel."""
    CRASHED = "crashed"
    NEVER_READY = "never-ready"
    NOT_STOPPED = "not-stopped"
    UNREADABLE_BEFORE = "unreadable-before"
    SIDE_EFFECT = "side-effect"
    OTHER_ERRNO = "other-errno"
    STILL_DENIED = "still-denied"


class Unreadable(Value):
    """Why there is no report of this run."""

    kind: ErrorKind
    why: str


def read_report(log: str, nonce: str) -> Report | Unreadable:
    """The report in a log. Unless there is exactly one valid report, with this nonce, the result is `Unreadable`."""
    lines = [line.removeprefix(MARK) for line in map(str.strip, log.split("\n")) if line.startswith(MARK)]
    if not lines:
        return Unreadable(kind=ErrorKind.NO_REPORT, why=f"no line of the log begins with `{MARK.strip()}`")
    if len(lines) > 1:
        return Unreadable(kind=ErrorKind.TWO_REPORTS, why=f"the log has {len(lines)} reports")
    try:
        report = Report.model_validate_json(lines[0])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        return Unreadable(kind=ErrorKind.GARBAGE, why=f"the report is not valid: `{place}`: {first['msg']}")
    if report.nonce != nonce:
        return Unreadable(
            kind=ErrorKind.WRONG_NONCE, why=f"the report is of another run: its nonce is `{report.nonce}`"
        )
    return report
