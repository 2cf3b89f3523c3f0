"""A release's own smoke test: its request, and the bytes that it tests. Before publishing, these are built from its commit."""

from __future__ import annotations

from loadmaster.clients import cargo
from loadmaster.errors.smoke_run import SmokeNotPassed
from loadmaster.planning.plan import ReleasePlan, Tag
from loadmaster.planning.smoke.report import Subject
from loadmaster.planning.smoke.result import SmokeOutcome, outcome_under
from loadmaster.planning.smoke.style import ArtefactStyle, Backend, SmokeStyle, When
from loadmaster.planning.smoke.verdict import Mode
from loadmaster.planning.smoke_worker import GATE, SmokePlace, offers_after_preflight, place_of, worker_gate
from loadmaster.planning.values.gate import GateAnswer, Outcome
from loadmaster.run.job import Job
from loadmaster.smoke.request import SmokeRequest
from loadmaster.smoke.running.doctor import host_facts
from loadmaster.smoke.running.kernels import SUITES
from loadmaster.steps.build_trees import build_tree
from loadmaster.steps.forge import announce
from loadmaster.steps.look import look_at_workspace


def request_of(job: Job, plan: ReleasePlan, style: SmokeStyle) -> SmokeRequest:
    """The request for a release's test. Builds the program if the test needs it. Raises `CargoFailed`, `DiskFull`."""
    tag = _tag(plan)
    subject = subject_of(job, tag, style)
    return SmokeRequest(
        subject=subject,
        backend=style.backend,
        kernels=style.kernels,
        deadline=style.deadline,
        mode=style.mode,
        project=job.project.name,
        version=tag.version,
        tag=tag.name,
        forge=job.world.forge if subject is Subject.RELEASE or style.backend is Backend.DISPATCH else None,
        binary=_binary(job, style, style.artefact) if subject is Subject.RELEASE and style.artefact else None,
    )


def subject_of(job: Job, tag: Tag, style: SmokeStyle) -> Subject:
    """The profile's subject. Only the probe if the release's bytes are assets that no workflow builds for this world's forge."""
    if job.world.runs_workflows or style.artefact is None:
        return style.subject
    lacking = set(style.artefact.assets_of(tag.version)) - announce.asset_names(job, tag)
    return Subject.PROBE if lacking else style.subject


def _tag(plan: ReleasePlan) -> Tag:
    """The tag to test; of several tags, that of the program that is installed."""
    of_program = (each for each in plan.tags if plan.install is not None and plan.install.package in each.crates)
    return next(of_program, plan.tags[0])


def _binary(job: Job, style: SmokeStyle, artefact: ArtefactStyle) -> str | None:
    """The path of the program on this machine; None if it is an asset."""
    if artefact.asset is not None:
        return None
    if style.when is When.AFTER_RELEASE:
        return str(job.directory.path / "install" / "bin" / artefact.binary)
    target = job.directory.path / "candidate"
    called, packages = job.cargo(), look_at_workspace(job).packages
    tree = build_tree(job, called)
    roots = [package.root for package in packages if artefact.binary in package.binaries]
    place = (tree / (roots or job.project.source.roots)[0]).parent
    return str(cargo.build(called.in_tree(tree), place, target, artefact.binary))


def ask_for_worker_without_prefect(job: Job, plan: ReleasePlan) -> tuple[GateAnswer, ...]:
    """The answer of the gate `smoke-worker` without Prefect, so that the pool's workers are unknown.

    If this machine cannot make the test, the question stays open.
    """
    style = job.project.smoke
    if style is None:
        return ()
    offered = offers_after_preflight(plan)
    place, why = place_of(style, offered, runs_workflows=True, online=False, here=host_facts())
    if place is not SmokePlace.NOWHERE:
        return (worker_gate(style, place, why, may_skip=False, kernels=SUITES),)
    open_question = f"{why}; whether the pool has a worker, only the Prefect server knows"
    return (GateAnswer.could_not_check(GATE, open_question).model_copy(update={"blocks": False}),)


def require_passed(outcome: SmokeOutcome, mode: Mode) -> None:
    """Raises `SmokeNotPassed`."""
    weakest = outcome.weakest
    if outcome_under(weakest.judgement.verdict, mode) is Outcome.FAIL:
        raise SmokeNotPassed(
            weakest.judgement.text, f"the {weakest.subject} on `{weakest.kernel}` ({weakest.backend})", weakest.why
        )
