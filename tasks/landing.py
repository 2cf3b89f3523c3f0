"""Landing: the release commit gets onto the release branch, by a push or by a pull request.

A pull request is followed until it is merged, by us or by a person. Each look is `steps.landing`'s; what it means,
`planning.forge.landing`'s.
"""

from __future__ import annotations

import itertools

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact

from loadmaster.errors.forge.landing import PullNotReady
from loadmaster.errors.run import RunCancelled
from loadmaster.planning.forge.landing import PullSight
from loadmaster.planning.forge.show import pull_markdown
from loadmaster.planning.forge.watching import pause
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.profile.ci_style import LandingWay
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.journal import Journal
from loadmaster.steps.forge import landing as step
from loadmaster.tasks.policy import asks_the_world, waits_out_outages
from loadmaster.tasks.publish import push_commit

look_for_landed = asks_the_world("look for landed commit")(step.look_for_landed)
open_pull = asks_the_world("open pull request")(step.open_pull)
merge_pull = asks_the_world("merge pull request", "merge pull request {number}")(step.merge_pull)
confirm_landed = asks_the_world("confirm landed commit")(step.confirm_landed)
_look_at_rules = waits_out_outages(step.look_at_rules)
_look_at_pull = waits_out_outages(step.look_at_pull)


def land(job: Job, plan: ReleasePlan, commit: str, journal: Journal) -> str:
    """Brings the commit onto the release branch, and returns the commit that the branch has of it.

    Raises what pushing raises, and for a pull request `PullClosed`, `PullHeadMoved`, `PullConflicts`, `PullOutdated`,
    `PullOvertaken`, `PullChecksFailed`, `PullNotReady`.
    """
    if plan.landing is LandingWay.PUSH or not plan.on_forge:
        journal.note(push_commit(job, plan, commit))
        return commit
    number = None
    if look_for_landed(job, plan, commit).state is ObjectState.ABSENT:
        record, number = open_pull(job, plan, commit)
        journal.note(record)
        _merge_when_ready(job, plan, commit, number)
    record, landed = confirm_landed(job, plan, commit, number)
    journal.note(record)
    journal.note_commit(landed)
    return landed


def _merge_when_ready(job: Job, plan: ReleasePlan, commit: str, number: int) -> None:
    style, clock = job.project.landing, job.clock
    rules = _look_at_rules(job, plan.branch)
    begun = changed = clock.now()
    shown: PullSight | None = None
    for looks in itertools.count(1):
        seen = _look_at_pull(job, plan, number, rules)
        if seen != shown:
            shown, changed = seen, clock.now()
            _show(job, plan, seen)
        step.require_on_its_way(seen, plan, commit)
        if seen.pull.is_merged:
            return
        waits_for = seen.waits_for(style.method)
        if waits_for is None:
            merge_pull(job, plan, number, commit, style.method)
            return
        waited = (clock.now() - begun).total_seconds()
        if waited > (style.checked_within if seen.awaited else style.checked_within + style.merged_within):
            raise PullNotReady(seen.pull.url, f"it waits for {waits_for}", waited)
        if not job.outages.wait_until(clock.now() + pause(clock.now(), changed, looks)):
            raise RunCancelled


def _show(job: Job, plan: ReleasePlan, seen: PullSight) -> None:
    method = job.project.landing.method
    get_run_logger().info("pull request %s: %s", seen.pull.url, seen.waits_for(method) or "can be merged")
    key = artifact_key(job.project.name, "landing")
    text = f"Pull request of {plan.title}"
    create_markdown_artifact(key=key, markdown=pull_markdown(seen, method), description=text)
