"""Asks the registry politely about permissions, and checks the packaged crates by crates.io's rules. Changes nothing.

The one exception is the probe, which the profile has to ask for: an upload that ends after its metadata. It counts against a
rate limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loadmaster.errors.base import LoadmasterError, clause
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.crates_io.packaged import PackagedCrate, judge
from loadmaster.planning.permissions.crate_gates import crate_rules
from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding, Found
from loadmaster.planning.permissions.questions import Inquiry, inquiries
from loadmaster.planning.permissions.seen import NameSeen, PermissionsSeen
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.registry.metadata import upload_metadata
from loadmaster.planning.registry.seen import RegistrySeen, Seen
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.gate import Outcome
from loadmaster.planning.values.permission_gate import PermissionGate
from loadmaster.run.job import Job
from loadmaster.steps import prepare
from loadmaster.steps.commands import run_commands
from loadmaster.steps.permission_questions import Questions


def look_at_permissions(
    job: Job,
    plan: ReleasePlan,
    workspace: Workspace,
    registry: RegistrySeen,
    *,
    publishes: bool = True,
) -> Facts:
    """What the registry says of every crate that is still to be published.

    `publishes`: a release follows, so that the credentials must be there. Raises `RegistryUnreachable` for `config.json`.
    """
    asked, needs = inquiries(plan, job.project, registry), _needs(plan, workspace)
    return Facts(
        plan=plan,
        project=job.project,
        registry=registry,
        asked=asked,
        needs=needs,
        publishes=publishes,
        is_crates_io=_has_crates_ios_rules(job),
        seen=_ask(job, asked, sorted({name for names in needs.values() for name in names})),
    )


def _ask(job: Job, asked: Sequence[Inquiry], outside: Sequence[str]) -> PermissionsSeen:
    """`outside`: the names of the crates that are needed and are none of the release's."""
    api, at = job.registry.api, job.clock.now()
    questions = Questions(job, api)
    site, tokens, readers = questions.site(), questions.tokens(asked), questions.readers(asked)
    return PermissionsSeen(
        api=api,
        at=at,
        site=site,
        tokens=tokens,
        readers=readers,
        crates=questions.crates(asked),
        names=look_at_names(job, outside) if _has_crates_ios_rules(job) else {},
        requests=questions.requests,
    )


def _has_crates_ios_rules(job: Job) -> bool:
    return job.world.replaces_crates_io or job.world.index.rstrip("/") == crates_io_index().rstrip("/")


def _needs(plan: ReleasePlan, workspace: Workspace) -> Mapping[str, tuple[str, ...]]:
    """By crate, the dependencies in its packaged manifest that are not crates of the release."""
    ours = {crate.name for crate in plan.crates}
    return {
        package.name: tuple(sorted({needed.name for needed in package.dependencies if needed.has_version} - ours))
        for package in workspace.packages
        if package.name in ours
    }


def look_at_names(job: Job, names: Sequence[str]) -> dict[str, NameSeen]:
    """How the index spells each name. A name that cannot be read is noted, and the others are read all the same."""
    return {name: _name_seen(lines) for name, lines in job.registry.find_lines_of(names).items()}


def _name_seen(lines: Sequence[IndexLine] | RegistryUnreachable) -> NameSeen:
    if isinstance(lines, RegistryUnreachable):
        return NameSeen(spelled=None, unread=clause(lines.what))
    return NameSeen(spelled=lines[0].name if lines else None)


def judge_packaged(job: Job, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[Finding, ...]:
    """Checks the packaged crates, found by their SHA-256, by crates.io's rules. Raises `KeptCrateBroken`, `CrateFileBroken`."""
    packaged = [_judge_kept(job, crate.name, crate.version, digests[crate.name]) for crate in plan.crates]
    return tuple(crate_rules(packaged, is_crates_io=_has_crates_ios_rules(job)))


def judge_unpackaged(job: Job, plan: ReleasePlan, seen: Seen) -> tuple[Finding, ...]:
    """As `judge_packaged`, but packages the crates first, in the run's own clone, after the project's own commands."""
    try:
        plan, _ = run_commands(job, seen, plan)
        prepare.commit(job, plan)
        digests = prepare.package(job, plan.versions, plan.tree_name(seen.source.tree), seen.registry, job.pinned.as_of)
    except LoadmasterError as error:
        why = f"the crates could not be packaged: {clause(error.what.splitlines()[0])}"
        return (Found(Outcome.COULD_NOT_CHECK, why, error.fix).at(PermissionGate.CRATE_RULES, "plan"),)
    return judge_packaged(job, plan, digests)


def _judge_kept(job: Job, name: str, version: str, sha256: str) -> PackagedCrate:
    content = job.store.crate(f"{name}@{version}", sha256)
    metadata = upload_metadata(content, name=f"{name}@{version}")
    return judge(content, name, version, metadata_bytes=len(metadata))
