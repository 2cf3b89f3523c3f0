"""The request and the job of a preflight: it looks at a live registry and a repository, and changes neither.

It may do less than a release: there is no forge, nothing is pushed, and the only upload is the probe, which a profile has to
ask for. So any registry is allowed here, crates.io too.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from loadmaster.planning.permissions.facts import Facts
from loadmaster.planning.permissions.findings import Finding, answers
from loadmaster.planning.permissions.questions import pause_between_requests
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.values.gate import GateAnswer
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import ASKED
from loadmaster.run.allowed import Place, places_of
from loadmaster.run.job import Job
from loadmaster.run.pinning import pin, repository_of, source_of
from loadmaster.run.profiles import read_anew
from loadmaster.run.request import ReleaseRequest, read_request
from loadmaster.run.store import RunDirectory, Store
from loadmaster.run.world import World


class PreflightRequest(ReleaseRequest):
    """Whether a release could be published, as far as the registry answers. Changes nothing."""

    version: str = Field(default="patch", title="Version", pattern=ASKED, description="As for a release.")
    registry: str | None = Field(
        default=None,
        title="Registry",
        pattern=r"^sparse\+https?://",
        description="Sparse index address, `sparse+http://127.0.0.1:PORT/…/`, instead of crates.io.",
    )
    token_block: str | None = Field(
        default=None,
        title="Secret block",
        pattern=r"^[a-z0-9-]+$",
        description="Name of the Secret block with the API token, instead of the profile's. The name, never the token.",
    )

    @property
    def places(self) -> tuple[Place, ...]:
        return (*super().places, *places_of(self.project, registry=self.registry))

    @property
    def options(self) -> dict[str, str]:
        return super().options | ({} if self.registry is None else {"registry": self.registry})


class PreflightReport(Value):
    project: str
    version: str
    registry: str
    asked_seconds: float
    """About how long it took to ask the web API politely."""
    gates: tuple[GateAnswer, ...]
    findings: tuple[Finding, ...]

    @property
    def is_open(self) -> bool:
        return all(answer.opens for answer in self.gates)


def preflight_request(values: dict[str, Any]) -> PreflightRequest:
    """The model from plain values. Raises `UnknownProject`, `WrongRequest`."""
    return read_request(PreflightRequest, {name: value for name, value in values.items() if value is not None})


def preflight_job(request: PreflightRequest, directory: RunDirectory, store: Store) -> Job:
    """A job to look and to package with, in a directory of its own. Raises what pinning raises."""
    project = read_anew(request.project).on_branch(request.branch).with_token_block(request.token_block)
    source = source_of(request, project, directory, store)
    index = request.registry or crates_io_index()
    world = World(
        kind="live",
        index=index if index.endswith("/") else f"{index}/",
        replaces_crates_io=request.registry is not None and not project.rehearsal.upstream,
        forge=None,
        repository=project.forge,
        remote=str(source),
        directory=directory.world,
    )
    pinned = pin(request, project, directory, source, None)
    return Job(
        project=_without_building(project),
        pinned=pinned,
        world=world,
        directory=directory,
        store=store,
        source=repository_of(request, project),
        releases=False,
        options=request.options,
    )


def _without_building(project: Project) -> Project:
    """The project without building and clippy: crates are packaged only to be read."""
    return project.model_copy(update={"cargo": project.cargo.model_copy(update={"verify": False, "clippy": False})})


def report_of(
    job: Job, facts: Facts, findings: tuple[Finding, ...], more: tuple[GateAnswer, ...] = ()
) -> PreflightReport:
    """`more`: answers of gates other than the permission gates."""
    return PreflightReport(
        project=job.project.name,
        version=facts.plan.version,
        registry=facts.seen.api,
        asked_seconds=facts.seen.requests * pause_between_requests(facts.seen.api),
        gates=answers(findings, job.project.preflight.blocking) + more,
        findings=findings,
    )
