"""Pins a request to one commit and one instant, the same in every attempt of a run."""

from __future__ import annotations

import os
import posixpath
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from loadmaster.clients import git
from loadmaster.errors.git import BranchMissing
from loadmaster.errors.request import RequestMoved
from loadmaster.errors.run import RunRecordBroken
from loadmaster.planning.profile.in_repository import FILE, SCHEMA_FILE
from loadmaster.planning.profile.project import Project
from loadmaster.run.job import Job, Pinned
from loadmaster.run.own_releases import commit_of_release
from loadmaster.run.request import ReleaseRequest
from loadmaster.run.store import RunDirectory, Store, write_atomically
from loadmaster.shipped import shipped

IMPORTED = datetime(2020, 1, 1, tzinfo=UTC)
"""The instant of the one commit of an imported directory: equal files give an equal commit."""


def source_of(request: ReleaseRequest, project: Project, directory: RunDirectory, store: Store) -> Path:
    """A bare copy of the project's repository: a mirror, or the import of a plain directory.

    Raises `CheckoutAltered`, and what `git.mirror` raises.
    """
    where = repository_of(request, project)
    if where is None:
        bare = directory.path / "source.git"
        git.import_directory(shipped(str(project.source.directory)), bare, project.source.branch, IMPORTED)
        return bare
    if (Path(where) / ".git").exists():  # a checkout that a person works in
        git.require_unaltered(Path(where))
    passed = {name: os.environ[name] for name in project.cargo.environment if name in os.environ}
    return git.mirror(where, store.part("mirrors"), extra=passed)


def repository_of(request: ReleaseRequest, project: Project) -> str | None:
    """The address or path of the project's repository; None for a plain directory."""
    return request.repository or project.source.repository


def pin(
    request: ReleaseRequest,
    project: Project,
    directory: RunDirectory,
    source: Path,
    as_of: datetime | Literal["commit"] | None,
    index: str | None = None,
) -> Pinned:
    """Reads what the first attempt of this run pinned, or pins it now. Raises `RequestMoved`, `BranchMissing`, `UnknownCommit`,
    `ObjectsReplaced`, `RunRecordBroken`.

    The commit is the one that the request names; else that of the release, if Loadmaster began the requested version before,
    whichever run it was; else the head of the release branch.

    `as_of`: the instant as of which the registry's upstream is seen; `commit` is that of the commit, None is now.
    `index`: the index of the registry of a real release.
    """
    if (pinned := directory.read(Pinned, directory.pinned)) is not None:
        if (pinned.project, pinned.asked) != (request.project, request.version):
            raise RequestMoved(f"{pinned.project} {pinned.asked}", f"{request.project} {request.version}")
        return pinned
    branch, now = project.source.branch, datetime.now(UTC)
    require_branch(source, branch, request.repository or project.source.repository or project.name)
    head = f"refs/heads/{branch}"
    begun = None if request.commit else commit_of_release(source, head, project, request.version)
    commit = git.resolve(source, request.commit or begun or head)
    git.require_unreplaced(source, commit)
    pinned = Pinned(
        project=request.project,
        asked=request.version,
        commit=commit,
        on_branch=git.is_ancestor(source, commit, head),
        dirty=_dirty(request),
        started=now,
        as_of=git.commit_time(source, commit) if as_of == "commit" else as_of or now,
        index=index,
    )
    write_atomically(directory.pinned, pinned.model_dump_json(indent=2).encode())
    return pinned


def require_branch(copy: Path, branch: str, repository: str) -> None:
    """`copy` is our own copy of the repository, which messages must not name. Raises `BranchMissing`."""
    if branch not in (known := git.branches(copy)):
        raise BranchMissing(repository, branch, known)


def pin_version(job: Job, version: str) -> None:
    """Writes down the planned version; every later attempt releases that one."""
    if job.pinned.version is None:
        pinned = job.pinned.model_copy(update={"version": version})
        write_atomically(job.directory.pinned, pinned.model_dump_json(indent=2).encode())


def release_of_run(run: RunDirectory) -> tuple[Pinned, str] | None:
    """What a run pinned, and the version that it planned. None if it planned none, or if its record cannot be read."""
    try:
        pinned = run.read(Pinned, run.pinned)
    except RunRecordBroken:
        return None
    return None if pinned is None or pinned.version is None else (pinned, pinned.version)


def earlier_starts(pinned: Pinned, version: str, store: Store) -> tuple[datetime, ...]:
    """When the real runs of this release began, this run among them: same project, same version, same registry."""
    same = (pinned.project, version, pinned.index)
    releases = (release_of_run(run) for run in store.runs() if pinned.index is not None)
    return tuple(
        other.as_of for other, planned in filter(None, releases) if (other.project, planned, other.index) == same
    )


def _dirty(request: ReleaseRequest) -> tuple[str, ...]:
    """Uncommitted paths of the request's checkout; () if the request names a commit, because then they do not matter.

    A profile does not count: it says how is released, and is no part of what is. So the first one can be tried as it is.
    """
    checkout = Path(request.repository) if request.repository else None
    if checkout is None or request.commit is not None or not (checkout / ".git").exists():
        return ()
    return tuple(path for path in git.uncommitted(checkout) if posixpath.basename(path) not in (FILE, SCHEMA_FILE))
