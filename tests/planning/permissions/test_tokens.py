"""The gate about tokens: a pass stands for what was asked of this token about this crate, and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, TokenSeen
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import (
    ALIVE,
    ANOTHER_USER,
    HTML,
    LEGACY_TOKEN,
    MINTED,
    NO_PERMISSION,
    NOT_AN_OWNER,
    NOW,
    PASSED,
    PUBLISHER,
    READER,
    SOURCE,
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
TEAM = "github:org:team"
PROBING = {"probe": True}
SHORT_LIVED = TokenSeen(source=SOURCE, is_short_lived=True)
LOCKED = "This account is locked until 2026-12-01 at 00:00:00 UTC. Reason: spam"


@pytest.mark.parametrize(
    ("me", "outcome", "told", "fix"),
    [
        pytest.param(ALIVE, PASS, "alive", "", id="valid"),
        pytest.param(
            refused(403, "authentication failed"),
            FAIL,
            "unknown, revoked or expired",
            f"put it into {SOURCE}",
            id="dead",
        ),
        pytest.param(
            refused(403, "this action requires authentication"), FAIL, "did not arrive", "`Authorization`", id="absent"
        ),
        pytest.param(
            refused(401, "The given API token does not match the format used"),
            FAIL,
            "malformed",
            "once more",
            id="malformed",
        ),
        pytest.param(
            refused(403, LOCKED),
            FAIL,
            "an account that is locked until 2026-12-01 at 00:00:00 UTC; the registry's reason: `spam`",
            "wait until 2026-12-01 at 00:00:00 UTC, or write to help@crates.io",
            id="locked for a time",
        ),
        pytest.param(
            refused(403, "This account is indefinitely locked. Reason: x"),
            FAIL,
            "locked for good; the registry's reason: `x`",
            "write to help@crates.io",
            id="locked for good",
        ),
        pytest.param(said("<html>403</html>", 403), UNKNOWN, "a firewall", "ask again", id="a firewall's 403"),
        pytest.param(said({"user": {}}), UNKNOWN, "another format", "ask again", id="another registry"),
    ],
)
def test_what_me_answers_is_told_apart_by_its_text(me: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    token = TokenSeen(source=SOURCE, me=me, configs_of_user=ANOTHER_USER)
    finding = one(facts(profile(), CrateAnswers(crate=crate()), token=token), "token", "token")
    assert finding.outcome is outcome
    assert told in finding.what
    assert SOURCE in finding.what
    assert fix in finding.fix


@pytest.mark.parametrize(
    ("is_new", "scope", "other"), [(False, "publish-update", "publish-new"), (True, "publish-new", "publish-update")]
)
def test_a_new_token_needs_no_other_scope_than_the_crates_do(is_new: bool, scope: str, other: str) -> None:
    dead = TokenSeen(source=SOURCE, me=refused(403, "authentication failed"))
    core = CrateAnswers(crate=UNKNOWN_CRATE if is_new else crate())
    where = "token for new crates" if is_new else "token"
    finding = one(facts(profile(), core, token=dead, is_new=is_new, name="fresh"), "token", where)
    assert f"`{scope}`" in finding.fix
    assert other not in finding.fix


@pytest.mark.parametrize(
    ("publishes", "is_unknown", "outcome"),
    [
        pytest.param(True, False, FAIL, id="a release without a token"),
        pytest.param(True, True, UNKNOWN, id="a release whose Secret block cannot be read"),
        pytest.param(False, False, UNKNOWN, id="a preflight without a token"),
    ],
)
def test_no_token_at_hand_is_no_pass(publishes: bool, is_unknown: bool, outcome: Outcome) -> None:
    token = TokenSeen(unusable="there is none", way_out="set it.", is_unknown=is_unknown)
    asked = facts(profile(), CrateAnswers(crate=crate()), token=token).model_copy(update={"publishes": publishes})
    finding = one(asked, "token", "token")
    assert (finding.outcome, finding.what, finding.fix) == (outcome, "there is none", "set it.")
    assert one(asked, "token").outcome is UNKNOWN
    assert one(asked, "token").fix == "a token that can be used, see `token`."


def test_a_token_that_cannot_be_sent_fails_a_preflight_too() -> None:
    token = TokenSeen(unusable="it has a line break", way_out="put it there once more.", is_broken=True)
    asked = facts(profile(), CrateAnswers(crate=crate()), token=token).model_copy(update={"publishes": False})
    finding = one(asked, "token", "token")
    assert (finding.outcome, finding.fix) == (FAIL, "put it there once more.")


def test_a_dead_token_is_one_failure_and_its_crates_are_open() -> None:
    dead = TokenSeen(source=SOURCE, me=refused(403, "authentication failed"))
    findings = found(facts(profile(), CrateAnswers(crate=crate()), token=dead), "token", "core")
    assert [each.outcome for each in findings] == [UNKNOWN]


def permission(
    probe: Exchange | None,
    configs: Exchange | None,
    *owners: str,
    token: TokenSeen = READER,
    project: Project | None = None,
    **more: Any,
) -> Finding:
    seen = CrateAnswers(crate=crate(), owners=owned(*owners) if owners else None, configs=configs, probe=probe)
    return one(facts(project or profile(preflight=PROBING), seen, token=token, **more), "token")


CONFIGURED = configured(config())


def test_a_pass_is_of_the_probe_and_of_the_ownership_and_says_so() -> None:
    finding = permission(PASSED, CONFIGURED, "ann")
    assert (finding.outcome, finding.what) == (
        PASS,
        f"the token in {SOURCE} may publish it (`publish-update`) and its account owns it",
    )
    assert [(each.credential, each.answer.partition(",")[0]) for each in finding.asked] == [
        (f"the token in {SOURCE}", "400"),
        (f"the token in {SOURCE}", "200"),
    ]


@pytest.mark.parametrize(
    ("probe", "outcome", "told", "fix"),
    [
        pytest.param(
            NO_PERMISSION,
            FAIL,
            f"the token in {SOURCE} lacks the scope `publish-update`, or no pattern",
            f"put it into {SOURCE}",
            id="scope or pattern",
        ),
        pytest.param(
            refused(400, "A verified email address is required to publish"),
            FAIL,
            "no verified e-mail",
            "settings/profile",
            id="e-mail",
        ),
        pytest.param(
            refused(403, "New versions of this crate can only be published using Trusted Publishing"),
            FAIL,
            "only",
            "crates/core/settings",
            id="trusted publishing only",
        ),
        pytest.param(refused(403, LOCKED), FAIL, "locked until 2026-12-01", "help@crates.io", id="locked meanwhile"),
        pytest.param(
            refused(403, "authentication failed"), FAIL, "revoked or expired", "settings/tokens", id="dead by now"
        ),
        pytest.param(
            refused(403, "this crate exists but you don't seem to be an owner"),
            FAIL,
            "owned by others",
            "accept the invitation",
            id="another registry looks at owners first",
        ),
        pytest.param(
            refused(400, "something new"),
            FAIL,
            "would be refused: `something new`",
            "correct that for `core`",
            id="anything else",
        ),
        pytest.param(
            refused(429, "too many updates"), UNKNOWN, "is used up: `too many updates`", "again after", id="the limit"
        ),
        pytest.param(said("<html>no</html>", 403), UNKNOWN, "a firewall", "ask the preflight again", id="a firewall"),
        pytest.param(
            refused(400, "A crate with the name `core` was recently deleted."),
            UNKNOWN,
            "before it looks at the token",
            "when the name is free",
            id="deleted",
        ),
    ],
)
def test_the_probe_shows_scope_pattern_and_e_mail(probe: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    finding = permission(probe, CONFIGURED)
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix
    assert finding.asked


@pytest.mark.parametrize(
    ("configs", "owners", "token", "outcome", "told", "fix"),
    [
        pytest.param(
            NOT_AN_OWNER,
            ("bob",),
            READER,
            FAIL,
            f"is owned by `bob`, and the account of the token in {SOURCE} is not among them",
            "cargo owner --add LOGIN core",
            id="somebody else's crate",
        ),
        pytest.param(
            NOT_AN_OWNER, ("bob", TEAM), READER, UNKNOWN, f"as a member of `{TEAM}`", "GitHub shows", id="a team's"
        ),
        pytest.param(NOT_AN_OWNER, (), READER, UNKNOWN, "no owner of the crate in person", "again", id="owners unread"),
        pytest.param(
            None,
            ("ann",),
            PUBLISHER,
            UNKNOWN,
            "among the owners of the crate (`ann`)",
            "`trusted-publishing`",
            id="hidden",
        ),
        pytest.param(said(HTML), ("ann",), READER, UNKNOWN, "page of HTML", "again", id="a proxy's page"),
        pytest.param(
            None, (), READER, UNKNOWN, "is among the owners of the crate is open", "upload", id="nobody asked"
        ),
    ],
)
def test_what_the_probe_does_not_reach_is_no_pass(
    configs: Exchange | None, owners: tuple[str, ...], token: TokenSeen, outcome: Outcome, told: str, fix: str
) -> None:
    finding = permission(PASSED, configs, *owners, token=token)
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix


def test_the_ownership_that_another_token_shows_is_not_this_one_s() -> None:
    other = CONFIGURED.model_copy(update={"credential": "the token in `LOADMASTER_REGISTRY_TOKEN_NEW`"})
    assert permission(PASSED, other, "ann", token=PUBLISHER).outcome is UNKNOWN


def test_an_invited_account_is_told_to_accept_before_anybody_invites_it() -> None:
    finding = permission(PASSED, NOT_AN_OWNER, "bob")
    assert finding.fix.index("if it is invited already") < finding.fix.index("cargo owner --add")


def apart(*owners: tuple[str, ...], token: TokenSeen = PUBLISHER) -> list[Finding]:
    """What is said of the token, if these own `core` and the others; `app` is Ann's. The probe passes for all."""
    crates = {
        name: CrateAnswers(crate=crate(name), owners=owned(*each), probe=PASSED)
        for name, each in zip(("core", "other-1", "other-2"), owners, strict=False)
    }
    core = crates.pop("core")
    asked = facts(profile(preflight=PROBING), core, others=crates, token=token)
    assert {one(asked, "token", name).outcome for name in ("core", *crates, "app")} == {UNKNOWN}
    return [each for each in found(asked, "token", "token") if each.outcome is FAIL]


