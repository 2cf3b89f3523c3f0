"""Finds out what a release may do on the forge before it starts: its token, the branch's rules, the rules for tags."""

from __future__ import annotations

from loadmaster.clients.forge import refs, rights
from loadmaster.clients.forge.http import ForgeClient
from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.planning.forge.landing import BranchRules, branch_rules
from loadmaster.planning.forge.rights import ForgeRights, Right, needed_rights
from loadmaster.planning.permissions.findings import Asked
from loadmaster.planning.plan import ReleasePlan
from loadmaster.run.job import Job
from loadmaster.steps.forge.client import forge_client

_ANSWERS = {True: "its body is wrong, and it may be sent", False: "it may not be sent", None: "it does not tell"}


def look_at_rights(job: Job, plan: ReleasePlan) -> ForgeRights | None:
    """None for a release without a forge.

    Raises `ForgeUnreachable` and `ForgeRateLimited`, which are waited out; any other refusal is part of the answer.
    """
    if job.world.forge is None or not plan.on_forge:
        return None
    with forge_client(job) as client:
        try:
            repository, scopes = refs.repository(client), rights.scopes(client)
        except LoadmasterError as error:
            if error.outage:
                raise
            return ForgeRights(unread=clause(error.what), asked=(Asked(question="the repository", answer=error.what),))
        may, questions = _ask(client, () if scopes is not None else needed_rights(job.project, plan), job)
        rules, unread = _rules(client, plan.branch)
        tags = _tag_rules(client)
    told = f"it is `{repository.full_name}`"
    if scopes is not None:
        told += f"; the token is a classic one with the scopes `{', '.join(scopes)}`"
    return ForgeRights(
        repository=repository,
        scopes=scopes,
        may=may,
        rules=rules,
        tag_rules=tags,
        asked=(Asked(question="the repository", answer=told), *questions),
        unread=unread,
    )


def _ask(
    client: ForgeClient, needed: tuple[Right, ...], job: Job
) -> tuple[dict[Right, bool | None], tuple[Asked, ...]]:
    """By writes without a body, which change nothing."""
    workflow = job.project.ci.workflow if job.project.ci is not None else None
    may: dict[Right, bool | None] = {}
    questions = []
    for right in needed:
        address = rights.question(right, workflow)
        may[right] = None if address is None else rights.may(client, address)
        if address is not None:
            questions.append(Asked(question=f"`POST {address}` without a body", answer=_ANSWERS[may[right]]))
    return may, tuple(questions)


def _rules(client: ForgeClient, branch: str) -> tuple[BranchRules | None, str]:
    """The rules, or why they could not be read."""
    try:
        return branch_rules(refs.rules_of_branch(client, branch), refs.protection_of_branch(client, branch)), ""
    except LoadmasterError as error:
        if error.outage:
            raise
        return None, clause(error.what)


def _tag_rules(client: ForgeClient) -> tuple[str, ...]:
    """Not every token may read them, and not every forge has them."""
    try:
        return tuple(ruleset.name for ruleset in refs.tag_rulesets(client))
    except LoadmasterError as error:
        if error.outage:
            raise
        return ()
