"""The faults that a release meets when a permission is missing: each is found before anything is written, with its crate
and its way out; and without the preflight the release stops at that crate, says the same, and goes on after the repair.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from loadmaster.clients.registry import trusted_publishing
from loadmaster.credentials.sources import identity
from loadmaster.credentials.tokens import hold_tokens
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.request import GatesClosed
from loadmaster.planning.gates import require_open
from loadmaster.planning.permissions.findings import Finding, answers
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.show import permissions_text
from loadmaster.planning.values.gate import Outcome
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.seeding import LONG_AGO
from loadmaster.run.job import Job
from loadmaster.run.world import credential_file
from loadmaster.steps.permissions import judge_packaged, judge_unpackaged
from loadmaster.steps.publish import publish_crate
from tests.kit.mending import (
    Mend,
    accept_the_invitation,
    ask_help,
    configure,
    create_with_a_token,
    let_tokens_publish,
    look_up_the_owner,
    make_a_token,
    publish_by_the_workflow,
    put_token_of,
    run_cargo_owner,
    token_file,
    verify_the_e_mail,
    wait_for_the_limit,
    wait_for_the_lock,
    wait_for_the_name,
)
from tests.kit.permission_worlds import (
    BY_TRUSTED_PUBLISHING,
    CRATES,
    PROFILE,
    SCOPES,
    TEAM,
    WANTED,
    asked_in,
    crate,
    opened,
    publisher,
)
from tests.kit.step_world import Prepared, uploads

pytestmark = pytest.mark.cargo


def healthy(**differs: Any) -> dict[str, Any]:
    """Ann releases two crates that are hers, with a token that may, or by a workflow that is configured."""
    return {
        "users": [{"login": "ann", "id": 1}, {"login": "bob", "id": 2}],
        "teams": [{"login": TEAM, "members": ["ann"]}],
        "crates": [crate(name) for name in CRATES],
        "trusted_publishing": [publisher(name) for name in CRATES],
        "actor": "ann",
        "actor_token": {"scopes": SCOPES, "crates": ["hangar-*"]},
        **differs,
    }


def with_cli(**differs: Any) -> dict[str, Any]:
    """As `healthy`, but for what is said of `hangar-cli`."""
    return healthy(crates=[crate("hangar-units"), crate("hangar-cli", **differs)])


def configured(**differs: Any) -> dict[str, Any]:
    """As `healthy`, but for how `hangar-cli` is configured."""
    return healthy(trusted_publishing=[publisher("hangar-units"), publisher("hangar-cli", **differs)])


def with_token(**differs: Any) -> dict[str, Any]:
    return healthy(actor_token={"scopes": SCOPES, "crates": ["hangar-*"], **differs})


class Fault(NamedTuple):
    scenario: dict[str, Any]
    gate: str
    where: str
    told: str
    fix: str
    mend: Mend
    """Carries out the fix."""
    profile: dict[str, Any] = PROFILE


FAULTS = {
    "an owner is missing": Fault(
        with_cli(owners=["bob"]),
        "owners",
        "hangar-cli",
        "`ann` does not own it",
        "let one of `bob` run `cargo owner --add ann hangar-cli`",
        run_cargo_owner("bob"),
    ),
    "an owner is invited and has not accepted": Fault(
        with_cli(owners=["bob"], invited=["ann"]),
        "owners",
        "hangar-cli",
        "`ann` does not own it",
        "if `ann` is invited already, accepting at https://crates.io/me/pending-invites is enough",
        accept_the_invitation,
    ),
    "a team is missing among the owners": Fault(
        healthy(),
        "owners",
        "hangar-cli",
        f"`{TEAM}` does not own it",
        f"cargo owner --add {TEAM} hangar-cli",
        run_cargo_owner("ann"),
        {**PROFILE, "owners": ["ann", TEAM]},
    ),
    "only a team owns it, and an owner is missing": Fault(
        with_cli(owners=[TEAM]),
        "owners",
        "hangar-cli",
        "`ann` does not own it",
        "ask help@crates.io to make `ann` an owner",
        ask_help,
    ),
    "the workflow has another file name": Fault(
        configured(workflow_filename="publish.yml"),
        "trusted-publishing",
        "hangar-cli",
        "its workflow is `publish.yml`, not `release.yml`",
        "https://crates.io/crates/hangar-cli/settings",
        configure,
        BY_TRUSTED_PUBLISHING,
    ),
    "the workflow's file name begins with a blank": Fault(
        configured(workflow_filename=" release.yml"),
        "trusted-publishing",
        "hangar-cli",
        "its workflow is ` release.yml` with a blank before or after it",
        "https://crates.io/crates/hangar-cli/settings",
        configure,
        BY_TRUSTED_PUBLISHING,
    ),
    "the environment is another one": Fault(
        configured(environment="production"),
        "trusted-publishing",
        "hangar-cli",
        "it requires the environment `production`, and the profile names none",
        "https://crates.io/crates/hangar-cli/settings",
        configure,
        BY_TRUSTED_PUBLISHING,
    ),
    "nothing is configured": Fault(
        healthy(trusted_publishing=[publisher("hangar-units")]),
        "trusted-publishing",
        "hangar-cli",
        "has no configuration of trusted publishing",
        "add repository `loadmaster/hangar`, workflow `release.yml`, no environment at",
        configure,
        BY_TRUSTED_PUBLISHING,
    ),
    "the configuration is older than a transfer of the repository": Fault(
        configured(repository_owner_id=99),
        "trusted-publishing",
        "hangar-cli",
        "its configuration has the owner's id 99, and the profile says 1",
        "add the same configuration again at https://crates.io/crates/hangar-cli/settings",
        configure,
        BY_TRUSTED_PUBLISHING,
    ),
    "an old configuration differs from the others, and the profile has no id": Fault(
        configured(repository_owner_id=99),
        "trusted-publishing",
        "plan",
        "name `loadmaster` by different ids, and an owner has one: 1 for `hangar-units`; 99 for `hangar-cli`",
        "look the id up (`gh api users/loadmaster --jq .id`)",
        look_up_the_owner,
        {**PROFILE, "trusted_publishing": {**WANTED, "owner_id": None}},
    ),
    "it takes versions by trusted publishing only, and a token is in use": Fault(
        with_cli(trustpub_only=True),
        "trusted-publishing",
        "hangar-cli",
        "by trusted publishing only",
        "https://crates.io/crates/hangar-cli/settings",
        let_tokens_publish,
    ),
    "it takes versions by trusted publishing only, which is set up": Fault(
        with_cli(trustpub_only=True),
        "trusted-publishing",
        "hangar-cli",
        "by trusted publishing only",
        "publish it by trusted publishing",
        publish_by_the_workflow,
    ),
    "it is new, and trusted publishing cannot create it": Fault(
        healthy(crates=[crate("hangar-units")], trusted_publishing=[publisher("hangar-units")]),
        "crate-exists",
        "hangar-cli",
        "cannot create crates",
        'registry.credentials.new = "token"',
        create_with_a_token,
        BY_TRUSTED_PUBLISHING,
    ),
    "its name was deleted lately": Fault(
        healthy(crates=[crate("hangar-units")], trusted_publishing=[], deleted=[{"name": "hangar-cli"}]),
        "crate-exists",
        "hangar-cli",
        "was deleted lately",
        "ask the preflight again after",
        wait_for_the_name,
        {"owners": ["ann"]},
    ),
    "the token is expired": Fault(
        with_token(expires="2020-01-01T00:00:00Z"),
        "token",
        "token",
        "in `registry.token` is unknown, revoked or expired",
        "settings/tokens",
        make_a_token,
    ),
    "the account is locked": Fault(
        healthy(users=[{"login": "ann", "id": 1, "locked": {"reason": "spam", "until": "2099-01-01T00:00:00Z"}}]),
        "token",
        "token",
        "locked until 2099-01-01 at 00:00:00 UTC; the registry's reason: `spam`",
        "wait until 2099-01-01 at 00:00:00 UTC",
        wait_for_the_lock,
    ),
    "the token lacks the scope": Fault(
        with_token(scopes=["publish-new", "trusted-publishing"]),
        "token",
        "hangar-units",
        "lacks the scope `publish-update`",
        "settings/tokens",
        make_a_token,
    ),
    "the token's pattern misses one crate": Fault(
        with_token(crates=["hangar-units", "hangar_cli"]),
        "token",
        "hangar-cli",
        "no pattern of the token in `registry.token` fits it (case counts in patterns, and `-` is not `_`)",
        "settings/tokens",
        make_a_token,
    ),
    "the pattern of a token that may only publish misses one crate": Fault(
        with_token(scopes=["publish-update"], crates=["hangar-units", "hangar_cli"]),
        "token",
        "hangar-cli",
        "no pattern of its crates fits `hangar-cli` (case counts in patterns, and `-` is not `_`)",
        "settings/tokens",
        make_a_token,
    ),
    "the account's e-mail is not verified": Fault(
        healthy(users=[{"login": "ann", "id": 1, "email_verified": False}]),
        "token",
        "hangar-units",
        "no verified e-mail",
        "https://crates.io/settings/profile",
        verify_the_e_mail,
    ),
    "the token's account owns one crate of two": Fault(
        with_cli(owners=["bob"]),
        "token",
        "hangar-cli",
        "is owned by `bob`, and the account of the token in `registry.token` is not among them",
        "cargo owner --add LOGIN hangar-cli",
        run_cargo_owner("bob"),
        {},
    ),
    "the token's account owns one crate of two, and is invited to the other": Fault(
        with_cli(owners=["bob"], invited=["ann"]),
        "token",
        "hangar-cli",
        "is owned by `bob`, and the account of the token in `registry.token` is not among them",
        "if it is invited already, it accepts at https://crates.io/me/pending-invites",
        accept_the_invitation,
        {},
    ),
    "the token's account owns nothing": Fault(
        healthy(crates=[crate(name, owners=["bob"]) for name in CRATES], actor_token={}),
        "token",
        "hangar-units",
        "is owned by `bob`",
        "put a token of `bob` into `registry.token`",
        put_token_of("bob"),
        {},
    ),
    "whosever the token is, it cannot publish both": Fault(
        {**with_cli(owners=["bob"]), "actor_token": {"scopes": ["publish-update"]}},
        "token",
        "token",
        "in `registry.token` cannot publish all of its crates, whosever it is, because no account owns them all",
        "one of `bob` runs `cargo owner --add LOGIN hangar-cli`",
        run_cargo_owner("bob"),
        {},
    ),
}
"""Each with its own words, and with what is done about it."""


def failures(findings: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in findings if each.outcome is Outcome.FAIL]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_a_fault_is_found_before_anything_is_uploaded_and_its_fix_makes_the_next_preflight_green(
    prepared: Prepared, home: Path, fault: Fault
) -> None:
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        findings = ask(asked_in(job, prepared))
        fitting = [each for each in alike_of(fault, findings) if each.where == fault.where]
        assert fitting, failures(findings)
        assert all(each.asked for each in fitting)
        with pytest.raises(GatesClosed, match=fault.where):
            require_open(answers(findings, ()))
        assert 200 not in {status for _, status in uploads(job)}
        profile = fault.profile
        for each in alike_of(fault, findings):
            profile = profile | fault.mend(job, each.fix)
    with opened(prepared, home, fault.scenario, profile) as job:
        findings = ask(asked_in(job, prepared))
        assert not failures(findings)
        require_open(answers(findings, ()))


def alike_of(fault: Fault, findings: tuple[Finding, ...]) -> list[Finding]:
    """The failures that this fault causes, of whichever crates; each has its own fix."""
    told = fault.told.replace(fault.where, "")
    return [
        each
        for each in failures(findings)
        if each.gate == fault.gate
        and told in each.what.replace(each.where, "")
        and fault.fix.partition(fault.where)[0] in each.fix
    ]


def test_a_name_that_is_ours_in_another_spelling_is_green_under_that_spelling(prepared: Prepared, home: Path) -> None:
    spelled = healthy(crates=[crate("hangar-units"), crate("hangar_cli")], trusted_publishing=[])
    with opened(prepared, home, with_patterns(spelled, "hangar*"), {"owners": ["ann"]}) as job:
        (finding,) = [each for each in failures(ask(asked_in(job, prepared))) if each.gate == "crate-exists"]
        assert "on the registry as `hangar_cli`: both are the same name to it" in finding.what
        assert finding.fix == "name the package `hangar_cli`, or choose another name."
        assert not failures(ask(asked_in(job, renamed(prepared, "hangar_cli"))))


def test_a_name_that_is_somebody_else_s_in_another_spelling_is_given_up(prepared: Prepared, home: Path) -> None:
    spelled = healthy(crates=[crate("hangar-units"), crate("hangar_cli", owners=["bob"])], trusted_publishing=[])
    with opened(prepared, home, with_patterns(spelled, "hangar*"), {}) as job:
        (finding,) = [each for each in failures(ask(asked_in(job, prepared))) if each.gate == "crate-exists"]
        assert finding.fix == "choose another name: that crate is somebody else's."
        assert not failures(ask(asked_in(job, renamed(prepared, "hangar-deck"))))


def with_patterns(scenario: dict[str, Any], pattern: str) -> dict[str, Any]:
    return {**scenario, "actor_token": {"scopes": SCOPES, "crates": [pattern]}}


def renamed(prepared: Prepared, name: str) -> Prepared:
    """As if the package `hangar-cli` had this name."""
    crates = tuple(
        each.model_copy(update={"name": name}) if each.name == "hangar-cli" else each for each in prepared.plan.crates
    )
    packages = tuple(
        each.model_copy(update={"name": name}) if each.name == "hangar-cli" else each
        for each in prepared.seen.workspace.packages
    )
    workspace = prepared.seen.workspace.model_copy(update={"packages": packages})
    return dataclasses.replace(
        prepared,
        plan=prepared.plan.model_copy(update={"crates": crates}),
        seen=prepared.seen.model_copy(update={"workspace": workspace}),
    )


def test_a_probe_that_meets_the_account_s_limit_contradicts_the_plan_aloud(prepared: Prepared, home: Path) -> None:
    limited = healthy(users=[{"login": "ann", "id": 1, "limits": {"update": 1}}])
    with opened(prepared, home, limited, PROFILE) as job:
        findings = ask(asked_in(job, prepared))
        (budget,) = [each for each in findings if each.gate == "rate-budget"]
        assert (budget.outcome, budget.is_warning) == (Outcome.PASS, True)
        assert "the limit for updates is used up until" in budget.what
        profile = PROFILE | wait_for_the_limit(job, budget.fix)
    with opened(prepared, home, limited, profile) as job:
        findings = ask(asked_in(job, prepared))
        assert not failures(findings)
        assert not any(each.is_warning for each in findings)


def test_a_crate_of_a_team_alone_raises_no_alarm(prepared: Prepared, home: Path) -> None:
    """Nobody may read how it is configured. The run's own token shows that it is right."""
    registry = {**BY_TRUSTED_PUBLISHING, "owners": []}
    for probe, outcome in ((False, Outcome.COULD_NOT_CHECK), (True, Outcome.PASS)):
        with opened(prepared, home, with_cli(owners=[TEAM]), registry, probe=probe) as job:
            findings = ask(asked_in(job, prepared))
            assert not failures(findings)
            assert [
                each.outcome for each in findings if (each.gate, each.where) == ("trusted-publishing", "hangar-cli")
            ] == [outcome]