@pytest.mark.parametrize(
    ("owners", "told"),
    [
        pytest.param(
            (("bob",), ("ann",)), "`ann` owns `other-1`, `app`; `bob` owns `core`", id="one crate is another's"
        ),
        pytest.param((("bob",),), "`bob` owns `core`; `ann` owns `app`", id="a crate each"),
    ],
)
def test_the_public_owners_show_that_no_account_owns_all(owners: tuple[tuple[str, ...], ...], told: str) -> None:
    (finding,) = apart(*owners)
    assert "because no account owns them all: " in finding.what
    assert sorted(told.split("; ")) == sorted(finding.what.rpartition("all: ")[2].split("; "))
    assert "runs `cargo owner --add LOGIN" in finding.fix


@pytest.mark.parametrize(
    "owners",
    [
        pytest.param((("ann",), ("ann", "bob")), id="one account owns all"),
        pytest.param((("bob", TEAM), ("ann",)), id="a team may bridge it"),
        pytest.param((("Ann",), ("ANN",)), id="case does not count"),
    ],
)
def test_of_crates_that_one_account_may_own_nothing_is_said(owners: tuple[tuple[str, ...], ...]) -> None:
    assert not apart(*owners)


@pytest.mark.parametrize("token", [READER, LEGACY_TOKEN], ids=["a token with scopes", "one without"])
def test_a_pattern_that_misses_a_crate_shows_without_a_probe(token: TokenSeen) -> None:
    finding = permission(None, NO_PERMISSION, "ann", token=token, project=profile())
    assert finding.outcome is FAIL
    assert f"no pattern of the token in {SOURCE} fits it" in finding.what
    assert permission(None, NO_PERMISSION, "ann", token=PUBLISHER, project=profile()).outcome is UNKNOWN


