"""The gate about the owners that the profile names, and its ways out: each is one that the people there can go."""

from __future__ import annotations

import pytest

from loadmaster.planning.permissions.findings import answers
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange
from loadmaster.planning.values.gate import Outcome
from tests.kit.answering import HTML, crate, facts, one, owned, profile, said

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.COULD_NOT_CHECK
TEAM = "github:org:team"


@pytest.mark.parametrize(
    ("owners", "outcome", "told", "fix"),
    [
        pytest.param(
            owned("Ann", TEAM), PASS, "is owned by `Ann`, `github:org:team`", "", id="as expected, case aside"
        ),
        pytest.param(owned("ann"), FAIL, f"`{TEAM}` does not own it", f"--add {TEAM} core", id="no team"),
        pytest.param(
            owned("bob", TEAM),
            FAIL,
            "`ann` does not own it",
            "let one of `bob` run `cargo owner --add ann core`",
            id="no user",
        ),
        pytest.param(
            owned(TEAM), FAIL, "`ann` does not own it", "ask help@crates.io to make `ann` an owner", id="a team only"
        ),
        pytest.param(said({"users": [{}]}), UNKNOWN, "another format", "ask the preflight again", id="no logins"),
        pytest.param(said(HTML), UNKNOWN, "page of HTML", "ask the preflight again", id="a proxy's page"),
    ],
)
def test_the_owners_are_those_of_the_profile(owners: Exchange, outcome: Outcome, told: str, fix: str) -> None:
    project = profile({"owners": ["ann", TEAM]})
    finding = one(facts(project, CrateAnswers(crate=crate(), owners=owners)), "owners")
    assert (finding.outcome, finding.is_warning) == (outcome, False)
    assert told in finding.what
    assert fix in finding.fix


def test_who_may_be_invited_already_is_told_to_accept_first() -> None:
    project = profile({"owners": ["ann"]})
    finding = one(facts(project, CrateAnswers(crate=crate(), owners=owned("bob"))), "owners")
    accepting, inviting = finding.fix.index("pending-invites is enough"), finding.fix.index("cargo owner --add")
    assert accepting < inviting


def test_an_owner_whom_github_calls_otherwise_is_corrected_in_the_profile() -> None:
    owner = {"login": "ann-of-crates", "kind": "user", "url": "https://github.com/Ann"}
    owners = said({"users": [owner]})
    finding = one(facts(profile({"owners": ["ann"]}), CrateAnswers(crate=crate(), owners=owners)), "owners")
    assert finding.outcome is FAIL
    assert finding.fix == (
        "write `ann-of-crates` instead of `ann` into `registry.owners`: GitHub calls that owner `ann`."
    )


def test_an_owner_that_the_profile_does_not_name_is_a_warning() -> None:
    project = profile({"owners": ["ann"]})
    finding = one(facts(project, CrateAnswers(crate=crate(), owners=owned("ann", "bob"))), "owners")
    assert (finding.outcome, finding.is_warning) == (PASS, True)
    assert "`bob`" in finding.what
    (answer,) = answers([finding], ())
    assert [each.where for each in answer.warnings] == ["core"]


def test_a_profile_without_owners_asks_for_none() -> None:
    assert one(facts(profile(), CrateAnswers(crate=crate())), "owners").outcome is Outcome.SKIP
