"""Each gate, with a planted failure for each thing that it must find, and the words that it must find for it."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.errors.request import GatesClosed
from loadmaster.planning.crates_io.packaged import PackagedCrate
from loadmaster.planning.gates import require_open
from loadmaster.planning.permissions.crate_gates import crate_rules
from loadmaster.planning.permissions.findings import answers
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, NameSeen, TokenSeen
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import (
    ALIVE,
    HTML,
    LEGACY,
    NO_PERMISSION,
    PASSED,
    UNKNOWN_CRATE,
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
    assert finding.evidence == site


@pytest.mark.parametrize(
    ("asked", "registry", "seen", "outcome", "told"),
    [
        pytest.param({}, {}, crate(), PASS, "exists", id="it is there"),
        pytest.param({}, {}, crate("Core"), FAIL, "on the registry as `Core`", id="the web API spells it otherwise"),
        pytest.param({"spelled": "co_re"}, {}, said(HTML), FAIL, "as `co_re`", id="the index spells it otherwise"),
        pytest.param(
            {"is_new": True}, {}, UNKNOWN_CRATE, PASS, "needs the scope `publish-new`", id="new, with a token"
        ),
        pytest.param({"is_new": True}, TRUSTED, UNKNOWN_CRATE, FAIL, "cannot create crates", id="new, without a token"),
        pytest.param({"is_new": True}, {}, said(HTML), UNKNOWN, "page of HTML", id="perhaps new"),
        pytest.param({"is_new": True}, {}, crate(), UNKNOWN, "its index has no version", id="a name without versions"),
    ],
)
def test_a_crate_exists_or_can_be_created(
    asked: dict[str, Any], registry: dict[str, Any], seen: Exchange, outcome: Outcome, told: str
) -> None:
    finding = one(facts(profile(registry), CrateAnswers(crate=seen), **asked), "crate-exists")
    assert finding.outcome is outcome
    assert told in finding.what
    assert bool(finding.fix) is (outcome is FAIL)


def test_a_new_crate_under_trusted_publishing_gets_a_bootstrap_plan() -> None:
    finding = one(facts(profile(TRUSTED), CrateAnswers(crate=UNKNOWN_CRATE), is_new=True), "crate-exists")
    for part in ("publish-new", "by hand", "Someone/demo", "release.yml", "https://crates.io/crates/core/settings"):
        assert part in finding.fix


def test_a_name_that_was_deleted_lately_is_found_by_the_probe() -> None:
    told = "A crate with the name `core` was recently deleted. Reuse of this name will be available after 2026-11-23."
    core = CrateAnswers(crate=UNKNOWN_CRATE, probe=refused(400, told))
    finding = one(facts(profile(preflight={"probe": True}), core, is_new=True), "crate-exists")
    assert finding.outcome is FAIL
    assert "2026-11-23" in finding.what


@pytest.mark.parametrize(
    ("owners", "outcome", "told", "fix"),
    [
        pytest.param(owned("Ann", "github:org:team"), PASS, "as the profile says", "", id="as expected, case aside"),
        pytest.param(
            owned("ann"), FAIL, "`github:org:team` does not own it", "--add github:org:team core", id="no team"
        ),
        pytest.param(owned("bob", "github:org:team"), FAIL, "`ann` does not own it", "pending-invites", id="no user"),
        pytest.param(owned("github:org:team"), FAIL, "only teams own", "--add ann core", id="a team only"),
        pytest.param(said({"users": [{}]}), UNKNOWN, "another format", "", id="no logins"),
        pytest.param(said(HTML), UNKNOWN, "page of HTML", "", id="a proxy's page"),
    ],
)
def test_the_owners_are_those_of_the_profile(owners: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    project = profile({"owners": ["ann", "github:org:team"]})
    finding = one(facts(project, CrateAnswers(crate=crate(), owners=owners)), "owners")
    assert (finding.outcome, finding.is_warning) == (outcome, False)
    assert told in finding.what
    assert fix in finding.fix


def test_an_owner_that_the_profile_does_not_name_is_a_warning() -> None:
    project = profile({"owners": ["ann"]})
    finding = one(facts(project, CrateAnswers(crate=crate(), owners=owned("ann", "bob"))), "owners")
    assert (finding.outcome, finding.is_warning) == (PASS, True)
    assert "`bob`" in finding.what
    (answer,) = answers([finding], ())
    assert [each.where for each in answer.warnings] == ["core"]


def test_a_profile_without_owners_asks_for_none() -> None:
    assert one(facts(profile(), CrateAnswers(crate=crate())), "owners").outcome is SKIP


@pytest.mark.parametrize(
    ("configs", "outcome", "told", "fix"),
    [
        pytest.param(configured(config()), PASS, "accepts", "", id="any environment"),
        pytest.param(configured(config(environment="Release")), PASS, "accepts", "", id="the environment, case aside"),
        pytest.param(configured(), FAIL, "has no configuration", "add repository `Someone/demo`", id="none"),
        pytest.param(
            configured(config(workflow_filename=" release.yml")),
            FAIL,
            "` release.yml` with a blank",
            "",
            id="a leading space",
        ),
        pytest.param(
            configured(config(workflow_filename="Release.yml")), FAIL, "where the case must be", "", id="another case"
        ),
        pytest.param(
            configured(config(workflow_filename="ci.yml")), FAIL, "`ci.yml`, not `release.yml`", "", id="workflow"
        ),
        pytest.param(configured(config(environment="prod")), FAIL, "environment is `prod`", "", id="environment"),
        pytest.param(
            configured(config(repository_name="other")), FAIL, "repository is `someone/other`", "", id="repository"
        ),
        pytest.param(
            configured(config(repository_owner_id=8)), FAIL, "has the id 8, the profile says 7", "", id="owner id"
        ),
        pytest.param(
            configured(*[config(workflow_filename=f"{n}.yml") for n in range(5)]),
            FAIL,
            "",
            "delete one first",
            id="five",
        ),
        pytest.param(NO_PERMISSION, UNKNOWN, "not readable with this credential", "", id="a token without the scope"),
        pytest.param(refused(400, "You are not an owner of this crate"), UNKNOWN, "not readable", "", id="no owner"),
        pytest.param(said(HTML), UNKNOWN, "page of HTML", "", id="a proxy's page"),
        pytest.param(None, UNKNOWN, "no token to read", "", id="no token"),
    ],
)
def test_trusted_publishing_is_set_up_as_the_profile_says(
    configs: Exchange | None, outcome: Outcome, told: str, fix: str
) -> None:
    core = CrateAnswers(crate=crate(), owners=owned("ann"), configs=configs)
    finding = one(facts(profile(TRUSTED), core), "trusted-publishing")
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix
    if outcome is FAIL:
        assert "https://crates.io/crates/core/settings" in finding.fix


def test_a_configuration_with_an_environment_refuses_a_workflow_without() -> None:
    wanted = {**WANTED, "environment": None}
    core = CrateAnswers(crate=crate(), configs=configured(config(environment="release")))
    finding = one(facts(profile({**TRUSTED, "trusted_publishing": wanted}), core), "trusted-publishing")
    assert "requires the environment `release`" in finding.what


def test_a_profile_that_does_not_say_how_is_no_pass() -> None:
    core = CrateAnswers(crate=crate(), configs=configured(config()))
    finding = one(facts(profile({"credential": "trusted-publishing"}), core), "trusted-publishing")
    assert finding.outcome is UNKNOWN
    assert "[registry.trusted_publishing]" in finding.what


def test_a_team_alone_cannot_set_trusted_publishing_up() -> None:
    core = CrateAnswers(crate=crate(), owners=owned("github:org:team"), configs=configured(config()))
    finding = one(facts(profile(TRUSTED), core), "trusted-publishing")
    assert finding.outcome is FAIL
    assert "owned by teams only" in finding.what


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        pytest.param(crate(trustpub_only=True), FAIL, id="only by trusted publishing"),
        pytest.param(crate(), PASS, id="with a token too"),
        pytest.param(said({"crate": {}}), UNKNOWN, id="the registry does not say"),
        pytest.param(said(HTML), UNKNOWN, id="a proxy's page"),
    ],
)
def test_an_api_token_may_be_used_only_where_the_crate_takes_it(seen: Exchange, outcome: Outcome) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=seen)), "trusted-publishing")
    assert finding.outcome is outcome


@pytest.mark.parametrize(
    ("me", "outcome", "told"),
    [
        pytest.param(ALIVE, PASS, "alive", id="valid"),
        pytest.param(refused(403, "authentication failed"), FAIL, "unknown, revoked or expired", id="expired"),
        pytest.param(refused(403, "this action requires authentication"), FAIL, "did not arrive", id="absent"),
        pytest.param(
            refused(401, "The given API token does not match the format used"), FAIL, "malformed", id="malformed"
        ),
        pytest.param(refused(403, "This account is indefinitely locked. Reason: x"), FAIL, "locked", id="locked"),
        pytest.param(said("<html>403</html>", 403), UNKNOWN, "a firewall", id="a firewall's 403"),
        pytest.param(said({"user": {}}), UNKNOWN, "another format", id="another registry"),
    ],
)
def test_what_me_answers_is_told_apart_by_its_text(me: Exchange, outcome: Outcome, told: str) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=crate()), token=TokenSeen(me=me)), "token", "token")
    assert finding.outcome is outcome
    assert told in finding.what


@pytest.mark.parametrize(
    ("publishes", "is_unknown", "outcome"),
    [
        pytest.param(True, False, FAIL, id="a release without a token"),
        pytest.param(True, True, UNKNOWN, id="a release whose Secret block cannot be read"),
        pytest.param(False, False, UNKNOWN, id="a preflight without a token"),
    ],
)
def test_no_token_at_hand_is_no_pass(publishes: bool, is_unknown: bool, outcome: Outcome) -> None:
    token = TokenSeen(unusable="there is none", is_unknown=is_unknown)
    asked = facts(profile(), CrateAnswers(crate=crate()), token=token).model_copy(update={"publishes": publishes})
    finding = one(asked, "token", "token")
    assert finding.outcome is outcome
    assert "there is none" in finding.what


def test_a_token_that_cannot_be_sent_fails_a_preflight_too() -> None:
    token = TokenSeen(unusable="it has a line break", way_out="put it there once more.", is_broken=True)
    asked = facts(profile(), CrateAnswers(crate=crate()), token=token).model_copy(update={"publishes": False})
    finding = one(asked, "token", "token")
    assert (finding.outcome, finding.fix) == (FAIL, "put it there once more.")


def test_another_registry_may_have_other_rules() -> None:
    asked = facts(profile(), CrateAnswers(crate=crate()), names={"serde": NameSeen(spelled=None)})
    assert not found(asked.model_copy(update={"is_crates_io": False}), "dependency-names")
    (finding,) = crate_rules([PackagedCrate(name="a", version="1.0.0", problems=("one",))], is_crates_io=False)
    assert (finding.outcome, finding.is_warning) == (PASS, True)


@pytest.mark.parametrize(
    ("probe", "outcome", "told", "fix"),
    [
        pytest.param(PASSED, PASS, "may be published", "", id="all passed"),
        pytest.param(
            NO_PERMISSION, FAIL, "scope `publish-update`, or no pattern", "settings/tokens", id="scope or pattern"
        ),
        pytest.param(
            refused(400, "A verified email address is required to publish"),
            FAIL,
            "e-mail",
            "settings/profile",
            id="e-mail",
        ),
        pytest.param(
            refused(403, "New versions of this crate can only be published using Trusted Publishing"),
            FAIL,
            "only",
            "",
            id="t",
        ),
        pytest.param(refused(400, "something new"), FAIL, "would be refused: `something new`", "", id="anything else"),
        pytest.param(refused(429, "too many updates"), UNKNOWN, "too many updates", "", id="the limit is used up"),
        pytest.param(said("<html>no</html>", 403), UNKNOWN, "a firewall", "", id="a firewall"),
    ],
)
def test_the_probe_shows_what_the_token_may(probe: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    project = profile(preflight={"probe": True})
    finding = one(facts(project, CrateAnswers(crate=crate(), probe=probe), token=TokenSeen(me=ALIVE)), "token")
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix


@pytest.mark.parametrize(
    ("configs_of_user", "told"),
    [
        pytest.param(LEGACY, "has no scopes and may publish every crate", id="a legacy token"),
        pytest.param(NO_PERMISSION, "does not show whether it may `publish-update`", id="a token with scopes"),
    ],
)
def test_without_a_probe_the_rest_is_unknown(configs_of_user: Exchange, told: str) -> None:
    token = TokenSeen(me=ALIVE, configs_of_user=configs_of_user)
    finding = one(facts(profile(), CrateAnswers(crate=crate()), token=token), "token")
    assert finding.outcome is UNKNOWN
    assert told in finding.what


def test_a_token_that_is_made_when_it_is_needed_is_not_asked_about() -> None:
    core = CrateAnswers(crate=crate(), configs=configured(config()))
    assert one(facts(profile(TRUSTED), core), "token").outcome is SKIP


@pytest.mark.parametrize(
    ("preflight", "outcome"),
    [({}, PASS), ({"finish_within": 60}, PASS), ({"finish_within": 0.05}, FAIL)],
)
def test_the_rate_limits_must_let_the_release_end_in_time(preflight: dict[str, Any], outcome: Outcome) -> None:
    finding = one(facts(profile(preflight=preflight), CrateAnswers(crate=crate())), "rate-budget", "plan")
    assert finding.outcome is outcome
    assert "min" in finding.what


def test_what_the_probes_cost_is_planned() -> None:
    registry = {"update_burst": 2}
    probing = profile(registry, {"probe": True, "finish_within": 0.5})
    core = CrateAnswers(crate=crate(), probe=PASSED)
    assert one(facts(profile(registry, {"finish_within": 0.5}), core), "rate-budget", "plan").outcome is PASS
    finding = one(facts(probing, core), "rate-budget", "plan")
    assert finding.outcome is FAIL
    assert "1 crates wait" in finding.what
    assert "1 probes included" in finding.what


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
    project = profile({"owners": ["ann"]})
    core = CrateAnswers(crate=crate(trustpub_only=True), owners=owned("bob"))
    with pytest.raises(GatesClosed) as closed:
        require_open(answers(ask(facts(project, core, token=TokenSeen(me=refused(403, "authentication failed")))), ()))
    for part in ("owners: `core`", "trusted-publishing: `core`", "token: `token`", "cargo owner --add ann core"):
        assert part in closed.value.what
    assert closed.value.what.startswith("3 problems")


def test_a_healthy_release_has_nothing_to_report() -> None:
    project = profile({"owners": ["ann"], "trusted_publishing": WANTED}, {"probe": True})
    core = CrateAnswers(crate=crate(), owners=owned("ann"), configs=configured(config()), probe=PASSED)
    findings = ask(facts(project, core, token=TokenSeen(me=ALIVE, configs_of_user=NO_PERMISSION)))
    assert {each.outcome for each in findings} == {PASS}
    assert not any(each.is_warning for each in findings)


def test_a_crate_that_is_out_already_needs_no_permission() -> None:
    asked = facts(profile(), CrateAnswers(crate=crate(trustpub_only=True)))
    done = asked.model_copy(update={"seen": asked.seen.model_copy(update={"crates": {}})})
    assert not found(done, "trusted-publishing")