@pytest.mark.parametrize(
    ("token", "told"),
    [
        pytest.param(
            LEGACY_TOKEN, "has no scopes, and so lacks none; whether its account's e-mail", id="a legacy token"
        ),
        pytest.param(READER, f"whether the token in {SOURCE} may `publish-update` it", id="a token with scopes"),
    ],
)
def test_without_a_probe_the_rest_is_open(token: TokenSeen, told: str) -> None:
    finding = permission(None, CONFIGURED, token=token, project=profile())
    assert finding.outcome is UNKNOWN
    assert told in finding.what
    assert "its account owns it" in finding.what
    assert finding.fix == "`preflight.probe = true` in the profile asks that."


def test_where_the_probe_is_on_nobody_is_told_to_switch_it_on() -> None:
    others = {f"other-{n}": CrateAnswers(crate=crate()) for n in range(40)}
    asked = facts(profile(preflight=PROBING), CrateAnswers(crate=crate()), others=others)
    fixes = {finding.fix for name in others for finding in found(asked, "token", name)}
    assert not any("preflight.probe" in fix for fix in fixes)
    assert any("more probes would use up the limit" in fix for fix in fixes)


BY_RUN = {"credential": "trusted-publishing", "trusted_publishing": WANTED}


@pytest.mark.parametrize(
    ("token", "probe", "outcome", "told"),
    [
        pytest.param(None, None, SKIP, "made when it is needed", id="not probed"),
        pytest.param(MINTED, PASSED, PASS, "the token made for this workflow run may publish it", id="accepted"),
        pytest.param(
            MINTED,
            refused(403, "The provided access token is not valid for crate `core`"),
            FAIL,
            "no configuration of its trusted publishing accepts this workflow run",
            id="not accepted",
        ),
        pytest.param(
            TokenSeen(unusable="no ID token"), None, UNKNOWN, "the probe could not ask: no ID token", id="none"
        ),
    ],
)
def test_by_trusted_publishing_the_run_s_own_token_is_tried(
    token: TokenSeen | None, probe: Exchange | None, outcome: Outcome, told: str
) -> None:
    seen = CrateAnswers(crate=crate(), configs=CONFIGURED, probe=probe)
    finding = one(facts(profile(BY_RUN, PROBING), seen, token=token), "token")
    assert finding.outcome is outcome
    assert told in finding.what


