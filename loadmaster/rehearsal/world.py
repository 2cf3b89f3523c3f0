"""Makes the world of one rehearsal, in a directory keyed by the run: registry, forge, git remote, and their credentials.

A Retry, in a new process and on another port, opens the same directory and finds the same world. Nothing here can
reach the live world: the addresses are on loopback, and the tokens are made here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.clients.sandbox import BuildSandbox
from loadmaster.clients.serving import serving
from loadmaster.errors.git import GitDenied, GitRemoteMissing, GitRemoteUnreachable
from loadmaster.errors.profile.lying import NoProfileIn
from loadmaster.index_as_of.upstream import Upstream
from loadmaster.planning.profile.ci_style import Publisher
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.rehearsal.conditions import Conditions
from loadmaster.rehearsal.expected import MAINTAINER, expected_scenario, publishable_names
from loadmaster.rehearsal.faults import FaultScript, Misfortune
from loadmaster.rehearsal.forge import Forge
from loadmaster.rehearsal.forge.actions.works import JobTask, JobWork
from loadmaster.rehearsal.forge_scenario import HEALTHY
from loadmaster.rehearsal.issuer import IssuedRun, Issuer
from loadmaster.rehearsal.pushes import Pushes
from loadmaster.rehearsal.python_index import PythonIndex
from loadmaster.rehearsal.registry import Limits, Registry, new_token
from loadmaster.rehearsal.remote import create_remote
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.scenario import Scenario
from loadmaster.rehearsal.seeding import kept_token, seed
from loadmaster.rehearsal.works.publishing import publish_crates
from loadmaster.rehearsal.works.surroundings import Surroundings
from loadmaster.rehearsal.works.uploading import upload_assets
from loadmaster.rehearsal.works.wheels import upload_wheels
from loadmaster.run.job import Job
from loadmaster.run.pinning import pin, repository_of, source_of
from loadmaster.run.profiles import load_project, read_anew
from loadmaster.run.sandboxing import sandbox_for
from loadmaster.run.store import RunDirectory, Store
from loadmaster.run.world import World
from loadmaster.run.world_clock import WorldClock

FORGE_OWNER_ID = 1
"""The forge's id of the project's owner, unless the profile has it."""

ISSUER = "/issuer"
PUSHES = "/pushes"
"""The path that the git remote's hooks ask."""
PYTHON = "/python"


@contextmanager
def rehearsal(request: RehearseRequest, directory: RunDirectory, store: Store) -> Iterator[Job]:
    """The job of one rehearsal, in a world that lives as long as the block.

    Raises `UnknownProject`, `ProfileBroken`, `BranchNotReleased`, `UnknownCommit`, `RequestMoved`, and what git raises for the
    repository.
    """
    remote = directory.world / "remote.git"
    # A Retry has all it needs in its world; the source of that may be out of reach by then.
    is_retry = directory.pinned.exists() and remote.exists()
    project = (_read_once_more if is_retry else read_anew)(request.project).on_branch(request.branch)
    project = project.by(request.publisher)
    source = remote if is_retry else source_of(request, project, directory, store)
    pinned = pin(request, project, directory, source, request.as_of)
    create_remote(remote, source, project.source.branch, commit=pinned.commit)
    clock = WorldClock(pinned.started, request.clock_speed)
    with open_world(directory.world, project, remote.resolve(), pinned.as_of, request, clock, store) as world:
        yield Job(
            project=project,
            pinned=pinned,
            world=world,
            directory=directory,
            store=store,
            source=repository_of(request, project),
            clock=clock,
            preflight=request.preflight,
            abandoned=request.abandoned,
            options=request.options,
        )


def _read_once_more(name: str) -> Project:
    """A profile that was mended counts for a Retry, too. If its repository is gone or out of reach, the one that was read last."""
    try:
        return read_anew(name)
    except (GitRemoteMissing, GitRemoteUnreachable, GitDenied, NoProfileIn):
        return load_project(name)


