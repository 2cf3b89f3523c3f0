"""What the doctor prints: every check, and below those that are not well what needs it and what mends it."""

from __future__ import annotations

import pytest

from loadmaster.planning.doctor.check import NEEDED_BY, Check, CheckOutcome, fail, not_asked, ok, warn, worst
from loadmaster.planning.doctor.show import doctor_json, doctor_text

FINE = ok("cargo", "1.95.0")
HURT = warn("engine", "No Docker engine answers.", "run `sudo apt-get install docker.io`")
BROKEN = fail("git", "There is no `git` on the search path.", "run `sudo apt-get install git`", "git-missing")
LEFT_OUT = not_asked("clock", "left out (`--offline`)")


def test_each_has_a_line_and_what_is_not_well_says_what_needs_and_mends_it() -> None:
    assert doctor_text([FINE, HURT, BROKEN, LEFT_OUT], 1000).splitlines() == [
        "ok    cargo     1.95.0",
        "warn  engine    No Docker engine answers",
        "      needed by `smoke` alone, and the smoke test of a release whose profile asks for one",
        "      next: run `sudo apt-get install docker.io`.",
        "FAIL  git       There is no `git` on the search path",
        "      needed by every command but `bump` and `gates`",
        "      next: run `sudo apt-get install git`.",
        "      more: loadmaster explain git-missing",
        "-     clock     left out (`--offline`)",
        "",
        "No release can be made here: 1 of 4 checks failed.",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_are_as_wide_as_the_terminal(width: int) -> None:
    long = [warn(name, f"{name} " * 30, "run `it` " * 9) for name in NEEDED_BY]
    assert max(map(len, doctor_text(long, width).splitlines())) <= width


VERDICTS = {
    "all is well": ([FINE, LEFT_OUT], CheckOutcome.OK, "A release can be made here."),
    "something hurts": ([FINE, HURT], CheckOutcome.WARN, "Warnings: 1, which hurt only what needs it."),
    "something fails": ([HURT, BROKEN, FINE], CheckOutcome.FAIL, "1 of 3 checks failed."),
}


@pytest.mark.parametrize(("checks", "outcome", "told"), VERDICTS.values(), ids=list(VERDICTS))
def test_the_verdict_is_the_worst_of_them(checks: list[Check], outcome: CheckOutcome, told: str) -> None:
    assert worst(checks) is outcome
    assert doctor_text(checks, 200).endswith(told)
    assert doctor_json(checks)["outcome"] == outcome


def test_as_json_each_says_what_needs_it() -> None:
    assert doctor_json([BROKEN])["checks"] == [
        {
            "name": "git",
            "outcome": "fail",
            "seen": "There is no `git` on the search path.",
            "fix": "run `sudo apt-get install git`",
            "code": "git-missing",
            "needed_by": "every command but `bump` and `gates`",
        }
    ]
