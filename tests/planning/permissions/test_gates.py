"""Each gate, with a planted failure for each thing that it must find, and the words that it must find for it."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.errors.request import GatesClosed
from loadmaster.planning.crates_io.packaged import PackagedCrate
from loadmaster.planning.gates import require_open
from loadmaster.planning.permissions.crate_gates import crate_rules
from loadmaster.planning.permissions.findings import Asked, answers
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, NameSeen, TokenSeen
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import (
    HTML,
    PASSED,
    SOURCE,
    WANTED,
    config,
    configured,
    crate,
    facts,
    found,
    one,
    owned,
    profile,
    refused,
    said,
)

PASS, FAIL, SKIP, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.COULD_NOT_CHECK
TRUSTED = {"credential": "trusted-publishing", "trusted_publishing": WANTED}


@pytest.mark.parametrize(
    ("site", "outcome", "told"),
    [
        pytest.param(said({"read_only": False}), PASS, "accepts uploads", id="ready"),
        pytest.param(
            said({"read_only": True, "banner_message": "soon"}), FAIL, "read-only mode: `soon`", id="read-only"
        ),
        pytest.param(refused(503, "crates.io is currently in read-only mode."), FAIL, "read-only", id="blocked route"),
        pytest.param(
            refused(403, "We require that all requests include a `User-Agent` header."), FAIL, "turns", id="UA"
        ),
        pytest.param(said(HTML), UNKNOWN, "begins `<!doctype html>`", id="a proxy's page"),
        pytest.param(said("<html>no</html>", 403), UNKNOWN, "a firewall", id="a firewall"),
        pytest.param(refused(404, "Not Found"), UNKNOWN, "does not say", id="another registry"),
        pytest.param(
            Exchange(request="GET x", status=None, text="ConnectTimeout"), UNKNOWN, "ConnectTimeout", id="down"
        ),
    ],
)
def test_the_registry_is_ready_or_it_is_said_why_not(site: Exchange, outcome: Outcome, told: str) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=crate()), site=site), "registry-ready", "registry")
    assert finding.outcome is outcome
    assert told in finding.what
    assert finding.asked == Asked.of(site)


def test_another_registry_may_have_other_rules() -> None:
    asked = facts(profile(), CrateAnswers(crate=crate()), names={"serde": NameSeen(spelled=None)})
    assert not found(asked.model_copy(update={"is_crates_io": False}), "dependency-names")
    (finding,) = crate_rules([PackagedCrate(name="a", version="1.0.0", problems=("one",))], is_crates_io=False)
    assert (finding.outcome, finding.is_warning) == (PASS, True)


@pytest.mark.parametrize(
    ("preflight", "outcome"),
    [({}, PASS), ({"finish_within": 60}, PASS), ({"finish_within": 0.05}, FAIL)],
)
def test_the_rate_limits_must_let_the_release_end_in_time(preflight: dict[str, Any], outcome: Outcome) -> None:
    finding = one(facts(profile(preflight=preflight), CrateAnswers(crate=crate())), "rate-budget", "plan")
    assert finding.outcome is outcome
    assert "min" in finding.what


def test_what_the_probes_cost_is_planned() -> None:
    project = profile({"update_burst": 3}, {"probe": True, "finish_within": 0.5})
    without = one(facts(project, CrateAnswers(crate=crate())), "rate-budget", "plan")
    assert (without.outcome, "probes" in without.what) == (PASS, False)
    finding = one(facts(project, CrateAnswers(crate=crate(), probe=PASSED)), "rate-budget", "plan")
    assert finding.outcome is FAIL
    assert "1 crates wait" in finding.what
    assert "2 probes included" in finding.what


def test_probes_that_used_the_whole_burst_leave_a_plan_that_ends() -> None:
    project = profile({"update_burst": 1}, {"probe": True})
    finding = one(facts(project, CrateAnswers(crate=crate(), probe=PASSED)), "rate-budget", "plan")
    assert "publishing takes about 2 min" in finding.what


@pytest.mark.parametrize(
    ("finish_within", "outcome", "is_warning"),
    [
        pytest.param(None, PASS, True, id="no limit in the profile"),
        pytest.param(30, PASS, True, id="in time all the same"),
        pytest.param(5, FAIL, False, id="too late"),
    ],
)
def test_a_probe_that_met_the_limit_corrects_the_plan(
    finish_within: float | None, outcome: Outcome, is_warning: bool
) -> None:
    again = "Please try again after Sun, 22 Nov 2026 12:10:00 GMT and see https://crates.io/docs/rate-limits"
    told = refused(429, f"You have published too many updates to existing crates in a short period of time. {again}")
    project = profile(preflight={"probe": True, "finish_within": finish_within})
    finding = one(facts(project, CrateAnswers(crate=crate(), probe=told)), "rate-budget", "plan")
    assert (finding.outcome, finding.is_warning) == (outcome, is_warning)
    assert "publishing takes about 11 min" in finding.what
    assert "the limit for updates is used up until 2026-11-22 12:10:00 UTC, as a probe was told" in finding.what
    assert "lower `registry.update_burst`" in finding.fix
    assert any("429" in each.answer for each in finding.asked)


@pytest.mark.parametrize(
    ("seen", "outcome", "told"),
    [
        pytest.param(NameSeen(spelled="serde"), PASS, "", id="there"),
        pytest.param(NameSeen(spelled="Serde"), FAIL, "is spelled `Serde` there", id="spelled otherwise"),
        pytest.param(NameSeen(spelled=None), FAIL, "`serde` is not on the registry", id="not there"),
        pytest.param(NameSeen(spelled=None, unread="503"), UNKNOWN, "503", id="not to be read"),
    ],
)
def test_dependencies_are_there_by_name(seen: NameSeen, outcome: Outcome, told: str) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=crate()), names={"serde": seen}), "dependency-names")
    assert finding.outcome is outcome
    assert told in finding.what


def test_a_packaged_crate_breaks_no_rule_or_all_that_it_breaks_are_told() -> None:
    good, bad = crate_rules(
        [
            PackagedCrate(name="app", version="1.0.0", problems=()),
            PackagedCrate(name="core", version="1.0.0", problems=("one", "two")),
        ],
        is_crates_io=True,
    )
    assert (good.outcome, bad.outcome) == (PASS, FAIL)
    assert "one; two" in bad.what


def test_a_question_without_an_answer_closes_the_gate_only_where_the_profile_says_so() -> None:
    findings = ask(facts(profile(), CrateAnswers(crate=said(HTML))))
    require_open(answers(findings, ()))
    with pytest.raises(
        GatesClosed, match="trusted-publishing: could not be checked: `core`: a proxy, or another server"
    ):
        require_open(answers(findings, profile(preflight={"blocking": ["trusted-publishing"]}).preflight.blocking))


def test_all_failures_are_told_at_once_with_crate_and_fix() -> None:
    project, dead = profile({"owners": ["ann"]}), TokenSeen(source=SOURCE, me=refused(403, "authentication failed"))
    core = CrateAnswers(crate=crate(trustpub_only=True), owners=owned("bob"))
    with pytest.raises(GatesClosed) as closed:
        require_open(answers(ask(facts(project, core, token=dead)), ()))
    for part in ("owners: `core`", "trusted-publishing: `core`", "token: `token` in `LOADMASTER_REGISTRY_TOKEN` is"):
        assert part in closed.value.what
    assert "cargo owner --add ann core" in closed.value.what
    assert closed.value.what.startswith("3 problems")


def test_a_healthy_release_has_nothing_to_report() -> None:
    project = profile({"owners": ["ann"], "trusted_publishing": WANTED}, {"probe": True})
    core = CrateAnswers(crate=crate(), owners=owned("ann"), configs=configured(config()), probe=PASSED)
    findings = ask(facts(project, core, names={"serde": NameSeen(spelled="serde")}))
    assert {each.outcome for each in findings if each.where != "app"} == {PASS}
    assert {each.outcome for each in findings} == {PASS, SKIP}
    assert not any(each.is_warning for each in findings)


def test_a_crate_that_is_out_already_needs_no_permission() -> None:
    asked = facts(profile(), CrateAnswers(crate=crate(trustpub_only=True)))
    done = asked.model_copy(update={"seen": asked.seen.model_copy(update={"crates": {}})})
    assert not found(done, "trusted-publishing")
