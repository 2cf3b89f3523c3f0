"""How a release ended, in a few lines: kinds that are counted, gates that are open, and the whole command that comes next."""

from __future__ import annotations

import pytest

from loadmaster.planning.progress.outcome import outcome_text
from loadmaster.planning.smoke_worker import GATE as SMOKE_WORKER
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.receipt import Failure, ObjectKind, ObjectRecord, Receipt
from loadmaster.planning.values.state import ObjectState
from tests.kit.receipts import GATE, receipt

SAME, UNKNOWN, ABSENT = ObjectState.SAME, ObjectState.UNKNOWN, ObjectState.ABSENT
OPEN = GateAnswer.could_not_check("msrv", "Rust 1.60\nis not installed").model_copy(update={"blocks": False})


def record(kind: ObjectKind, id: str, state: ObjectState = SAME, why: str | None = None) -> ObjectRecord:
    return ObjectRecord(kind=kind, id=id, state=state, why=why)


def crates(count: int, state: ObjectState = SAME, why: str | None = None) -> tuple[ObjectRecord, ...]:
    return tuple(record("crate", f"part-{number}@1.0.0", state, why) for number in range(count))


def shown(*, log: str | None = None, width: int = 1000, **fields: object) -> list[str]:
    return outcome_text(receipt(**{"gates": (), "deviations": (), **fields}), log, width).splitlines()


def test_forty_crates_are_one_line() -> None:
    objects = (
        record("commit", "c" * 40),
        record("tag", "v1.0.0"),
        *crates(40),
        record("asset", "a"),
        record("asset", "b"),
    )
    assert shown(log="runs/1/prefect.log", objects=objects) == [
        "demo 1.0.0: RELEASED in 12.5 s (rehearsal world)",
        "  nothing was left to do: everything was released already",
        "  ✔ commit        cccccccccccc",
        "  ✔ tag           v1.0.0",
        "  ✔ crates        40 of 40",
        "  ✔ assets        2 of 2: a, b",
        "  log runs/1/prefect.log",
        "next: `loadmaster preflight --project demo --version 1.0.0` asks whether the registry would take it",
    ]


def test_what_is_not_there_is_named_up_to_five_times() -> None:
    objects = (*crates(3), *crates(7, UNKNOWN, "the registry\ndid not answer."))
    lines = shown(objects=objects)
    assert lines[2] == "  ? crates        3 of 10 (3 same, 7 unknown)"
    assert lines[3] == "      ? part-0@1.0.0: unknown (the registry did not answer)"
    assert lines[8] == "      and 2 more"


def test_one_that_is_alone_says_why_it_is_not_there() -> None:
    lines = shown(objects=(record("install", "demo", ABSENT, "it was not tried."),))
    assert lines[2] == "  · install       demo: absent (it was not tried)"


def test_each_open_gate_is_one_line_of_the_terminals_width() -> None:
    skipped = GateAnswer.skip(SMOKE_WORKER, "no engine")
    lines = shown(gates=(OPEN, skipped, GateAnswer.skip("python-version", "no Python")), objects=crates(1), width=30)
    assert lines[3:6] == [
        "  2 gates open (`-v` tells them in full):",
        "    msrv: could not be checke…",
        "    smoke-worker: skipped: no…",
    ]


def test_a_gate_that_closed_the_release_is_told_by_the_failure_alone() -> None:
    failure = Failure(what="1 problem found:\n  - tree-clean", why="b.", next="c.")
    lines = shown(outcome="failed", gates=(GATE,), objects=(), failure=failure, run="3f2a8c1e-0000")
    assert lines[1:] == [
        "",
        "1 problem found:",
        "  - tree-clean",
        "  why: b.",
        "  next: c.",
        "",
        "out by now: nothing pushed; no crate published; no public forge release",
        "go on: nothing is out yet; mend it, then start a new run",
    ]


NEXT = {
    "a rehearsal asks the registry": (
        {"options": {"repository": "/a b", "forge": "none"}},
        "`loadmaster preflight --project demo --version 1.0.0 --repository '/a b'` asks whether the registry would take it",
    ),
    "a release is looked at": (
        {"world": "live", "options": {"registry": "sparse+http://127.0.0.1:1/", "forge": "none"}},
        "`loadmaster status --project demo --version 1.0.0 --registry sparse+http://127.0.0.1:1/ --forge none` shows what "
        "users have",
    ),
}


@pytest.mark.parametrize(("fields", "expected"), NEXT.values(), ids=list(NEXT))
def test_what_comes_next(fields: dict[str, object], expected: str) -> None:
    assert outcome_text(receipt(**fields), None, 1000).splitlines()[-1] == f"next: {expected}"


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "crashed"])
def test_a_release_that_is_begun_goes_on_with_its_run(outcome: str) -> None:
    objects = (record("commit", "c" * 40), *crates(1), *crates(1, ABSENT))
    assert shown(outcome=outcome, objects=objects, run="3f2a8c1e-0000")[-1] == "go on: `loadmaster resume 3f2a8c1e`"


def test_commands_and_deviations_are_told() -> None:
    command = {
        "name": "docs",
        "run": ("make",),
        "exit_code": 0,
        "sha256": "a" * 64,
        "seconds": 2.25,
        "files": ("a.md",),
    }
    lines = outcome_text(Receipt.model_validate({**receipt().model_dump(), "commands": (command,)}), None, 1000)
    assert "  ✔ command  docs  2.2 s  changed a.md\n" in lines
    assert "  deviation: clippy was not run, by the profile\n" in lines
