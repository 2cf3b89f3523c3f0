"""The gate about names: a crate exists, or can be created, or it is said what nobody can know."""

from __future__ import annotations

from typing import Any

import pytest

from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import (
    HTML,
    LEGACY_TOKEN,
    NO_PERMISSION,
    NOT_AN_OWNER,
    PASSED,
    UNKNOWN_CRATE,
    WANTED,
    configured,
    crate,
    facts,
    one,
    owned,
    profile,
    refused,
    said,
)

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.COULD_NOT_CHECK
TRUSTED = {"credential": "trusted-publishing", "trusted_publishing": WANTED}
DELETED = refused(
    400,
    "A crate with the name `x` was recently deleted. Reuse of this name will be available after 2026-11-23T10:00:00Z.",
)


@pytest.mark.parametrize(
    ("asked", "seen", "outcome", "told"),
    [
        pytest.param({}, crate(), PASS, "exists", id="it is there"),
        pytest.param({}, said(HTML), PASS, "exists by the index; the web API did not say so", id="the index alone"),
        pytest.param({}, UNKNOWN_CRATE, UNKNOWN, "it was deleted lately, or one of both lags", id="the two disagree"),
        pytest.param({}, crate("Core"), FAIL, "on the registry as `Core`", id="the web API spells it otherwise"),
        pytest.param({"spelled": "co_re"}, said(HTML), FAIL, "as `co_re`", id="the index spells it otherwise"),
    ],
)
def test_a_crate_exists_in_this_spelling(asked: dict[str, Any], seen: Exchange, outcome: Outcome, told: str) -> None:
    finding = one(facts(profile(), CrateAnswers(crate=seen), **asked), "crate-exists")
    assert finding.outcome is outcome
    assert told in finding.what
    assert bool(finding.fix) is (outcome is not PASS)


def named(name: str, seen: CrateAnswers, registry: dict[str, Any] | None = None, **preflight: Any) -> Finding:
    """The finding about a new crate of that name."""
    return one(facts(profile(registry, preflight), seen, is_new=True, name=name), "crate-exists", name)


@pytest.mark.parametrize(
    ("registry", "seen", "outcome", "told"),
    [
        pytest.param(
            {}, UNKNOWN_CRATE, UNKNOWN, "deleted in the last day, or is on the registry's own list", id="a token"
        ),
        pytest.param(TRUSTED, UNKNOWN_CRATE, FAIL, "cannot create crates", id="trusted publishing"),
        pytest.param({}, said(HTML), UNKNOWN, "page of HTML", id="a proxy's page"),
        pytest.param({}, crate("fresh"), UNKNOWN, "its index has no version", id="a name without versions"),
    ],
)
def test_a_new_name_is_never_a_pass(registry: dict[str, Any], seen: Exchange, outcome: Outcome, told: str) -> None:
    finding = named("fresh", CrateAnswers(crate=seen), registry)
    assert finding.outcome is outcome
    assert told in finding.what
    assert finding.fix


@pytest.mark.parametrize(
    ("probe", "outcome", "told", "fix"),
    [
        pytest.param(
            PASSED, UNKNOWN, "was not deleted lately; whether the registry has the name", "first upload", id="free"
        ),
        pytest.param(NO_PERMISSION, UNKNOWN, "was not deleted lately", "first upload", id="refused for another reason"),
        pytest.param(said(HTML), UNKNOWN, "deleted in the last day", "first upload", id="a proxy's page"),
        pytest.param(DELETED, FAIL, "was deleted lately", "again after 2026-11-23T10:00:00Z", id="deleted"),
    ],
)
def test_the_probe_meets_a_deletion_and_no_reservation(probe: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    finding = named("fresh", CrateAnswers(crate=UNKNOWN_CRATE, probe=probe), probe=True)
    assert finding.outcome is outcome
    assert told in finding.what
    assert fix in finding.fix


def test_a_name_that_crates_io_reserves_is_known_without_asking() -> None:
    finding = named("macros", CrateAnswers(crate=UNKNOWN_CRATE))
    assert (finding.outcome, finding.fix) == (FAIL, "choose another name.")
    assert "a reserved name" in finding.what


def test_a_new_crate_under_trusted_publishing_gets_a_bootstrap_plan() -> None:
    finding = named("fresh", CrateAnswers(crate=UNKNOWN_CRATE), TRUSTED)
    for part in ("publish-new", "by hand", "Someone/demo", "release.yml", "https://crates.io/crates/fresh/settings"):
        assert part in finding.fix


@pytest.mark.parametrize(
    ("registry", "owners", "configs", "fix"),
    [
        pytest.param({"owners": ["ann"]}, owned("ann"), None, "name the package `Core`, or choose", id="the profile's"),
        pytest.param({}, owned("ann"), configured(), "name the package `Core`, or choose", id="the token's"),
        pytest.param({"owners": ["ann"]}, owned("eve"), None, "somebody else's", id="not the profile's"),
        pytest.param({}, owned("eve"), NOT_AN_OWNER, "somebody else's", id="not the token's"),
        pytest.param({}, owned("eve", "github:o:t"), NOT_AN_OWNER, "if that crate is yours", id="perhaps a team's"),
        pytest.param({}, owned("eve"), None, "if that crate is yours, name the package `Core`", id="nobody knows"),
        pytest.param({}, said(HTML), None, "if that crate is yours", id="owners unread"),
    ],
)
def test_whose_the_other_spelling_is_decides_the_way_out(
    registry: dict[str, Any], owners: Exchange, configs: Exchange | None, fix: str
) -> None:
    seen = CrateAnswers(crate=crate("Core"), owners=owners, configs=configs)
    finding = one(facts(profile(registry), seen, token=LEGACY_TOKEN), "crate-exists")
    assert finding.outcome is FAIL
    assert fix in finding.fix
    assert ("name the package" in finding.fix) is ("somebody else's" not in fix)
