"""The report of one smoke test, as the payload in the container or VM writes it. It knows the shape; the verdict is `verdict.py`'s.

The payload prints exactly one line, which begins with `LSM-SMOKE ` at the start of a line (so print a newline first: firmware
and kernel share the console), then one JSON object without a line break. What an artefact logs is printed with a prefix.
Every field must be there; `null` where it says so. Errnos are the kernel's numbers, 0 for an open that succeeded.

    {"nonce": "5f0c…",                what the run was given; proves that the line is of this run
     "subject": "probe",              or "release"
     "kernel": "6.12.107-cloud-amd64", uname -r, and
     "machine": "x86_64",             uname -m
     "exit": 0,                       the exit code that follows: 0 enforced, 1 observed and not enforced, 3 unsupported,
                                      4 no privilege, 5 refused, 70 anything else, 142 the deadline inside
     "stage": "detach",               the last stage that was begun (`Stage`)
     "failed": null,                  or {"errno": 1, "message": "…"}: why that stage failed; errno 0 if none belongs to it,
                                      message: the verifier's log, or words; at most 4000 characters, valid JSON text
     "lsms": ["lockdown", "bpf"],     /sys/kernel/security/lsm, null if it cannot be read (which says nothing)
     "capabilities": "000001ffffffffff", CapEff of /proc/self/status
     "uid_map": "0 0 4294967295",     first line of /proc/self/uid_map, blanks squeezed
     "before":  {"ms": 12, "victim": 0, "control": 0, "other": 0},   all three null until they were seen
     "during":  {"ms": 15, "victim": 1, "control": 0, "other": 1},
     "after":   {"ms": 18, "victim": 0, "control": 0, "other": 0},
     "artefact": null}                subject release, once it was started: see `Artefact`

A moment is three opens of files for reading: of the victim and of the control by the observer, and of the victim by another
process of it (`other`), which for `release` runs as another uid. `ms` counts from the payload's start. The probe goes through
arch, btf, load, attach, observe, detach; an observer of a release through arch, start, ready, observe, stop. `observe` takes
`before` too, ahead of `load` or `start`: that is no stage of its own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from loadmaster.planning.values.value import Value

MARK = "LSM-SMOKE "

Errno = Annotated[int, Field(ge=0, le=4095, strict=True)]
"""As the kernel numbers it; 0: the open succeeded."""


class Stage(StrEnum):
    """What a payload does, one after the other."""

    ARCH = "arch"
    BTF = "btf"
    LOAD = "load"
    ATTACH = "attach"
    START = "start"
    """The artefact is executed."""
    READY = "ready"
    """All of its ready markers are awaited."""
    OBSERVE = "observe"
    DETACH = "detach"
    STOP = "stop"
    """The artefact is signalled, and its exit awaited."""


class Subject(StrEnum):
    PROBE = "probe"
    """The payload itself denies: proves that the worker can."""
    RELEASE = "release"
    """The released artefact denies, while our observer opens."""


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
    """What became of the released program."""

    ready: bool
    """Whether every ready marker was seen in its log."""
    exit: int | None = Field(ge=0, le=255)
    """Its exit code; null if it was ended by a signal."""
    signal: int | None = Field(ge=1, le=64)
    """What ended it; null if it ended by itself."""
    killed: bool
    """Whether it went on after the signal to stop, and had to be killed."""
    health: str | None = Field(max_length=16000)
    """Its health file's text, where the profile names one and it was written: evidence beside a denial, never instead."""


class Report(Value):
    """What one payload saw. See the module's text for the JSON."""

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
    """The process ended otherwise than its report says, or the report contradicts itself."""
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
    """There is no report of this run."""

    kind: ErrorKind
    why: str


def read_report(log: str, nonce: str) -> Report | Unreadable:
    """The one report in a log; anything but exactly one that fits, with this nonce, is unreadable."""
    lines = [line.removeprefix(MARK) for line in map(str.strip, log.split("\n")) if line.startswith(MARK)]
    if not lines:
        return Unreadable(kind=ErrorKind.NO_REPORT, why=f"no line of the log begins with `{MARK.strip()}`")
    if len(lines) > 1:
        return Unreadable(kind=ErrorKind.TWO_REPORTS, why=f"the log holds {len(lines)} reports")
    try:
        report = Report.model_validate_json(lines[0])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        return Unreadable(kind=ErrorKind.GARBAGE, why=f"the report is not one: `{place}`: {first['msg']}")
    if report.nonce != nonce:
        return Unreadable(
            kind=ErrorKind.WRONG_NONCE, why=f"the report is of another run: its nonce is `{report.nonce}`"
        )
    return report
