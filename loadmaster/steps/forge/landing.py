"""Lands the release commit by a pull request: opens it, looks how far it is, merges it, and finds the commit that it became."""

from __future__ import annotations

from loadmaster.clients import git
from loadmaster.clients.forge import pulls, refs
from loadmaster.errors.forge.landing import (
    PullChecksFailed,
    PullClosed,
    PullConflicts,
    PullHeadMoved,
    PullOutdated,
    PullOvertaken,
)
from loadmaster.errors.git import NotObserved
from loadmaster.planning.forge.landing import BranchRules, PullSight, branch_rules, checks_seen, pull_body
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.ci_style import MergeMethod
from loadmaster.planning.show import plan_markdown
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.steps.forge.client import forge_client
from loadmaster.things.landing import LandedCommit, LandingObservation, OfferedBranch, OpenedPull
from loadmaster.things.thing import converge, record_of


def look_for_landed(job: Job, plan: ReleasePlan, commit: str) -> LandingObservation:
    """Whether the release branch has the commit, or its tree. Raises what git raises for the remote."""
    return _landed(job, plan, commit).observe()


def open_pull(job: Job, plan: ReleasePlan, commit: str) -> tuple[ObjectRecord, int]:
    """The pull request, opened if there is none, and its number. Raises `PullClosed`, `PullHeadMoved`, `NotObserved`."""
    branch = job.project.landing.branch.format(version=branch_word(plan))
    offered = OfferedBranch(remote=job.world.remote, branch=branch, commit=commit, environment=job.git_environment())
    with forge_client(job) as client:
        opened = OpenedPull(client=client, branch=branch, base=plan.branch, commit=commit)

        def act() -> None:
            body = pull_body(plan_markdown(plan), "\n\n".join(tag.notes for tag in plan.tags))
            opened.open(lambda: converge(offered, lambda: offered.push(job.directory.checkout)), title_of(plan), body)

        record, seen = converge(opened, act)
    if seen.pull is None:
        raise NotObserved(opened.kind, opened.id, opened.place)
    return record, seen.pull.number


def branch_word(plan: ReleasePlan) -> str:
    """The version as a branch's name can have it."""
    return plan.version.replace(",", "+").replace("=", "-")


def title_of(plan: ReleasePlan) -> str:
    return plan.commit_message.strip().partition("\n")[0]


def look_at_rules(job: Job, branch: str) -> BranchRules:
    with forge_client(job) as client:
        return branch_rules(refs.rules_of_branch(client, branch), refs.protection_of_branch(client, branch))


def look_at_pull(job: Job, plan: ReleasePlan, number: int, rules: BranchRules) -> PullSight:
    """Four requests, of which the forge counts those whose answer has changed."""
    with forge_client(job) as client:
        pull = pulls.pull(client, number)
        seen = checks_seen(pulls.checks(client, pull.head.sha), pulls.statuses(client, pull.head.sha))
        tip = refs.find_branch(client, plan.branch)
    return PullSight(pull=pull, checks=seen, required=rules.required, tip=tip.object.sha if tip else "")


def require_on_its_way(seen: PullSight, plan: ReleasePlan, commit: str) -> None:
    """Lets a pull request that is merged, or may still be, pass.

    Raises `PullClosed`, `PullHeadMoved`, `PullConflicts`, `PullOutdated`, `PullChecksFailed`.
    """
    pull = seen.pull
    if pull.is_merged:
        return
    if not pull.is_open:
        raise PullClosed(pull.url, plan.branch)
    if pull.head.sha != commit:
        raise PullHeadMoved(pull.head.ref, commit, pull.head.sha)
    if pull.mergeable is False and pull.mergeable_state == "dirty":
        raise PullConflicts(pull.url, plan.branch)
    if seen.tip != plan.base_commit:
        raise PullOutdated(pull.url, plan.branch, plan.base_commit, seen.tip)
    if seen.failed:
        raise PullChecksFailed(pull.url, seen.failed)


def merge_pull(job: Job, plan: ReleasePlan, number: int, commit: str, method: MergeMethod) -> None:
    """Raises `ForgeMergeRefused`, `ForgeConflict`."""
    title, _, message = plan.commit_message.strip().partition("\n")
    with forge_client(job) as client:
        if not pulls.pull(client, number).is_merged:
            pulls.merge(client, number, method=method, head=commit, title=title, message=message.strip())


def confirm_landed(job: Job, plan: ReleasePlan, commit: str, number: int | None) -> tuple[ObjectRecord, str]:
    """The record of the commit on the release branch, and its id. The clone's branch is moved to it: it has the same tree.

    `number` is that of its pull request; None if none was needed. Raises `PullOvertaken`, `NotObserved`.
    """
    landing = _landed(job, plan, commit)
    seen = landing.observe()
    if seen.state is ObjectState.ABSENT or seen.landed is None:
        if number is not None:
            with forge_client(job) as client:
                pull = pulls.pull(client, number)
            if pull.is_merged:
                raise PullOvertaken(pull.url, pull.merge_commit_sha or "?", plan.branch)
        raise NotObserved(landing.kind, landing.id, landing.place)
    if seen.landed != commit:
        git.stand_on(job.directory.checkout, seen.landed)
    return record_of(landing, seen).model_copy(update={"id": seen.landed}), seen.landed


def _landed(job: Job, plan: ReleasePlan, commit: str) -> LandedCommit:
    return LandedCommit(
        checkout=job.directory.checkout,
        remote=job.world.remote,
        branch=plan.branch,
        base=plan.base_commit,
        commit=commit,
        environment=job.git_environment(),
    )