def test_a_member_of_an_owning_team_is_not_told_that_the_crate_is_not_theirs(prepared: Prepared, home: Path) -> None:
    with opened(prepared, home, with_cli(owners=["bob", TEAM]), {}) as job:
        findings = ask(asked_in(job, prepared))
        assert not failures(findings)
        (token,) = [each for each in findings if (each.gate, each.where) == ("token", "hangar-cli")]
        assert token.outcome is Outcome.COULD_NOT_CHECK
        assert f"as a member of `{TEAM}`" in token.what


def test_a_new_name_is_open_as_only_its_upload_shows_a_reservation(prepared: Prepared, home: Path) -> None:
    reserved = healthy(
        crates=[crate("hangar-units")], trusted_publishing=[], reserved=[{"name": "hangar-cli"}], actor_token={}
    )
    for probe in (False, True):
        with opened(prepared, home, reserved, {}, probe=probe) as job:
            (finding,) = [
                each
                for each in ask(asked_in(job, prepared))
                if (each.gate, each.where) == ("crate-exists", "hangar-cli")
            ]
            assert finding.outcome is Outcome.COULD_NOT_CHECK
            assert "list of reserved ones, is open" in finding.what or "list of reserved ones is open" in finding.what


def test_a_token_of_trusted_publishing_in_the_place_of_an_api_token_is_judged_as_what_it_is(
    prepared: Prepared, home: Path
) -> None:
    """A workflow that uses crates.io's own action sets the variable so."""
    with opened(prepared, home, healthy(), {}) as job:
        url, allowed = identity(job.world)
        api, client = job.registry.api, job.registry.http
        jwt = trusted_publishing.identity_token(url, allowed.reveal(), trusted_publishing.audience_of(api), client)
        kept = token_file(job).read_text()
        token_file(job).write_text(trusted_publishing.exchange(api, jwt, client))
        findings = ask(asked_in(job, prepared))
        token_file(job).write_text(kept)
    assert not failures(findings)
    assert {each.outcome for each in findings if each.gate == "token" and each.where in CRATES} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("publishes", "outcome"), [(True, Outcome.FAIL), (False, Outcome.COULD_NOT_CHECK)], ids=["a release", "a preflight"]
)
def test_a_run_that_nobody_vouches_for_cannot_publish_by_trusted_publishing(
    prepared: Prepared, home: Path, publishes: bool, outcome: Outcome
) -> None:
    with opened(prepared, home, healthy(), BY_TRUSTED_PUBLISHING, probe=False) as job:
        alone = dataclasses.replace(job, world=job.world.model_copy(update={"identity": None}))
        with hold_tokens(alone):
            findings = ask(asked_in(alone, prepared).model_copy(update={"publishes": publishes}))
    (token,) = [each for each in findings if (each.gate, each.where) == ("token", "token")]
    assert token.outcome is outcome
    assert "nobody gives one here" in token.what
    assert "id-token: write" in token.fix


