"""The live world: real registries, real remotes. Today only a registry on loopback may be reached, and no forge.

This module and `loadmaster.rehearsal` import nothing of each other: a rehearsal cannot make a live world.
"""

from __future__ import annotations

from pathlib import Path

from loadmaster.clients import git
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.request import LiveWorldRefused
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.address import is_loopback
from loadmaster.run.job import Job
from loadmaster.run.pinning import IMPORTED, pin
from loadmaster.run.profiles import read_anew
from loadmaster.run.request import LiveRequest
from loadmaster.run.store import RunDirectory, Store
from loadmaster.run.world import World
from loadmaster.shipped import shipped


def live_job(request: LiveRequest, directory: RunDirectory, store: Store) -> Job:
    """The job of one real release.

    Raises `LiveWorldRefused` for an address that is not on this machine, `SourceIncomplete`, and what pinning raises.
    """
    project = read_anew(request.project).on_branch(request.branch).by(request.publisher)
    project = project.with_token_block(request.token_block)
    index = require_allowed_registry(request)
    _require_all_on_loopback(index)
    remote = _remote(request, project, store)
    git.require_whole(remote)  # what it lacks cannot be brought into it: it is a person's
    source = git.mirror(str(remote), store.part("mirrors"))
    world = World(
        kind="live",
        index=index,
        replaces_crates_io=not project.rehearsal.upstream,
        forge=None,
        repository=project.forge,
        remote=str(remote),
        directory=directory.world,
    )
    pinned = pin(request, project, directory, source, None, index)
    return Job(
        project=project,
        pinned=pinned,
        world=world,
        directory=directory,
        store=store,
        source=str(remote),
        preflight=request.preflight,
        abandoned=request.abandoned,
        options=request.options,
    )


def require_allowed_registry(request: LiveRequest) -> str:
    """The index to release to. Raises `LiveWorldRefused` unless it is a registry on loopback and there is no forge."""
    if request.registry is None or not is_loopback(request.registry) or request.forge != "none":
        raise LiveWorldRefused
    return request.registry if request.registry.endswith("/") else f"{request.registry}/"


def _require_all_on_loopback(index: str) -> None:
    """Raises `LiveWorldRefused`: an index on loopback may name another host to upload to, as a proxy of crates.io does."""
    registry = RegistryClient(index)
    if not is_loopback(registry.api) or not is_loopback(registry.dl):
        raise LiveWorldRefused


def _remote(request: LiveRequest, project: Project, store: Store) -> Path:
    """The repository to release and to push to: a path on this machine. Raises `LiveWorldRefused` for an address."""
    where = request.repository or project.source.repository
    if where is None:
        return _own_repository(project, store)
    if not Path(where).is_dir():
        raise LiveWorldRefused
    return Path(where).resolve()


def _own_repository(project: Project, store: Store) -> Path:
    """The repository of a project that is a plain directory. It is imported once; every later release starts from it."""
    bare = store.repository(project.name)
    if not bare.exists():
        git.import_directory(shipped(str(project.source.directory)), bare, project.source.branch, IMPORTED)
    return bare
