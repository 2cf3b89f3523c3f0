"""Permissions: ask the registry whether every crate may be published, before anything is written or pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from loadmaster.planning.forge.rights import ForgeRights, forge_findings
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding, answers
from loadmaster.planning.permissions.gates import ask
from loadmaster.planning.permissions.show import permissions_markdown, permissions_rows
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.registry.seen import Seen
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.run.job import Job
from loadmaster.steps import permissions
from loadmaster.steps.forge import rights
from loadmaster.tasks.policy import asks_the_world


@asks_the_world("look at permissions")
def look(job: Job, plan: ReleasePlan, seen: Seen, publishes: bool = True) -> Facts:
    return permissions.look_at_permissions(job, plan, seen.workspace, seen.registry, publishes=publishes)


@task(name="check permissions", task_run_name="check permissions", cache_policy=NO_CACHE)
def check(facts: Facts) -> tuple[Finding, ...]:
    return ask(facts)


look_at_rights = asks_the_world("look at forge's rights")(rights.look_at_rights)


def forge_findings_of(job: Job, plan: ReleasePlan, seen: ForgeRights | None) -> tuple[Finding, ...]:
    """() for a release without a forge."""
    return () if seen is None else tuple(forge_findings(seen, job.project, plan))


@asks_the_world("check packaged crates")
def check_packaged(job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[Finding, ...]:
    return permissions.judge_packaged(job, plan, digests)


@asks_the_world("package and check crates")
def check_unpackaged(job: Job, plan: ReleasePlan, seen: Seen) -> tuple[Finding, ...]:
    return permissions.judge_unpackaged(job, plan, seen)


def show(job: Job, findings: Sequence[Finding]) -> None:
    """Makes two artifacts: the table of permissions, and what has to be mended."""
    name = job.project.name
    create_table_artifact(
        key=artifact_key(name, "permissions"),
        table=permissions_rows(findings),
        description=f"Permissions of {name}'s crates",
    )
    create_markdown_artifact(
        key=artifact_key(name, "permissions-to-mend"),
        markdown=permissions_markdown(findings),
        description=f"What {name}'s permissions lack, and how to mend it",
    )


class Asking(NamedTuple):
    """The questions that are under way."""

    registry: PrefectFuture[Facts]
    forge: PrefectFuture[ForgeRights | None]


def begin(job: Job, plan: ReleasePlan, seen: Seen) -> Asking | None:
    """Starts asking, beside clippy; None if the request switched it off."""
    if not job.preflight:
        return None
    return Asking(look.submit(job, plan, seen), look_at_rights.submit(job, plan))


def gate_answers(job: Job, plan: ReleasePlan, asking: Asking | None) -> tuple[GateAnswer, ...]:
    """The answers of the permission gates; () if the request switched them off."""
    if asking is None:
        return ()
    findings = check(asking.registry.result()) + forge_findings_of(job, plan, asking.forge.result())
    show(job, findings)
    return answers(findings, job.project.preflight.blocking)


def crate_rule_answers(job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[GateAnswer, ...]:
    """The answer of the last gate, which needs the packaged crates; () if the request switched it off."""
    if not job.preflight:
        return ()
    return answers(check_packaged(job, plan, digests), job.project.preflight.blocking)
