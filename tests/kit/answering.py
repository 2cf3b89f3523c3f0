"""A registry's answers, spelled shortly, and the facts that the gates judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.questions import inquiries
from loadmaster.planning.permissions.seen import CrateAnswers, Exchange, NameSeen, PermissionsSeen, TokenSeen
from loadmaster.planning.plan import plan_release
from loadmaster.planning.profile.project import Project, Source
from loadmaster.planning.values.rates import Action
from tests.kit.building import TODAY, needs, package, seen

API = "https://registry.example"
HTML = "<!doctype html>\n<html><title>Sign in</title></html>"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WANTED = {"repository": "Someone/demo", "workflow": "release.yml", "environment": "release", "owner_id": 7}


def said(content: Any, status: int = 200) -> Exchange:
    return Exchange(
        request=f"GET {API}/…", status=status, text=content if isinstance(content, str) else json.dumps(content)
    )


def refused(status: int, detail: str) -> Exchange:
    return said({"errors": [{"detail": detail}]}, status)


READY = said({"read_only": False, "banner_message": None})
ALIVE = refused(403, "this action can only be performed on the crates.io website")
LEGACY = refused(403, "This endpoint cannot be used with legacy API tokens. Use a scoped API token instead.")
NO_PERMISSION = refused(403, "this token does not have the required permissions to perform this action")
ANOTHER_USER = refused(403, "this action requires authentication as the specified user")
NOT_AN_OWNER = refused(400, "You are not an owner of this crate")
PASSED = refused(400, "invalid tarball length")
UNKNOWN_CRATE = refused(404, "crate `core` does not exist")


SOURCE = "`LOADMASTER_REGISTRY_TOKEN`"
READER = TokenSeen(source=SOURCE, me=ALIVE, configs_of_user=ANOTHER_USER)
"""A token that also has the scope `trusted-publishing`."""
PUBLISHER = TokenSeen(source=SOURCE, me=ALIVE, configs_of_user=NO_PERMISSION)
"""A token that may only publish."""
LEGACY_TOKEN = TokenSeen(source=SOURCE, me=ALIVE, configs_of_user=LEGACY)
MINTED = TokenSeen(is_minted=True)


def crate(name: str = "core", *, trustpub_only: bool = False) -> Exchange:
    return said({"crate": {"id": name, "name": name, "trustpub_only": trustpub_only}})


def owned(*logins: str) -> Exchange:
    """By users, and by teams, whose names have colons."""
    kinds = ("team" if ":" in login else "user" for login in logins)
    return said({"users": [{"login": login, "kind": kind} for login, kind in zip(logins, kinds, strict=True)]})


def config(**differs: Any) -> dict[str, Any]:
    return {
        "crate": "core",
        "repository_owner": "someone",
        "repository_owner_id": 7,
        "repository_name": "demo",
        "workflow_filename": "release.yml",
        "environment": None,
        **differs,
    }


def configured(*configs: dict[str, Any]) -> Exchange:
    return said({"github_configs": configs, "meta": {"total": len(configs)}})


def profile(registry: Mapping[str, Any] | None = None, preflight: Mapping[str, Any] | None = None) -> Project:
    return Project.model_validate(
        {
            "name": "demo",
            "forge": "someone/demo",
            "source": Source(repository="demo"),
            "registry": registry or {},
            "preflight": preflight or {},
        }
    )


def facts(
    project: Project,
    core: CrateAnswers,
    *,
    site: Exchange = READY,
    token: TokenSeen | None = READER,
    is_new: bool = False,
    name: str = "core",
    spelled: str | None = None,
    names: Mapping[str, NameSeen] | None = None,
    others: Mapping[str, CrateAnswers] | None = None,
) -> Facts:
    """A release of `core` and of `app`, which needs it; about `app` everything is as it should be.

    `name` is another one for `core`; `token` is the one for it, with which everything was asked that needs one. `others`
    come beside these two.
    """
    fine = CrateAnswers(
        crate=crate("app"),
        owners=owned(*(project.registry.owners or ("ann",))),
        configs=configured(config()) if core.configs is not None else None,
        probe=core.probe and PASSED,
    )
    answers = {name: core, "app": fine, **(others or {})}
    looked = seen(
        *(package(each, *([needs(name)] if each == "app" else [])) for each in answers),
        registry={each: [] if is_new and each == name else ["0.4.0"] for each in answers},
        spelled={name: spelled} if spelled else {},
    )
    plan = plan_release(looked, project, "minor", TODAY)
    action = Action.NEW if is_new else Action.UPDATE
    return Facts(
        plan=plan,
        project=project,
        registry=looked.registry,
        seen=PermissionsSeen(
            api=API,
            at=NOW,
            site=site,
            tokens={action: token} if token else {},
            readers=(token,) if token and not token.is_minted else (),
            crates={each: sent(answer, token) for each, answer in answers.items()},
            names=names or {},
        ),
        asked=inquiries(plan, project, looked.registry),
        needs={name: tuple(names or ())},
    )


def sent(answers: CrateAnswers, token: TokenSeen | None) -> CrateAnswers:
    """The answers, with what needs a token asked with this one."""
    with_token = {
        name: exchange.model_copy(update={"credential": token.named if token else ""})
        for name in ("configs", "probe")
        if (exchange := getattr(answers, name)) is not None and not exchange.credential
    }
    return answers.model_copy(update=with_token)


def found(facts: Facts, gate: str, where: str = "core") -> list[Finding]:
    return [each for each in ask(facts) if each.gate == gate and each.where == where]


def one(facts: Facts, gate: str, where: str = "core") -> Finding:
    (only,) = found(facts, gate, where)
    return only
