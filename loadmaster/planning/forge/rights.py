"""What a release may do on the forge: the rights of its token, and the rules of the branch and the tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from pydantic import Field

from loadmaster.planning.forge.answered import ForgeRepository
from loadmaster.planning.forge.landing import BranchRules, contradictions
from loadmaster.planning.permissions.findings import Asked, Finding, Found
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.ci_style import LandingWay
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.planning.values.value import Value

_TOKENS = "the forge's page of tokens"


class Right(StrEnum):
    """A permission of a fine-grained token. A classic one has all of them by its scope `repo`."""

    CONTENTS = "contents"
    """Writing: refs, releases and their assets."""
    PULL_REQUESTS = "pull_requests"
    """Writing: opening and merging."""
    ACTIONS = "actions"
    """Writing: starting workflows, and running jobs again."""


class ForgeRights(Value):
    """What was seen, before a release, of what it may do on the forge."""

    repository: ForgeRepository | None = None
    """None if it could not be read."""
    scopes: tuple[str, ...] | None = None
    """Of a classic token; None for any other."""
    may: Mapping[Right, bool | None] = Field(default_factory=dict)
    """By the right that was asked about; None if the answer does not tell."""
    rules: BranchRules | None = None
    """Of the release branch; None if they could not be read."""
    tag_rules: tuple[str, ...] = ()
    """The names of the active rulesets for tags."""
    asked: tuple[Asked, ...] = ()
    unread: str = ""
    """Why something could not be read."""


def needed_rights(project: Project, plan: ReleasePlan) -> tuple[Right, ...]:
    """What the release will do."""
    ci = project.ci
    return (
        Right.CONTENTS,
        *([Right.PULL_REQUESTS] if plan.landing is LandingWay.PULL_REQUEST else []),
        *([Right.ACTIONS] if ci is not None and (ci.reruns or ci.dispatch is not None) else []),
    )


def forge_findings(rights: ForgeRights, project: Project, plan: ReleasePlan) -> Iterator[Finding]:
    """The findings of the gate `forge`: about the repository, the token, the branch, the tags."""
    gate = PermissionGate.FORGE
    repository = rights.repository
    if repository is None:
        told = rights.unread or "the forge gave no answer"
        yield Found(Outcome.COULD_NOT_CHECK, told, asked=rights.asked).at(gate, "forge")
        return
    yield _repository(repository, project, rights).at(gate, "forge")
    for right in needed_rights(project, plan):
        yield _right(right, rights).at(gate, "token")
    if rights.rules is None:
        told = rights.unread or "the rules of the branch could not be read"
        yield Found(Outcome.COULD_NOT_CHECK, told, asked=rights.asked).at(gate, plan.branch)
    else:
        yield from (found.at(gate, plan.branch) for found in _branch(rights.rules, repository, project, rights))
    if rights.tag_rules:
        names = ", ".join(f"`{name}`" for name in rights.tag_rules)
        tag = plan.tags[0].name
        told = f"the repository has rulesets for tags: {names}; whether they let this token create `{tag}` is not told"
        yield Found(Outcome.COULD_NOT_CHECK, told, "look at them on the forge").at(gate, "tags")


def _repository(repository: ForgeRepository, project: Project, rights: ForgeRights) -> Found:
    if repository.archived:
        return Found(
            Outcome.FAIL, "the repository is archived", "let its owner end the archiving in its settings.", rights.asked
        )
    if repository.full_name.lower() != project.forge.lower():
        told = f"the repository is called `{repository.full_name}` now"
        return Found(Outcome.PASS, told, "write that into the profile's `forge`.", rights.asked, is_warning=True)
    if repository.permissions is None or not repository.permissions.push:
        fix = "let somebody who may give write access to the account that the token belongs to."
        return Found(Outcome.FAIL, "whom the token belongs to may not write to the repository", fix, rights.asked)
    return Found(Outcome.PASS, f"`{repository.full_name}` is there, and may be written", asked=rights.asked)


def _right(right: Right, rights: ForgeRights) -> Found:
    if rights.scopes is not None:
        if {"repo", "public_repo"} & set(rights.scopes):
            return Found(Outcome.PASS, f"its scopes give it `{right}: write`", asked=rights.asked)
        told = f"its scopes ({', '.join(rights.scopes) or 'none'}) do not give it `{right}: write`"
        return Found(Outcome.FAIL, told, f"give it the scope `repo` on {_TOKENS}.", rights.asked)
    match rights.may.get(right):
        case True:
            return Found(Outcome.PASS, f"it has `{right}: write`", asked=rights.asked)
        case False:
            fix = f"give it `{right}: write` for this repository on {_TOKENS}."
            return Found(Outcome.FAIL, f"it lacks `{right}: write`", fix, rights.asked)
        case _:
            return Found(Outcome.COULD_NOT_CHECK, f"whether it has `{right}: write` is not told", asked=rights.asked)


def _branch(rules: BranchRules, repository: ForgeRepository, project: Project, rights: ForgeRights) -> Iterator[Found]:
    told = contradictions(project.landing, rules, repository)
    fix = "change `landing` in the profile, or the branch's rules; if the token may pass them by, list `forge` in `gates.advice`."
    for each in told:
        yield Found(Outcome.FAIL, each, fix, rights.asked)
    if not told:
        way = (
            project.landing.way
            if project.landing.way is LandingWay.PUSH
            else f"{project.landing.method} of a pull request"
        )
        yield Found(Outcome.PASS, f"its rules allow to land by {way}", asked=rights.asked)