def test_a_token_that_ends_before_the_plan_does_is_told_and_a_longer_one_is_green(
    prepared: Prepared, home: Path
) -> None:
    """The registry shows no token's end. Five minutes are left, and the second new crate waits for ten."""
    now = datetime.now(UTC)
    scenario = healthy(crates=[], trusted_publishing=[], actor_token={"expires": now + timedelta(minutes=5)})
    outcomes = []
    for said in ({}, {"token_expires": now + timedelta(minutes=5)}, {"token_expires": now + timedelta(days=30)}):
        registry = {"new_burst": 1, "credentials": said}
        with opened(prepared, home, scenario, registry, probe=False) as job:
            findings = ask(asked_in(job, prepared))
        alive, end = [each for each in findings if each.where == "token for new crates"]
        assert alive.outcome is Outcome.PASS
        assert "publishing takes about 10 min, until " in end.what
        outcomes.append((end.outcome, "token_expires" in end.fix, "lives longer" in end.fix))
    assert outcomes == [
        (Outcome.COULD_NOT_CHECK, True, False),
        (Outcome.FAIL, False, True),
        (Outcome.PASS, False, False),
    ]


def test_passes_alike_are_told_once_with_what_was_asked(prepared: Prepared, home: Path) -> None:
    with opened(prepared, home, healthy(), PROFILE) as job:
        findings = ask(asked_in(job, prepared))
    text = permissions_text(findings)
    assert text.count("may publish it (`publish-update`) and its account owns it") == 1
    assert "The same for `hangar-cli`." in text
    assert "with the token in `registry.token`: 400, `invalid tarball length`" in text
    assert all(each.asked for each in findings if each.outcome is Outcome.PASS)


