"""The faults that a release meets when a permission is missing: each is found before anything is written, with its crate
and its way out; and without the preflight the release stops at that crate, says the same, and goes on after the repair.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from loadmaster.credentials.tokens import hold_tokens
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.request import GatesClosed
from loadmaster.planning.gates import require_open
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding, answers
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.profile.project import Preflight, Project
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.values.gate import Outcome
from loadmaster.rehearsal.registry import Registry
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.rehearsal.seeding import LONG_AGO
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.run.world import credential_file
from loadmaster.steps.look import look_at_registry
from loadmaster.steps.permissions import judge_packaged, judge_unpackaged, look_at_permissions
from loadmaster.steps.publish import publish_crate
from tests.kit.step_world import RUN, Prepared, uploads

pytestmark = pytest.mark.cargo

CRATES = ("hangar-units", "hangar-cli")
TEAM = "github:org:team"
WANTED = {"repository": "loadmaster/hangar", "workflow": "release.yml", "owner_id": 1}
"""What a rehearsal of the demo says of itself."""
SCOPES = ("publish-new", "publish-update", "trusted-publishing")
PROFILE: dict[str, Any] = {"owners": ["ann"], "trusted_publishing": WANTED}
BY_TRUSTED_PUBLISHING = {**PROFILE, "credential": "trusted-publishing"}


def crate(name: str, **differs: Any) -> dict[str, Any]:
    return {"name": name, "owners": ["ann"], "versions": ["0.4.0"], **differs}


def publisher(name: str, **differs: Any) -> dict[str, Any]:
    return {
        "crate": name,
        "repository_owner": "loadmaster",
        "repository_owner_id": 1,
        "repository_name": "hangar",
        "workflow_filename": "release.yml",
        "environment": None,
        **differs,
    }


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
    profile: dict[str, Any] = PROFILE


FAULTS = {
    "an owner is missing": Fault(
        with_cli(owners=["bob"]), "owners", "hangar-cli", "`ann` does not own it", "cargo owner --add ann hangar-cli"
    ),
    "only a team owns it, and trusted publishing is wanted": Fault(
        with_cli(owners=[TEAM]),
        "trusted-publishing",
        "hangar-cli",
        "owned by teams only",
        "cargo owner --add",
        {**BY_TRUSTED_PUBLISHING, "owners": []},
    ),
    "the workflow has another file name": Fault(
        configured(workflow_filename="publish.yml"),
        "trusted-publishing",
        "hangar-cli",
        "its workflow is `publish.yml`, not `release.yml`",
        "https://crates.io/crates/hangar-cli/settings",
        BY_TRUSTED_PUBLISHING,
    ),
    "the workflow's file name begins with a blank": Fault(
        configured(workflow_filename=" release.yml"),
        "trusted-publishing",
        "hangar-cli",
        "its workflow is ` release.yml` with a blank before or after it",
        "https://crates.io/crates/hangar-cli/settings",
        BY_TRUSTED_PUBLISHING,
    ),
    "the environment is another one": Fault(
        configured(environment="production"),
        "trusted-publishing",
        "hangar-cli",
        "it requires the environment `production`, and the profile names none",
        "https://crates.io/crates/hangar-cli/settings",
        BY_TRUSTED_PUBLISHING,
    ),
    "it takes versions by trusted publishing only, and a token is in use": Fault(
        with_cli(trustpub_only=True),
        "trusted-publishing",
        "hangar-cli",
        "by trusted publishing only",
        "https://crates.io/crates/hangar-cli/settings",
    ),
    "it is new, and trusted publishing cannot create it": Fault(
        healthy(crates=[crate("hangar-units")], trusted_publishing=[publisher("hangar-units")]),
        "crate-exists",
        "hangar-cli",
        "cannot create crates",
        'registry.credentials.new = "token"',
        BY_TRUSTED_PUBLISHING,
    ),
    "the token is expired": Fault(
        with_token(expires="2020-01-01T00:00:00Z"), "token", "token", "unknown, revoked or expired", "settings/tokens"
    ),
    "the token lacks the scope": Fault(
        with_token(scopes=["publish-new", "trusted-publishing"]),
        "token",
        "hangar-units",
        "lacks the scope `publish-update`",
        "settings/tokens",
    ),
    "the token's pattern misses one crate": Fault(
        with_token(crates=["hangar-units", "hangar_cli"]),
        "token",
        "hangar-cli",
        "no pattern of its crates fits `hangar-cli` (case counts in patterns, and `-` is not `_`)",
        "settings/tokens",
    ),
    "the account's e-mail is not verified": Fault(
        healthy(users=[{"login": "ann", "id": 1, "email_verified": False}]),
        "token",
        "hangar-units",
        "no verified e-mail",
        "https://crates.io/settings/profile",
    ),
    "the registry spells the name otherwise": Fault(
        healthy(crates=[crate("hangar-units"), crate("hangar_cli")], trusted_publishing=[]),
        "crate-exists",
        "hangar-cli",
        "on the registry as `hangar_cli`",
        "name the package `hangar_cli`",
        {"owners": ["ann"]},
    ),
}


@pytest.fixture
def home(prepared: Prepared, tmp_path: Path) -> Path:
    """The store of the prepared release, with a world that is still to be made."""
    copy = tmp_path / "home"
    shutil.copytree(prepared.home, copy, symlinks=True, ignore=shutil.ignore_patterns("build", "world"))
    return copy


@contextmanager
def opened(
    prepared: Prepared, home: Path, scenario: dict[str, Any], registry: dict[str, Any], *, probe: bool = True
) -> Iterator[Job]:
    store = Store(home)
    request = prepared.request.model_copy(update={"scenario": Scenario.model_validate(scenario)})
    with rehearsal(request, store.run(RUN), store) as job:
        job = dataclasses.replace(job, project=profiled(job.project, registry, probe=probe))
        with hold_tokens(job):
            yield job


def profiled(project: Project, registry: dict[str, Any], *, probe: bool) -> Project:
    style = RegistryStyle.model_validate(project.registry.model_dump(exclude_unset=True) | registry)
    return project.model_copy(update={"registry": style, "preflight": Preflight(probe=probe)})


def facts(job: Job, prepared: Prepared) -> Facts:
    workspace = prepared.seen.workspace
    return look_at_permissions(job, prepared.plan, workspace, look_at_registry(job, workspace.names))


def failures(findings: tuple[Finding, ...]) -> list[Finding]:
    return [each for each in findings if each.outcome is Outcome.FAIL]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_a_missing_permission_is_found_before_anything_is_uploaded(
    prepared: Prepared, home: Path, fault: Fault
) -> None:
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        findings = ask(facts(job, prepared))
        fitting = [each for each in failures(findings) if (each.gate, each.where) == (fault.gate, fault.where)]
        assert any(fault.told in each.what and fault.fix in each.fix for each in fitting), failures(findings)
        assert all(each.evidence for each in fitting)
        with pytest.raises(GatesClosed, match=fault.where):
            require_open(answers(findings, ()))
        assert 200 not in {status for _, status in uploads(job)}


@pytest.mark.parametrize("registry", [PROFILE, BY_TRUSTED_PUBLISHING], ids=["with a token", "by trusted publishing"])
def test_nothing_is_reported_of_a_healthy_release(prepared: Prepared, home: Path, registry: dict[str, Any]) -> None:
    with opened(prepared, home, healthy(), registry) as job:
        findings = (*ask(facts(job, prepared)), *judge_packaged(job, prepared.plan, prepared.digests))
        assert {each.outcome for each in findings} <= {Outcome.PASS, Outcome.SKIP}
        assert not any(each.is_warning for each in findings)
        assert {each.where for each in findings if each.outcome is Outcome.PASS} >= {*CRATES, "registry", "plan"}


@pytest.mark.parametrize("name", ["the workflow has another file name", "the environment is another one"])
def test_the_probe_finds_who_does_not_accept_this_very_run(prepared: Prepared, home: Path, name: str) -> None:
    fault = FAULTS[name]
    with opened(prepared, home, fault.scenario, fault.profile) as job:
        findings = [each for each in ask(facts(job, prepared)) if each.gate == "token"]
        assert [(each.where, each.outcome) for each in findings] == [
            ("token", Outcome.PASS),
            ("hangar-units", Outcome.PASS),
            ("hangar-cli", Outcome.FAIL),
        ]
        assert "no configuration of it accepts this workflow run" in findings[-1].what


def test_an_unverified_e_mail_is_unknown_without_the_probe(prepared: Prepared, home: Path) -> None:
    scenario = FAULTS["the account's e-mail is not verified"].scenario
    with opened(prepared, home, scenario, PROFILE, probe=False) as job:
        findings = ask(facts(job, prepared))
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


def verify_the_e_mail(_: Job, registry: Registry) -> None:
    registry.add_account("ann", email_verified=True)


def configure(_: Job, registry: Registry) -> None:
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


def let_tokens_publish(_: Job, registry: Registry) -> None:
    registry.ledger.seed("hangar-cli", ("ann",), trustpub_only=False, now=LONG_AGO)


@pytest.mark.parametrize(
    ("name", "stops_at", "told", "repair"),
    [
        ("an owner is missing", "hangar-cli", "you don't seem to be an owner", add_the_owner),
        (
            "it takes versions by trusted publishing only, and a token is in use",
            "hangar-cli",
            "can only be published using Trusted Publishing",
            let_tokens_publish,
        ),
        ("the token is expired", "hangar-units", "authentication failed", renew_the_token),
        ("the token lacks the scope", "hangar-units", "the required permissions", renew_the_token),
        ("the token's pattern misses one crate", "hangar-cli", "the required permissions", renew_the_token),
        ("the account's e-mail is not verified", "hangar-units", "A verified email address", verify_the_e_mail),
        ("the workflow has another file name", "hangar-cli", "is not valid for crate", configure),
        ("the workflow's file name begins with a blank", "hangar-cli", "is not valid for crate", configure),
        ("the environment is another one", "hangar-cli", "is not valid for crate", configure),
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
