"""What the permission gates say is kept: in worlds that are thrown together, a crate that passes is taken by the registry, and
one that fails is refused."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.profile.registry_style import RegistryStyle
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.rates import Action
from loadmaster.run.job import Job
from loadmaster.steps.publish import publish_crate
from tests.kit.permission_worlds import CRATES, SCOPES, TEAM, WANTED, asked_in, crate, opened, publisher
from tests.kit.step_world import Prepared

pytestmark = pytest.mark.cargo

WORLDS = 16
JUDGED = ("crate-exists", "token", "trusted-publishing")
"""The gates whose words are held against the uploads. The others compare with the profile, or do not close a crate."""


def thrown(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scenario, and the profile's table `registry`. Most of each is as it should be."""

    def mostly(usual: Any, *others: Any) -> Any:
        return usual if dice.random() < 0.75 else dice.choice(others)

    lock = mostly(None, {"reason": "spam", "until": "2099-01-01T00:00:00Z"})
    ann = {
        "login": "ann",
        "id": 1,
        "email_verified": mostly(True, False),
        "locked": lock if dice.random() < 0.3 else None,
    }
    names = [name for name in CRATES if mostly(True, False)]
    crates = [
        crate(
            name,
            owners=mostly(["ann"], ["bob"], [TEAM], ["bob", TEAM]),
            trustpub_only=mostly(False, True),
        )
        for name in names
    ]
    configs = [
        publisher(
            name, **mostly({}, {"workflow_filename": "ci.yml"}, {"environment": "prod"}, {"repository_owner_id": 99})
        )
        for name in names
        if mostly(True, False)
    ]
    gone = [name for name in CRATES if name not in names]
    scopes = mostly(SCOPES, None, ("publish-update",), ("publish-new",), ("publish-new", "publish-update"))
    patterns = mostly(["hangar-*"], None, ["hangar-units"], ["hangar_*"], ["*"])
    scenario = {
        "users": [ann, {"login": "bob", "id": 2}],
        "teams": [{"login": TEAM, "members": mostly(["ann"], [])}],
        "crates": crates,
        "trusted_publishing": configs,
        "actor": "ann",
        "actor_token": {"scopes": scopes, "crates": patterns, "revoked": dice.random() < 0.05},
        "deleted": [{"name": name} for name in gone if dice.random() < 0.2],
        "reserved": [{"name": name} for name in gone if dice.random() < 0.2],
    }
    wanted = {**WANTED, "owner_id": mostly(1, None)}
    registry = {"trusted_publishing": wanted} if dice.random() < 0.5 else {}
    registry |= mostly(
        {}, {"credential": "trusted-publishing"}, {"credential": "trusted-publishing", "credentials": {"new": "token"}}
    )
    return scenario, registry


@pytest.mark.parametrize("seed", range(WORLDS))
def test_in_a_world_thrown_together(prepared: Prepared, home: Path, seed: int) -> None:
    dice = random.Random(seed)
    scenario, registry = thrown(dice)
    new = set(CRATES) - {each["name"] for each in scenario["crates"]}
    with opened(prepared, home, scenario, registry, probe=dice.random() < 0.7) as job:
        findings = ask(asked_in(job, prepared))
        taken = {name: is_taken(job, prepared, name, is_new=name in new) for name in CRATES}
    world = told(scenario, registry, findings)
    for name in CRATES:
        outcomes = outcomes_for(findings, name, trusts=by_trusted_publishing(registry, is_new=name in new))
        if Outcome.FAIL in outcomes:
            assert not taken[name], f"{name}\n{world}"
        elif outcomes <= {Outcome.PASS, Outcome.SKIP} and alive(findings, is_new=name in new):
            needs_the_other = name == "hangar-cli" and not taken["hangar-units"]
            assert taken[name] or needs_the_other, f"{name}\n{world}"
    if any(each.outcome is Outcome.FAIL and each.where.startswith("token") for each in findings):
        assert not all(taken.values()), world


def by_trusted_publishing(registry: dict[str, Any], *, is_new: bool) -> bool:
    return RegistryStyle.model_validate(registry).credential_for(Action.NEW if is_new else Action.UPDATE) != "token"


def outcomes_for(findings: tuple[Finding, ...], name: str, *, trusts: bool) -> set[Outcome]:
    """What was said of the crate. How trusted publishing is configured counts only where it publishes."""
    said = [each for each in findings if each.where == name and each.gate in JUDGED]
    return {
        each.outcome
        for each in said
        if each.gate != "trusted-publishing" or trusts or "API token" in each.what or each.outcome is Outcome.SKIP
    }


def alive(findings: tuple[Finding, ...], *, is_new: bool) -> bool:
    """Whether the token in question passed, if there is one."""
    rows = {each.where for each in findings if each.where.startswith("token")}
    row = "token for new crates" if is_new and "token for new crates" in rows else "token"
    return {each.outcome for each in findings if (each.gate, each.where) == ("token", row)} <= {Outcome.PASS}


def told(scenario: dict[str, Any], registry: dict[str, Any], findings: tuple[Finding, ...]) -> str:
    """The world and what was said of it, a line each."""
    said = [f"{each.outcome} {each.gate} {each.where}: {each.what}" for each in findings if each.gate in JUDGED]
    return "\n".join([*(f"{key}: {value}" for key, value in (*scenario.items(), *registry.items())), *said])


def is_taken(job: Job, prepared: Prepared, name: str, *, is_new: bool) -> bool:
    (planned,) = [each for each in prepared.plan.crates if each.name == name]
    try:
        publish_crate(job, planned.model_copy(update={"is_new": is_new}), prepared.digests[name])
    except LoadmasterError:
        return False
    return True