@pytest.mark.parametrize("registry", [PROFILE, BY_TRUSTED_PUBLISHING], ids=["with a token", "by trusted publishing"])
def test_nothing_is_reported_of_a_healthy_release(prepared: Prepared, home: Path, registry: dict[str, Any]) -> None:
    with opened(prepared, home, healthy(), registry) as job:
        findings = (*ask(asked_in(job, prepared)), *judge_packaged(job, prepared.plan, prepared.digests))
        assert {each.outcome for each in findings} <= {Outcome.PASS, Outcome.SKIP}
        assert all(each.asked for each in findings if each.outcome is Outcome.PASS)
        assert not any(each.is_warning for each in findings)
        assert {each.where for each in findings if each.outcome is Outcome.PASS} >= {*CRATES, "registry", "plan"}


@pytest.mark.parametrize("name", ["the workflow has another file name", "the environment is another one"])
def test_the_probe_finds_who_does_not_accept_this_very_run(prepared: Prepared, home: Path, name: str) -> None:
    fault = FAULTS[name]
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        findings = [each for each in ask(asked_in(job, prepared)) if each.gate == "token"]
        assert [(each.where, each.outcome) for each in findings] == [
            ("token", Outcome.PASS),
            ("hangar-units", Outcome.PASS),
            ("hangar-cli", Outcome.FAIL),
        ]
        assert "no configuration of its trusted publishing accepts this workflow run" in findings[-1].what