@pytest.mark.parametrize(
    ("probe", "is_new", "outcome", "told"),
    [
        pytest.param(PASSED, False, PASS, "may publish it", id="accepted"),
        pytest.param(None, False, UNKNOWN, "whether a configuration of the crate accepts", id="not probed"),
        pytest.param(None, True, FAIL, "cannot create crates", id="a new crate"),
        pytest.param(refused(403, "Invalid authentication token"), False, FAIL, "revoked or expired", id="ended"),
    ],
)
def test_a_short_lived_token_in_the_place_of_an_api_token_is_no_dead_one(
    probe: Exchange | None, is_new: bool, outcome: Outcome, told: str
) -> None:
    seen = CrateAnswers(crate=UNKNOWN_CRATE if is_new else crate(), probe=probe)
    asked = facts(profile(preflight=PROBING), seen, token=SHORT_LIVED, is_new=is_new, name="fresh")
    finding = one(asked, "token", "fresh")
    assert finding.outcome is outcome
    assert told in finding.what
    (alive,) = found(asked, "token", "token for new crates" if is_new else "token")
    assert alive.outcome is UNKNOWN


def life(token: TokenSeen, crates: int = 90) -> list[Finding]:
    """What is said of a token whose release takes about an hour."""
    others = {f"other-{n}": CrateAnswers(crate=crate()) for n in range(crates)}
    return found(facts(profile(), CrateAnswers(crate=crate()), others=others, token=token), "token", "token")


@pytest.mark.parametrize(
    ("token", "outcome", "told", "fix"),
    [
        pytest.param(
            READER, UNKNOWN, "publishing takes about 62 min, until 2026-11-22 13:02 UTC", "token_expires", id="open"
        ),
        pytest.param(
            READER.model_copy(update={"expires": NOW + timedelta(minutes=5)}),
            FAIL,
            "expires at 2026-11-22 12:05 UTC, as the profile says",
            "lives longer",
            id="too early",
        ),
        pytest.param(
            READER.model_copy(update={"expires": NOW + timedelta(days=5)}),
            PASS,
            "outlives the release",
            "",
            id="late enough",
        ),
        pytest.param(SHORT_LIVED, FAIL, "lives for 30 minutes from its making", "make and renew it", id="30 minutes"),
    ],
)
def test_the_end_of_a_token_is_held_against_that_of_the_plan(
    token: TokenSeen, outcome: Outcome, told: str, fix: str
) -> None:
    _, finding = life(token)
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix


def test_of_a_release_that_ends_soon_nothing_is_said() -> None:
    assert len(life(READER, crates=2)) == 1
    assert len(life(READER.model_copy(update={"expires": NOW + timedelta(seconds=1)}), crates=2)) == 2