@contextmanager
def open_world(
    directory: Path,
    project: Project,
    remote: Path,
    as_of: datetime,
    conditions: Conditions,
    clock: WorldClock,
    store: Store,
    port: int = 0,
) -> Iterator[World]:
    """Serves the registry, the forge and the package index of `directory`, a new or an existing world. Raises `PortTaken`.

    The workflows find the project's publisher in `vars.PUBLISHER`.
    """
    issuer = Issuer(directory, clock.now)
    crates = publishable_names(remote) if project.publisher is Publisher.CI else ()
    registry = _registry(directory, project, as_of, conditions, clock, store, issuer, crates)
    script = FaultScript(faults=conditions.faults)
    forge = _forge(directory, project, remote, conditions, clock)
    python_token = kept_token(directory, "python", lambda: secrets.token_urlsafe(32))
    python = PythonIndex(directory / "python", token=python_token, clock=clock.now)
    misfortune = Misfortune(script, directory / "faults.sqlite", clock=clock.now, sleep=clock.sleep)
    pushes = Pushes(misfortune, forge.refusal_of_push if _rules_pushes(conditions) else None)
    kept_token(directory, "identity", lambda: issuer.request_token(_run_of(project)))
    parts = {
        "/registry": registry.app(),
        "/forge": forge.app(),
        PYTHON: python.app(),
        ISSUER: issuer.app(),
        PUSHES: pushes.app(),
    }
    app = Starlette(routes=[Mount(path, part) for path, part in parts.items()])

    def id_token(task: JobTask, audience: str) -> str:
        return issuer.id_token(_run_of_job(project, task), audience)

    with serving(app, port) as address, pushes.hooked(remote, f"{address}{PUSHES}"):
        around = Surroundings(
            project=project,
            remote=remote,
            index=f"sparse+{address}/registry/index/",
            python_index=f"{address}{PYTHON}",
            id_token=id_token,
            sandbox=_sandbox(project, store),
        )
        works: dict[str, JobWork] = {
            "publish": JobWork(partial(publish_crates, around)),
            "upload": JobWork(partial(upload_assets, around, forge.ci_uploads.put), forge.ci_uploads.has_release),
            "wheels": JobWork(partial(upload_wheels, around, python_token)),
        }
        with forge.running(works):
            yield World(
                kind="rehearsal",
                index=f"sparse+{address}/registry/index/",
                replaces_crates_io=True,
                forge=f"{address}/forge",
                repository=project.forge,
                remote=str(remote),
                directory=directory,
                identity=f"{address}{ISSUER}/token",
                python_index=f"{address}{PYTHON}",
                as_of=as_of,
                registry_remembers=project.rehearsal.upstream and as_of >= clock.since,
            )


def _run_of(project: Project) -> IssuedRun:
    """The run that releases the project by trusted publishing, by its profile or with the usual names."""
    said = project.registry.trusted_publishing
    return IssuedRun(
        repository=said.repository if said else project.forge,
        repository_owner_id=(said and said.owner_id) or FORGE_OWNER_ID,
        workflow=said.workflow if said else "release.yml",
        environment=said.environment if said else None,
    )


def _registry(
    directory: Path,
    project: Project,
    as_of: datetime,
    conditions: Conditions,
    clock: WorldClock,
    store: Store,
    issuer: Issuer,
    crates: tuple[str, ...],
) -> Registry:
    upstream = Upstream(crates_io_index(), store.part("upstream"), as_of=as_of) if project.rehearsal.upstream else None
    bursts = Limits(new_burst=project.registry.new_burst, update_burst=project.registry.update_burst)
    scenario = conditions.scenario or expected_scenario(project, _run_of(project), crates)
    actor = scenario.actor or MAINTAINER
    registry = Registry(
        directory / "registry",
        upstream=upstream,
        limits=conditions.limits or bursts,
        faults=FaultScript(faults=conditions.faults),
        service=conditions.service,
        clock=clock.now,
        sleep=clock.sleep,
        upstream_owners=(actor,) if conditions.scenario else project.registry.owners or (actor,),
        issuers=issuer.issuers(),
        forge_accounts=_forge_accounts(project, scenario),
    )
    seed(scenario, registry, directory, clock.now())
    if registry.accounts.user(actor) is None:
        registry.add_account(actor)
    registry.add_token(
        actor,
        kept_token(directory, "registry", new_token),
        scopes=scenario.actor_token.scopes,
        crates=scenario.actor_token.crates,
        expires=scenario.actor_token.expires,
        revoked=scenario.actor_token.revoked,
    )
    return registry


def _forge_accounts(project: Project, scenario: Scenario) -> dict[str, int]:
    run = _run_of(project)
    return {run.repository.partition("/")[0]: run.repository_owner_id} | {
        account.login: account.id for account in scenario.forge_accounts
    }


def _forge(
    directory: Path,
    project: Project,
    remote: Path,
    conditions: Conditions,
    clock: WorldClock,
) -> Forge:
    owner, _, name = project.forge.partition("/")
    forge = Forge(
        directory / "forge",
        remote=remote,
        owner=owner,
        name=name,
        scenario=conditions.forge or HEALTHY,
        faults=FaultScript(faults=conditions.faults),
        jobs=project.rehearsal.jobs,
        variables={"PUBLISHER": str(project.publisher)},
        clock=clock.now,
        sleep=clock.sleep,
    )
    forge.add_token(kept_token(directory, "forge", lambda: secrets.token_urlsafe(32)))
    return forge


def _rules_pushes(conditions: Conditions) -> bool:
    """Whether the forge refuses more pushes than every rehearsal's remote does."""
    return conditions.forge is not None and (conditions.forge.protects_branch or bool(conditions.forge.forbidden_tags))


def _run_of_job(project: Project, task: JobTask) -> IssuedRun:
    """A played job as its ID token describes it."""
    return IssuedRun(
        repository=project.forge,
        repository_owner_id=_run_of(project).repository_owner_id,
        workflow=task.workflow.file,
        environment=task.source.environment,
        event=task.run.event,
        ref=task.run.ref,
        run_id=task.run.id,
        sha=task.run.head_sha,
    )


def _sandbox(project: Project, store: Store) -> BuildSandbox | None:
    """None if there are no jobs that call cargo; those that do are in the sandbox of the project's builds."""
    publishes = any(job.does == "publish" for job in project.rehearsal.jobs)
    return sandbox_for(project.cargo, store.root) if publishes else None