def test_an_unverified_e_mail_is_unknown_without_the_probe(prepared: Prepared, home: Path) -> None:
    scenario = FAULTS["the account's e-mail is not verified"].scenario
    with opened(prepared, home, scenario, PROFILE, probe=False) as job:
        findings = ask(asked_in(job, prepared))
        assert not failures(findings)
        unknown = [each for each in findings if each.outcome is Outcome.COULD_NOT_CHECK]
        assert {each.where for each in unknown} == set(CRATES)
        assert all("e-mail is verified" in each.what for each in unknown)
        assert uploads(job) == []


Repair = Callable[[Job, Registry], None]


def renew_the_token(job: Job, registry: Registry) -> None:
    token = "cio" + "n" * 32
    registry.add_token("ann", token)
    credential_file(job.world.directory, "registry").write_text(token)


def add_the_owner(_: Job, registry: Registry) -> None:
    registry.add_owner("hangar-cli", "ann")


def verify(_: Job, registry: Registry) -> None:
    registry.add_account("ann", email_verified=True)


def correct(_: Job, registry: Registry) -> None:
    with registry.database.writing() as db:
        db.execute("UPDATE github_configs SET workflow_filename = 'release.yml', environment = NULL")


def publish_by_hand(_: Job, registry: Registry) -> None:
    """The first version, and its configuration."""
    registry.ledger.seed("hangar-cli", ("ann",), trustpub_only=False, now=LONG_AGO)
    with registry.database.writing() as db:
        db.execute(
            "INSERT INTO github_configs SELECT NULL, 'hangar_cli', repository_owner, repository_owner_id, "
            "repository_name, workflow_filename, environment, created_at FROM github_configs"
        )


