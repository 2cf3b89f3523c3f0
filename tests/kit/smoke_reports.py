"""Reports of smoke tests, made from what is said to have been seen."""

from __future__ import annotations

from typing import Any

from loadmaster.planning.smoke.report import MARK, Artefact, Moment, Report, Stage, StageFailure, Subject

NONCE = "5f0c77aa"
ALL = "000001ffffffffff"
NONE = "0000000000000000"
INITIAL = "0 0 4294967295"
STOPPED = Artefact(ready=True, exit=0, signal=None, killed=False, health=None)


def moment(ms: int = 0, *, victim: int = 0, control: int = 0, other: int = 0) -> Moment:
    return Moment(ms=ms, victim=victim, control=control, other=other)


def report(**said: Any) -> Report:
    """The probe's report of a denial, but for what is said."""
    enforced: dict[str, Any] = {
        "nonce": NONCE,
        "subject": Subject.PROBE,
        "kernel": "6.12.107-cloud-amd64",
        "machine": "x86_64",
        "exit": 0,
        "stage": Stage.DETACH,
        "failed": None,
        "lsms": ("lockdown", "capability", "landlock", "bpf"),
        "capabilities": ALL,
        "uid_map": INITIAL,
        "before": moment(10),
        "during": moment(14, victim=1, other=1),
        "after": moment(18),
        "artefact": None,
    }
    return Report.model_validate(enforced | said)


def release(**said: Any) -> Report:
    """A released program's report of a denial, but for what is said."""
    return report(**{"subject": Subject.RELEASE, "stage": Stage.STOP, "artefact": STOPPED} | said)


def stopped_at(stage: Stage, number: int, message: str = "", *, code: int, **said: Any) -> Report:
    """The report of a payload that came no further than `stage`."""
    failure = StageFailure(errno=number, message=message)
    return report(**{"stage": stage, "failed": failure, "exit": code, "during": None, "after": None} | said)


def log(*reports: Report) -> str:
    """A console as QEMU's guests leave it: other lines, carriage returns."""
    lines = "".join(f"{MARK}{each.model_dump_json()}\r\n" for each in reports)
    return f"SeaBIOS\r\n[    0.5] booting\r\n{lines}[    3.1] reboot: Power down\r\n"
