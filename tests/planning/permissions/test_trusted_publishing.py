"""The gate about trusted publishing: what was read or probed passes or fails, and everything else is open."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, TokenSeen
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import (
    ALIVE,
    HTML,
    MINTED,
    NO_PERMISSION,
    NOT_AN_OWNER,
    PASSED,
    PUBLISHER,
    READER,
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

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.COULD_NOT_CHECK
TEAM = "github:org:team"
TRUSTED = {"credential": "trusted-publishing", "trusted_publishing": WANTED}
WITHOUT_ID = {**TRUSTED, "trusted_publishing": {**WANTED, "owner_id": None}}
SETTINGS = "https://crates.io/crates/core/settings"
NOT_COVERED = refused(403, "The provided access token is not valid for crate `core`")


def compared(configs: Exchange | None, registry: dict[str, Any] = TRUSTED, **more: Any) -> Finding:
    core = CrateAnswers(crate=crate(), owners=owned("ann"), configs=configs)
    return one(facts(profile(registry), core, **more), "trusted-publishing")


@pytest.mark.parametrize(
    ("configs", "outcome", "told", "fix"),
    [
        pytest.param(configured(config()), PASS, "accepts", "", id="any environment"),
        pytest.param(configured(config(environment="Release")), PASS, "accepts", "", id="the environment, case aside"),
        pytest.param(configured(), FAIL, "has no configuration", f"`release` at {SETTINGS}.", id="none"),
        pytest.param(
            configured(config(workflow_filename=" release.yml")),
            FAIL,
            "` release.yml` with a blank",
            f"at {SETTINGS}",
            id="a leading space",
        ),
        pytest.param(
            configured(config(workflow_filename="Release.yml")), FAIL, "where the case must be", SETTINGS, id="case"
        ),
        pytest.param(
            configured(config(workflow_filename="ci.yml")), FAIL, "`ci.yml`, not `release.yml`", SETTINGS, id="workflow"
        ),
        pytest.param(configured(config(environment="prod")), FAIL, "environment is `prod`", SETTINGS, id="environment"),
        pytest.param(configured(config(repository_name="other")), FAIL, "`someone/other`", SETTINGS, id="repository"),
        pytest.param(
            configured(config(repository_owner_id=8)),
            FAIL,
            "has the owner's id 8, and the profile says 7",
            f"add the same configuration again at {SETTINGS}",
            id="owner id",
        ),
        pytest.param(
            configured(config(repository_owner_id=8), config()),
            PASS,
            "owner id 7",
            "",
            id="an old one beside a new one",
        ),
        pytest.param(
            configured(*[config(workflow_filename=f"{n}.yml") for n in range(5)]),
            FAIL,
            "",
            "It has 5, the most there can be: first delete one that no workflow uses",
            id="five",
        ),
        pytest.param(NO_PERMISSION, UNKNOWN, f"with the token in {SOURCE}", "an owner (`ann`)", id="lacks the scope"),
        pytest.param(NOT_AN_OWNER, UNKNOWN, "does not own the crate in person", "an owner (`ann`)", id="no owner"),
        pytest.param(said(HTML), UNKNOWN, "page of HTML", "ask the preflight again", id="a proxy's page"),
    ],
)
def test_it_is_set_up_as_the_profile_says(configs: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    finding = compared(configs)
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix
    assert finding.asked


def test_nobody_is_told_to_delete_what_another_workflow_may_use() -> None:
    finding = compared(configured(config(workflow_filename="nightly.yml")))
    assert "delete" not in finding.fix
    assert "leave the others, which other workflows may use" in finding.fix


def test_a_configuration_with_an_environment_refuses_a_workflow_without() -> None:
    finding = compared(
        configured(config(environment="release")), {**TRUSTED, "trusted_publishing": {**WANTED, "environment": None}}
    )
    assert "requires the environment `release`" in finding.what


@pytest.mark.parametrize(
    ("configs", "outcome", "told"),
    [
        pytest.param(configured(config()), UNKNOWN, "the profile does not say how", id="one"),
        pytest.param(configured(), FAIL, "has no configuration", id="none, so that none can accept it"),
    ],
)
def test_a_profile_that_does_not_say_how_is_no_pass(configs: Exchange, outcome: Outcome, told: str) -> None:
    finding = compared(configs, {"credential": "trusted-publishing"})
    assert (finding.outcome, told in finding.what) == (outcome, True)


@pytest.mark.parametrize(
    ("reader", "told", "settle"),
    [
        pytest.param(
            PUBLISHER, f"the token in {SOURCE} lacks the scope `trusted-publishing`", "may read them", id="scope"
        ),
        pytest.param(
            TokenSeen(source=SOURCE, me=refused(403, "authentication failed")),
            f"the token in {SOURCE} is unknown, revoked or expired",
            "may read them",
            id="dead",
        ),
        pytest.param(
            TokenSeen(
                unusable=f"The token from {SOURCE} cannot be used: it has a line break", way_out="put it once more."
            ),
            "it has a line break",
            "put it once more.",
            id="unusable",
        ),
        pytest.param(
            TokenSeen(source=SOURCE, is_short_lived=True), "which may only upload", "may read them", id="short-lived"
        ),
    ],
)
def test_why_nobody_read_the_configurations_is_told_by_the_token(reader: TokenSeen, told: str, settle: str) -> None:
    finding = compared(None, token=reader)
    assert finding.outcome is UNKNOWN
    assert told in finding.what
    assert settle in finding.fix


def probed(probe: Exchange | None, *owners: str, configs: Exchange | None = None) -> Finding:
    """With a token that was made for the run, of a crate with these owners."""
    core = CrateAnswers(crate=crate(), owners=owned(*owners), configs=configs, probe=probe)
    return one(facts(profile(TRUSTED, {"probe": True}), core, token=MINTED), "trusted-publishing")


@pytest.mark.parametrize(
    ("probe", "outcome", "told"),
    [
        pytest.param(PASSED, PASS, "accepts this workflow run", id="the run is accepted"),
        pytest.param(None, UNKNOWN, f"is owned by teams only (`{TEAM}`)", id="nobody asked"),
        pytest.param(NOT_COVERED, UNKNOWN, "is owned by teams only", id="the run is not accepted"),
    ],
)
def test_of_a_team_s_crate_only_the_run_itself_can_tell(probe: Exchange | None, outcome: Outcome, told: str) -> None:
    finding = probed(probe, TEAM)
    assert finding.outcome is outcome
    assert told in finding.what


def test_a_configuration_that_is_read_counts_for_a_team_s_crate_too() -> None:
    assert probed(None, TEAM, configs=configured(config())).outcome is PASS


def ids(*of: int, core: int = 7, probe: Exchange | None = None, token: TokenSeen = READER) -> list[Finding]:
    """The findings about the plan, `core` and the others, configured with these ids; `app` has 7, the profile names none."""
    answers = CrateAnswers(
        crate=crate(), owners=owned("ann"), configs=configured(config(repository_owner_id=core)), probe=probe
    )
    others = {
        f"other-{n}": CrateAnswers(crate=crate(f"other-{n}"), configs=configured(config(repository_owner_id=each)))
        for n, each in enumerate(of)
    }
    asked = facts(profile(WITHOUT_ID, {"probe": True}), answers, others=others, token=token)
    return [finding for name in ("plan", "core", *others) for finding in found(asked, "trusted-publishing", name)]


def test_an_id_that_nothing_confirms_is_open() -> None:
    assert [each.outcome for each in ids(7)] == [UNKNOWN, UNKNOWN]
    assert ids(7)[0].what == "accepts the profile's workflow if the id of `Someone` is 7, which no answer shows"
    assert "`owner_id`" in ids(7)[0].fix


def test_ids_that_differ_cannot_all_be_right() -> None:
    plan, *crates = ids(7, 8)
    assert (plan.where, plan.outcome) == ("plan", FAIL)
    assert "an owner has one: 7 for " in plan.what
    assert "8 for `other-1`" in plan.what
    assert "gh api users/Someone --jq .id" in plan.fix
    assert [each.outcome for each in crates] == [UNKNOWN, UNKNOWN, UNKNOWN]


def test_the_id_of_a_crate_that_accepts_the_run_is_the_right_one() -> None:
    core, other = ids(8, core=7, probe=PASSED, token=MINTED)
    assert (core.outcome, other.outcome) == (PASS, FAIL)
    assert "the registry accepts this workflow run by 7" in other.what


@pytest.mark.parametrize(
    ("seen", "token", "outcome"),
    [
        pytest.param(crate(trustpub_only=True), READER, FAIL, id="only by trusted publishing"),
        pytest.param(
            crate(trustpub_only=True), TokenSeen(source=SOURCE, is_short_lived=True), PASS, id="with such a token"
        ),
        pytest.param(crate(), READER, PASS, id="with a token too"),
        pytest.param(said({"crate": {}}), READER, UNKNOWN, id="the registry does not say"),
        pytest.param(said(HTML), TokenSeen(source=SOURCE, me=ALIVE), UNKNOWN, id="a proxy's page"),
    ],
)
def test_an_api_token_may_be_used_only_where_the_crate_takes_it(
    seen: Exchange, token: TokenSeen, outcome: Outcome
) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=seen), token=token), "trusted-publishing")
    assert finding.outcome is outcome
