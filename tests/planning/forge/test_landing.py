"""How far a pull request is, and whether the profile's way fits the branch's rules."""

from __future__ import annotations

import pytest

from loadmaster.planning.forge.answered import ForgeRepository, ForgeRule
from loadmaster.planning.forge.landing import MOST, PullSight, branch_rules, checks_seen, contradictions, pull_body
from loadmaster.planning.forge.pulls import CheckRun, CommitStatus, PullRequest
from loadmaster.planning.profile.ci_style import Landing, LandingWay, MergeMethod

REPOSITORY = ForgeRepository(
    full_name="ada/hangar",
    default_branch="main",
    allow_squash_merge=True,
    allow_merge_commit=False,
    allow_rebase_merge=True,
)
BY_PULL = Landing(way=LandingWay.PULL_REQUEST)


def pull(**more: object) -> PullRequest:
    said = {
        "number": 12,
        "state": "open",
        "title": "Release 1.0.0",
        "head": {"ref": "release/1.0.0", "sha": "c"},
        "base": {"ref": "main", "sha": "b"},
        "mergeable": True,
        "mergeable_state": "clean",
        "html_url": "https://forge.example/pull/12",
    }
    return PullRequest.model_validate({**said, **more})


def check(name: str, conclusion: str | None) -> CheckRun:
    return CheckRun(name=name, status="in_progress" if conclusion is None else "completed", conclusion=conclusion)


def seen(*checks: CheckRun, required: tuple[str, ...] = (), **more: object) -> PullSight:
    return PullSight(pull=pull(**more), checks=checks_seen(checks, ()), required=required, tip="b")


@pytest.mark.parametrize(
    ("sight", "told"),
    [
        (seen(), None),
        (seen(check("test", "success")), None),
        (seen(check("test", None)), "checks: `test`"),
        (seen(check("test", "success"), required=("test", "lint")), "checks: `lint`"),
        (seen(check("optional", None), check("test", "success"), required=("test",)), None),
        (seen(mergeable_state="blocked"), "an approval, or another rule of the branch"),
        (seen(mergeable=None, mergeable_state="unknown"), "the forge to say whether it can be merged"),
        (seen(mergeable_state="unstable"), None),
    ],
)
def test_what_it_waits_for(sight: PullSight, told: str | None) -> None:
    assert sight.waits_for(MergeMethod.SQUASH) == told


def test_a_person_is_waited_for_even_if_all_is_well() -> None:
    assert seen().waits_for(MergeMethod.PERSON) == "a person who merges it"


def test_only_required_checks_can_fail_it_where_some_are_required() -> None:
    checks = (check("test", "success"), check("flaky", "failure"))
    assert seen(*checks, required=("test",)).failed == ()
    assert seen(*checks).failed == ("flaky",)


@pytest.mark.parametrize("conclusion", ["neutral", "skipped", "success"])
def test_what_lets_a_check_pass(conclusion: str) -> None:
    assert seen(check("test", conclusion)).failed == ()


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "action_required", "stale"])
def test_what_does_not(conclusion: str) -> None:
    assert seen(check("test", conclusion)).failed == ("test",)


def test_a_status_counts_as_a_check() -> None:
    statuses = [CommitStatus(context="ci", state="pending"), CommitStatus(context="cla", state="error")]
    both = PullSight(pull=pull(), checks=checks_seen([], statuses), tip="b")
    assert (both.awaited, both.failed) == (("ci",), ("cla",))


RULES = (
    ForgeRule(type="pull_request", parameters={"allowed_merge_methods": ["squash", "rebase"]}),
    ForgeRule(type="required_status_checks", parameters={"required_status_checks": [{"context": "test"}]}),
)


def test_rules_of_rulesets_and_of_the_classic_protection_are_one() -> None:
    classic: dict[str, object] = {"required_status_checks": {"contexts": ["test", "lint"]}}
    found = branch_rules(RULES, classic)
    assert (found.needs_pull, found.required, found.methods) == (True, ("test", "lint"), ("rebase", "squash"))


def test_a_branch_without_rules_has_none() -> None:
    found = branch_rules((), None)
    assert (found.needs_pull, found.required, found.methods, found.signed) == (False, (), (), False)


@pytest.mark.parametrize(
    ("landing", "told"),
    [
        (Landing(), ["let changes in only by a pull request", "want the checks `test` to have passed"]),
        (BY_PULL, []),
        (BY_PULL.model_copy(update={"method": MergeMethod.REBASE}), []),
        (
            BY_PULL.model_copy(update={"method": MergeMethod.MERGE}),
            ["does not allow to merge by `merge`", "allow to merge by `rebase`, `squash` only"],
        ),
        (BY_PULL.model_copy(update={"method": MergeMethod.PERSON}), []),
    ],
)
def test_the_way_and_the_rules(landing: Landing, told: list[str]) -> None:
    found = contradictions(landing, branch_rules(RULES, None), REPOSITORY)
    assert len(found) == len(told)
    assert all(words in problem for words, problem in zip(told, found, strict=True))


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    assert len(pull_body("x" * 100_000, "notes")) < MOST + 100
    assert "cut off" in pull_body("x" * 100_000, "notes")
    assert pull_body("plan", "## Added\n- it").startswith("## Added")