def take_tokens(_: Job, registry: Registry) -> None:
    registry.ledger.seed("hangar-cli", ("ann",), trustpub_only=False, now=LONG_AGO)


@pytest.mark.parametrize(
    ("name", "stops_at", "told", "repair"),
    [
        ("an owner is missing", "hangar-cli", "you don't seem to be an owner", add_the_owner),
        (
            "it takes versions by trusted publishing only, and a token is in use",
            "hangar-cli",
            "can only be published using Trusted Publishing",
            take_tokens,
        ),
        ("the token is expired", "hangar-units", "authentication failed", renew_the_token),
        ("the token lacks the scope", "hangar-units", "the required permissions", renew_the_token),
        ("the token's pattern misses one crate", "hangar-cli", "the required permissions", renew_the_token),
        ("the account's e-mail is not verified", "hangar-units", "A verified email address", verify),
        ("the workflow has another file name", "hangar-cli", "is not valid for crate", correct),
        ("the workflow's file name begins with a blank", "hangar-cli", "is not valid for crate", correct),
        ("the environment is another one", "hangar-cli", "is not valid for crate", correct),
        (
            "it is new, and trusted publishing cannot create it",
            "hangar-cli",
            "do not support creating new crates",
            publish_by_hand,
        ),
    ],
)
def test_without_the_preflight_the_release_stops_at_that_crate_and_goes_on_after_the_repair(
    prepared: Prepared, home: Path, name: str, stops_at: str, told: str, repair: Repair
) -> None:
    fault = FAULTS[name]
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        with pytest.raises(LoadmasterError, match=f"`{stops_at}@0.5.0`.*{told}"):
            publish(job, prepared)
        before = [crate for crate, status in uploads(job) if status == 200]
        assert before == list(CRATES[: CRATES.index(stops_at)])
        repair(job, Registry(job.directory.world / "registry"))
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        publish(job, prepared)
        assert sorted(crate for crate, status in uploads(job) if status == 200) == sorted(CRATES)


def publish(job: Job, prepared: Prepared) -> None:
    for each in prepared.plan.crates:
        publish_crate(job, each, prepared.digests[each.name])


def test_crates_that_cannot_be_packaged_are_an_open_question(prepared: Prepared, home: Path) -> None:
    with opened(prepared, home, healthy(), PROFILE) as job:
        gone = prepared.plan.model_copy(update={"edits": (), "crates": (prepared.plan.crates[0],)})
        (job.directory.checkout / "units" / "Cargo.toml").write_text("not a manifest\nat all\n")
        (finding,) = judge_unpackaged(job, gone, prepared.seen)
        assert (finding.outcome, finding.where) == (Outcome.COULD_NOT_CHECK, "plan")
        assert "\n" not in finding.what
