"""A registry's answers, spelled shortly, and the facts that the gates judge."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
PASSED = refused(400, "invalid tarball length")
UNKNOWN_CRATE = refused(404, "crate `core` does not exist")


def crate(name: str = "core", *, trustpub_only: bool = False) -> Exchange:
    return said({"crate": {"id": name, "name": name, "trustpub_only": trustpub_only}})


def owned(*logins: str) -> Exchange:
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
    token: TokenSeen | None = None,
    is_new: bool = False,
    spelled: str | None = None,
    names: Mapping[str, NameSeen] | None = None,
) -> Facts:
    """A release of `core` and of `app`, which needs it; about `app` everything is as it should be."""
    out = {"app": ["0.4.0"], "core": [] if is_new else ["0.4.0"]}
    looked = seen(
        package("core"), package("app", needs("core")), registry=out, spelled={"core": spelled} if spelled else {}
    )
    plan = plan_release(looked, project, "minor", TODAY)
    app = CrateAnswers(
        crate=crate("app"),
        owners=owned(*project.registry.owners),
        configs=configured(config()),
        probe=core.probe and PASSED,
    )
    action = Action.NEW if is_new else Action.UPDATE
    return Facts(
        plan=plan,
        project=project,
        registry=looked.registry,
        seen=PermissionsSeen(
            api=API,
            site=site,
            tokens={action: token} if token else {},
            crates={"core": core, "app": app},
            names=names or {},
        ),
        asked=inquiries(plan, project, looked.registry),
        needs={"core": tuple(names or ())},
    )


def found(facts: Facts, gate: str, where: str = "core") -> list[Finding]:
    return [each for each in ask(facts) if each.gate == gate and each.where == where]


def one(facts: Facts, gate: str, where: str = "core") -> Finding:
    (only,) = found(facts, gate, where)
    return only
