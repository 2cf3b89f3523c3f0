"""What several kernels come to, what a release makes of it, and how it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadmaster.planning.smoke.report import ErrorKind, Subject
from loadmaster.planning.smoke.result import SmokeOutcome, SmokeResult, not_made, outcome_under, record_of
from loadmaster.planning.smoke.show import outcome_of, smoke_json, smoke_markdown, smoke_text
from loadmaster.planning.smoke.style import Backend
from loadmaster.planning.smoke.verdict import Judgement, Mode, Verdict
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.state import ObjectState
from tests.kit.smoke_reports import STOPPED, moment, release, report

DENIED = Judgement(verdict=Verdict.ENFORCED, why="denied to both processes")


def result(verdict: Verdict = Verdict.ENFORCED, kernel: str = "6.12", **said: object) -> SmokeResult:
    error = ErrorKind.OOM if verdict is Verdict.ERROR else None
    made = SmokeResult(
        judgement=Judgement(verdict=verdict, why=f"it was {verdict}", error=error),
        backend=Backend.VM,
        subject=Subject.PROBE,
        kernel=kernel,
        seconds=4.0,
    )
    return made.model_copy(update=said)


RESULTS = st.lists(st.sampled_from(Verdict).map(result), min_size=1, max_size=5).map(tuple)


@given(results=RESULTS)
def test_the_weakest_kernel_decides(results: tuple[SmokeResult, ...]) -> None:
    outcome = SmokeOutcome(results=results)
    everywhere = all(each.judgement.verdict is Verdict.ENFORCED for each in results)
    assert (outcome.exit_code == 0) is everywhere


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.ENFORCED, 0),
        (Verdict.NOT_ENFORCED, 1),
        (Verdict.ERROR, 1),
        (Verdict.COULD_NOT_CHECK, 1),
        (Verdict.UNSUPPORTED, 3),
        (Verdict.NO_PRIVILEGE, 4),
        (Verdict.REFUSED, 5),
    ],
)
def test_every_verdict_has_an_exit_code(verdict: Verdict, code: int) -> None:
    assert SmokeOutcome(results=(result(verdict),)).exit_code == code


@pytest.mark.parametrize("verdict", Verdict)
def test_where_a_denial_is_demanded_nothing_else_passes(verdict: Verdict) -> None:
    assert (outcome_under(verdict, Mode.ENFORCE) is Outcome.PASS) is (verdict is Verdict.ENFORCED)
    assert outcome_under(verdict, Mode.ENFORCE) is not Outcome.SKIP


@pytest.mark.parametrize(
    ("verdict", "made_of_it"),
    [
        (Verdict.ENFORCED, Outcome.PASS),
        (Verdict.UNSUPPORTED, Outcome.SKIP),
        (Verdict.NO_PRIVILEGE, Outcome.SKIP),
        (Verdict.REFUSED, Outcome.SKIP),
        (Verdict.COULD_NOT_CHECK, Outcome.SKIP),
        (Verdict.NOT_ENFORCED, Outcome.FAIL),
        (Verdict.ERROR, Outcome.FAIL),
    ],
)
def test_best_effort_skips_what_says_nothing_and_fails_the_rest(verdict: Verdict, made_of_it: Outcome) -> None:
    assert outcome_under(verdict, Mode.BEST_EFFORT) is made_of_it


@pytest.mark.parametrize("verdict", Verdict)
def test_only_a_seen_denial_is_recorded_as_done(verdict: Verdict) -> None:
    records = record_of(SmokeOutcome(results=(result(verdict),)), Mode.BEST_EFFORT)
    assert [each.state is ObjectState.SAME for each in records] == [verdict is Verdict.ENFORCED]
    assert (records[0].why or "").startswith("skip: ") is (outcome_under(verdict, Mode.BEST_EFFORT) is Outcome.SKIP)


def test_the_receipt_tells_where_the_kernel_came_from() -> None:
    (record,) = record_of(SmokeOutcome(results=(FULL,)), Mode.ENFORCE)
    assert (record.why or "").endswith("; kernel from linux-image 6.12.107 (sha256 b9ea)")


def test_a_host_that_cannot_is_told_from_a_release_that_has_no_object() -> None:
    nobody = not_made(Subject.PROBE, Backend.AUTO, ("6.1", "6.12"), "no engine")
    no_object = SmokeOutcome(results=(result(Verdict.COULD_NOT_CHECK, probe=DENIED),))
    assert (nobody.was_made, nobody.exit_code) == (False, 1)
    assert no_object.was_made
    assert SmokeOutcome(results=(result(Verdict.ERROR),)).was_made


FULL = result(report=report(), judgement=DENIED, kernel_package="linux-image 6.12.107 (sha256 b9ea)")


def test_a_terminal_shows_the_timeline_of_the_report() -> None:
    text = smoke_text(SmokeOutcome(results=(FULL,)))
    assert "✔ enforced: probe on 6.12 (vm), 4.0 s" in text
    assert "14 ms  during  victim denied (EPERM), control open, other process denied (EPERM)" in text
    assert "linux-image 6.12.107" in text


def test_json_has_the_keys_that_are_documented() -> None:
    document = smoke_json(SmokeOutcome(results=(FULL,)))
    assert list(document) == ["verdict", "backend", "subject", "kernel", "report", "seconds", "why"]
    assert document["verdict"] == "enforced"


def test_json_of_several_kernels_tells_the_weakest_and_then_all() -> None:
    document = smoke_json(SmokeOutcome(results=(FULL, result(Verdict.ERROR, "7.2"))))
    assert (document["verdict"], document["kernel"], document["seconds"]) == ("error(oom)", "7.2", 8.0)
    assert [each["verdict"] for each in document["kernels"]] == ["enforced", "error(oom)"]


def test_a_release_that_denies_nothing_stands_beside_its_probe() -> None:
    told = release(exit=1, during=moment(), artefact=STOPPED.model_copy(update={"health": "a | `b`\n```json\n{}"}))
    shown = SmokeOutcome(results=(result(Verdict.NOT_ENFORCED, report=told, probe=DENIED),))
    assert "the probe beside it: enforced" in smoke_text(shown)
    assert "which proves nothing" in smoke_markdown(shown)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(why=TEXTS, health=st.none() | TEXTS, verdict=st.sampled_from(Verdict))
def test_an_outcome_comes_back_from_its_artifact(why: str, health: str | None, verdict: Verdict) -> None:
    told = release(artefact=STOPPED.model_copy(update={"health": health}))
    given_in = result(verdict, report=told, judgement=DENIED.model_copy(update={"why": why}))
    outcome = SmokeOutcome(results=(given_in, FULL))
    assert outcome_of(smoke_markdown(outcome)) == outcome


def test_an_artifact_without_an_outcome_is_none() -> None:
    with pytest.raises(ValueError, match="no outcome"):
        outcome_of("# something else")
