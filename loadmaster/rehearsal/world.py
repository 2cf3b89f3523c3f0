"""Makes the world of one rehearsal, in a directory keyed by the run: registry, forge, git remote, and their credentials.

A Retry, in a new process and on another port, opens the same directory and finds the same world. Nothing here can
reach the live world: the addresses are loopback's, the tokens are made up on the spot.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from loadmaster.job import Job
from loadmaster.pinning import pin, source_of
from loadmaster.planning.project import Project
from loadmaster.planning.sparse_index import crates_io_index
from loadmaster.project import load_project
from loadmaster.rehearsal.faults import Fault, FaultScript
from loadmaster.rehearsal.forge import Forge
from loadmaster.rehearsal.registry import Limits, Registry, new_token
from loadmaster.rehearsal.remote import create_remote
from loadmaster.rehearsal.request import RehearseRequest
from loadmaster.rehearsal.server import serving
from loadmaster.rehearsal.upstream import Upstream
from loadmaster.store import RunDirectory, Store, write_atomically
from loadmaster.world import World, credential_file

MAINTAINER = "maintainer"
"""The account that releases; it owns whatever upstream has under the names of the workspace's packages."""


@contextmanager
def rehearsal(request: RehearseRequest, directory: RunDirectory, store: Store) -> Iterator[Job]:
    """The job of one rehearsal, in a world that lives as long as the block.

    Raises `UnknownProject`, `ProfileBroken`, `UnknownCommit`, `RequestMoved`, and what git raises for the repository.
    """
    project = load_project(request.project)
    source = source_of(request, project, directory, store)
    pinned = pin(request, project, directory, source, request.as_of)
    remote = create_remote(directory.world / "remote.git", source, project.source.branch, commit=pinned.commit)
    with open_world(directory.world, project, remote, pinned.as_of, request.faults, store) as world:
        yield Job(project=project, pinned=pinned, world=world, directory=directory, store=store)


@contextmanager
def open_world(
    directory: Path,
    project: Project,
    remote: Path,
    as_of: datetime,
    faults: tuple[Fault, ...],
    store: Store,
    port: int = 0,
) -> Iterator[World]:
    """Serves the registry and the forge of `directory`, which is made or found again. Raises `PortTaken`."""
    registry = Registry(
        directory / "registry",
        upstream=Upstream(crates_io_index(), store.part("upstream"), as_of=as_of)
        if project.rehearsal.upstream
        else None,
        limits=Limits(new_burst=project.registry.new_burst, update_burst=project.registry.update_burst),
        faults=FaultScript(faults=faults) if faults else None,
        upstream_owner=MAINTAINER,
    )
    registry.add_account(MAINTAINER)
    registry.add_token(MAINTAINER, _credential(directory, "registry"))
    owner, _, name = project.forge.partition("/")
    forge = Forge(directory / "forge", remote=remote, owner=owner, name=name)
    forge.add_token(_credential(directory, "forge"))
    app = Starlette(routes=[Mount("/registry", registry.app()), Mount("/forge", forge.app())])
    with serving(app, port) as address:
        yield World(
            kind="rehearsal",
            index=f"sparse+{address}/registry/index/",
            replaces_crates_io=True,
            forge=f"{address}/forge",
            repository=project.forge,
            remote=str(remote),
            directory=directory,
            as_of=as_of,
        )


def _credential(directory: Path, name: str) -> str:
    """The world's own token of that name, made up at the first opening; readable by its owner only."""
    path = credential_file(directory, name)
    if not path.exists():
        token = new_token() if name == "registry" else secrets.token_urlsafe(32)
        write_atomically(path, token.encode())
        path.chmod(0o600)
    return path.read_text(encoding="ascii")
