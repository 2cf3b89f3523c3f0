"""One thing that Loadmaster needs of a machine: what was seen of it, whether that is enough, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from loadmaster.planning.values.receipt import Failure
from loadmaster.planning.values.value import Value

NEEDED_BY: Mapping[str, str] = {
    "python": "every command",
    "packages": "every command",
    "cargo": "`plan`, `rehearse`, `release`, `next` and `audit`",
    "rustup": "profiles that name a toolchain (`cargo.toolchain`), and repositories that do",
    "clippy": "`rehearse` and `release`, unless the profile has `cargo.clippy = false`",
    "git": "every command but `bump` and `gates`",
    "git-lfs": "repositories that keep files with Git LFS, and no others",
    "sandbox": "`release`; the others build without one, and their receipts say so",
    "store": "every command but `bump` and `gates`",
    "disk": "`rehearse` and `release`, for clones, builds and packaged crates",
    "database": "`rehearse`, `release`, `preflight` from the UI, and the UI itself",
    "server": "`rehearse`, `release` and the UI; a command that needs one starts it",
    "pool": "runs, which wait in it",
    "worker": "runs, which it carries out",
    "engine": "`smoke` alone, and the smoke test of a release whose profile asks for one",
    "registry": "`plan`, `rehearse`, `release`, `next`, `preflight` and `status`",
    "clock": "`release`: its instants, and tokens that expire",
}
"""Who needs what, in the order in which it is looked at."""


class CheckOutcome(StrEnum):
    OK = "ok"
    WARN = "warn"
    """It hurts what needs it, and a release can be made all the same."""
    FAIL = "fail"
    """No release can be made."""
    NOT_ASKED = "not-asked"


class Check(Value):
    name: str
    """One of `NEEDED_BY`."""
    outcome: CheckOutcome
    seen: str
    fix: str | None = None
    """What mends it, with the whole command; None if nothing has to be mended."""
    code: str | None = None
    """The code of the error that a command would end with, for `loadmaster explain`."""

    @property
    def needed_by(self) -> str:
        return NEEDED_BY[self.name]


def ok(name: str, seen: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.OK, seen=seen)


def warn(name: str, seen: str, fix: str, code: str | None = None) -> Check:
    return Check(name=name, outcome=CheckOutcome.WARN, seen=seen, fix=fix, code=code)


def fail(name: str, seen: str, fix: str, code: str | None = None) -> Check:
    return Check(name=name, outcome=CheckOutcome.FAIL, seen=seen, fix=fix, code=code)


def not_asked(name: str, why: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.NOT_ASKED, seen=why)


def failed(name: str, failure: Failure, fix: str | None = None) -> Check:
    """A check that met an error of the catalogue. `fix`: where this machine knows a better one than the error."""
    return fail(name, failure.what, fix or failure.next, failure.code)


def worst(checks: Iterable[Check]) -> CheckOutcome:
    outcomes = {check.outcome for check in checks}
    return next((one for one in (CheckOutcome.FAIL, CheckOutcome.WARN) if one in outcomes), CheckOutcome.OK)
