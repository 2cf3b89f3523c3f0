"""Preparation: look at the workspace and the world, decide, check, write the release commit, package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from loadmaster.errors.cargo import ClippyFailed, ClippyNotRun
from loadmaster.planning import show
from loadmaster.planning.changes.proposal import Proposal
from loadmaster.planning.changes.show import proposal_markdown
from loadmaster.planning.plan import ReleasePlan, plan_release
from loadmaster.planning.previous_release import baseline
from loadmaster.planning.registry.seen import (
    ForgeSeen,
    Judged,
    Lint,
    OwnRelease,
    RegistrySeen,
    Seen,
    SourceSeen,
    ToolchainSeen,
)
from loadmaster.planning.tree.submodules import Carried
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.artifact_key import artifact_key
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.run.pinning import pin_version
from loadmaster.steps import inspect, prepare
from loadmaster.steps import look as step
from loadmaster.steps.changes import survey
from loadmaster.steps.check import check as ask_gates
from loadmaster.steps.forge.announce import look_at_forge as forge_seen
from loadmaster.steps.packed import check_packaged as ask_of_packaged
from loadmaster.tasks.policy import asks_the_world, keyed_by, waits_out_outages


@asks_the_world("check out")
def check_out(job: Job) -> tuple[ToolchainSeen, Carried]:
    carried = step.check_out(job)
    return step.look_at_toolchain(job), carried


@asks_the_world("look at workspace")
def look_at_workspace(job: Job) -> Workspace:
    return step.look_at_workspace(job)


@asks_the_world("look for begun release")
def look_for_own_release(job: Job) -> OwnRelease | None:
    return step.look_for_own_release(job)


@asks_the_world("look at source")
def look_at_source(job: Job, workspace: Workspace, own: OwnRelease | None, carried: Carried) -> SourceSeen:
    return step.look_at_source(job, workspace, own, carried)


@asks_the_world("look at registry")
def look_at_registry(job: Job, workspace: Workspace, own: OwnRelease | None) -> RegistrySeen:
    return step.look_at_registry(job, step.names_to_look_up(workspace, own))


@asks_the_world("look at forge")
def look_at_forge(job: Job) -> ForgeSeen | None:
    return forge_seen(job)


def look(job: Job) -> Seen:
    """All that a plan needs to know. The three questions that are independent of each other are asked at once."""
    toolchain, carried = check_out(job)
    workspace, own = look_at_workspace(job), look_for_own_release(job)
    registry = look_at_registry.submit(job, workspace, own)
    forge = look_at_forge.submit(job)
    return Seen(
        source=look_at_source(job, workspace, own, carried),
        workspace=workspace,
        registry=registry.result(),
        forge=forge.result(),
        toolchain=toolchain,
    )


@asks_the_world("look at what changed")
def look_at_changes(job: Job, seen: Seen) -> Proposal:
    proposal = survey.look_at_changes(job, seen)
    create_markdown_artifact(
        key=artifact_key(job.project.name, "changes"),
        markdown=proposal_markdown(proposal),
        description=f"What changed in {job.project.name}",
    )
    return proposal


def version_to_plan(job: Job, seen: Seen) -> str:
    """The exact version or the level that is planned. What changed is looked at once in a run: the plan's version is pinned.

    Raises `ReleaseUnfinished`, `ChangesUnknown`, `NothingChanged`.
    """
    return prepare.known_version(job, seen) or survey.request_of(job, look_at_changes(job, seen))


@task(name="decide", task_run_name="decide", cache_policy=NO_CACHE)
def decide(job: Job, seen: Seen, version: str) -> ReleasePlan:
    """Raises `ReleaseUnfinished` before anything is written down, and what planning raises."""
    plan = plan_release(seen, job.project, version, job.pinned.today)
    if job.releases:
        prepare.require_finished(job, seen, plan)
    pin_version(job, plan.version)
    show_plan(job, plan)
    return plan


def show_plan(job: Job, plan: ReleasePlan) -> None:
    """As an artifact of the run; a later one takes its place."""
    create_markdown_artifact(
        key=artifact_key(job.project.name, "plan"),
        markdown=show.plan_markdown(plan),
        description=f"Plan of {plan.title}",
    )


@task(
    name="clippy",
    task_run_name="clippy",
    persist_result=True,
    result_serializer="json",
    cache_key_fn=keyed_by(1, "tree", "toolchain", "style"),
)
@waits_out_outages
def lint(job: Job, seen: Seen, plan: ReleasePlan, tree: str, toolchain: str, style: str) -> Lint:
    """Cached by everything that decides it. Only a clean answer is cached: any other raises, and clippy runs again.

    Raises `ClippyNotRun`, `ClippyFailed`.
    """
    answer = inspect.clippy(job, seen, plan)
    if not answer.ran:
        raise ClippyNotRun(answer.why)
    if not answer.passed:
        raise ClippyFailed(answer.findings, answer.why)
    return answer


def lint_once(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    """What clippy says of this tree; from the cache if a clean answer for it is known."""
    if not job.project.cargo.clippy:
        return Lint(ran=False, why="the profile says `cargo.clippy = false`")
    last = baseline(seen.source.tags, plan, job.project)
    style = job.project.cargo
    since = "deny" if style.deny_warnings else f"since {last.tag.commit if last else 'ever'}"
    try:
        return lint(
            job, seen, plan, plan.tree_name(seen.source.tree), seen.toolchain.rustc, f"{style.clippy_of}, {since}"
        )
    except ClippyNotRun as error:
        return Lint(ran=False, why=error.told)
    except ClippyFailed as error:
        return Lint(ran=True, findings=error.findings, why=error.told)


@asks_the_world("check with the oldest Rust")
def build_with_oldest_rust(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    return inspect.msrv(job, seen, plan)


@asks_the_world("compare the API")
def compare_api(job: Job, seen: Seen, plan: ReleasePlan) -> Lint:
    return inspect.semver(job, seen, plan)


def judge_code(job: Job, seen: Seen, plan: ReleasePlan) -> Judged:
    """What each program says that judges the code. One that cannot block, by the profile, may be missing."""
    return Judged(
        clippy=lint_once(job, seen, plan),
        msrv=build_with_oldest_rust(job, seen, plan),
        semver=compare_api(job, seen, plan),
    )


@task(name="check gates", task_run_name="check gates", cache_policy=NO_CACHE)
def check(job: Job, seen: Seen, plan: ReleasePlan, judged: Judged) -> tuple[GateAnswer, ...]:
    answers = ask_gates(job, seen, plan, judged)
    create_markdown_artifact(
        key=artifact_key(job.project.name, "gates"),
        markdown=show.gates_markdown(answers),
        description=f"Gates of {plan.title}",
    )
    return answers


@asks_the_world("write release commit")
def commit(job: Job, plan: ReleasePlan) -> str:
    return prepare.commit(job, plan)


@task(
    name="package",
    task_run_name="package",
    persist_result=True,
    result_serializer="json",
    cache_key_fn=keyed_by(3, "crates", "commit", "contents", "toolchain", "registry"),
)
@waits_out_outages
def package(
    job: Job,
    crates: Mapping[str, str],
    commit: str,
    contents: str,
    tree: str,
    toolchain: str,
    registry: str,
    seen: RegistrySeen,
    as_of: datetime,
) -> dict[str, str]:
    """SHA-256 by crate name. Cached by everything that decides the bytes.

    `contents` names what the clone has beside the commit's own files; `registry` names what its index offers.
    """
    return prepare.package(job, crates, tree, seen, as_of)


@task(
    name="build packaged crates",
    task_run_name="build packaged crates",
    persist_result=True,
    result_serializer="json",
    cache_key_fn=keyed_by(1, "digests", "toolchain", "registry"),
)
@waits_out_outages
def build_packaged(
    job: Job,
    crates: Mapping[str, str],
    digests: Mapping[str, str],
    tree: str,
    toolchain: str,
    registry: str,
    seen: RegistrySeen,
    as_of: datetime,
) -> None:
    """Builds each crate from its file. Cached by the bytes, and by everything else that is built."""
    prepare.build_packaged(job, crates, digests, tree, seen, as_of)


@asks_the_world("check packaged files")
def check_packaged(job: Job, seen: Seen, plan: ReleasePlan, digests: Mapping[str, str]) -> tuple[GateAnswer, ...]:
    return ask_of_packaged(job, seen, plan, digests)


@task(name="look for the release's start", task_run_name="look for the release's start", cache_policy=NO_CACHE)
def packaging_instant(job: Job, plan: ReleasePlan, seen: Seen) -> datetime:
    return prepare.packaging_instant(job, plan, seen.registry)


@asks_the_world("compare with registry")
def compare_with_registry(
    job: Job, plan: ReleasePlan, registry: RegistrySeen, digests: Mapping[str, str]
) -> dict[str, ObjectState]:
    return prepare.compare_with_registry(job, plan, registry, digests)


def package_all(
    job: Job, plan: ReleasePlan, seen: Seen, commit: str, as_of: datetime
) -> tuple[dict[str, str], dict[str, ObjectState]]:
    """The SHA-256 of every crate of the plan, by name, and the state of every crate that is published already.

    All crates are packaged before the first upload; published ones too, to be compared. If one of those is only
    `equivalent`, the crates that are still absent must name its checksum on the registry in their lockfiles: they are
    packaged again without it. No code of theirs runs before their bytes are kept.
    """
    wanted = {crate.name: crate.version for crate in plan.crates}
    digests = _package_once(job, plan, seen, commit, wanted, as_of)
    published = compare_with_registry(job, plan, seen.registry, digests)
    absent = {name: version for name, version in wanted.items() if name not in published}
    if absent and ObjectState.EQUIVALENT in published.values():
        digests |= _package_once(job, plan, seen, commit, absent, as_of)
        wanted = absent
    if job.project.cargo.verify:
        to_build = {name: digests[name] for name in wanted}
        tree, rust = plan.tree_name(seen.source.tree), f"{seen.toolchain.cargo}, {seen.toolchain.rustc}"
        build_packaged(job, wanted, to_build, tree, rust, _offered(plan, seen, as_of), seen.registry, as_of)
    return digests, published


def package_landed(job: Job, plan: ReleasePlan, seen: Seen, landed: str, as_of: datetime) -> dict[str, str]:
    """The SHA-256 of every crate, packaged from the commit that landed: the files name it. Its tree was built before."""
    return _package_once(job, plan, seen, landed, {crate.name: crate.version for crate in plan.crates}, as_of)


def _package_once(
    job: Job, plan: ReleasePlan, seen: Seen, commit: str, crates: Mapping[str, str], as_of: datetime
) -> dict[str, str]:
    """Digests from the cache if the kept files are still there; else the crates are packaged."""
    offered = _offered(plan, seen, as_of)
    tree, contents = plan.tree_name(seen.source.tree), seen.source.carried.name
    arguments = (job, crates, commit, contents, tree, seen.toolchain.cargo, offered, seen.registry, as_of)
    digests = package(*arguments)
    if not job.store.has_all(digests):
        digests = package.with_options(refresh_cache=True)(*arguments)
    return digests


def _offered(plan: ReleasePlan, seen: Seen, as_of: datetime) -> str:
    """A name for what the registry's index offers to packaging."""
    return f"{seen.registry.digest_without(plan.versions)} as of {as_of.isoformat()}"
