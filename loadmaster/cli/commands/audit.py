"""Audits a release that is out: packages it again at its tag, as of its day, and compares every crate by its bytes.

Packaging happens in a rehearsal world, because only there can the registry be seen as it was. Nothing is uploaded, and
nothing is left behind but what the index's cache keeps.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime

from loadmaster.cli.commands.plan import without_verifying
from loadmaster.cli.commands.status import receipts_of
from loadmaster.clients import git
from loadmaster.clients.registry.registry import RegistryClient
from loadmaster.errors.git import TagMissing
from loadmaster.planning.profile.project import Project
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.request import rehearse_request
from loadmaster.rehearsal.world import rehearsal
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps import look, prepare
from loadmaster.steps.observe import Compared, ReleasedSource, compare_with_registry, look_at_source
from loadmaster.steps.publish import packaged
from loadmaster.things.crate import PublishedCrate

_EXIT_CODES = {ObjectState.DIFFERENT: 1, ObjectState.ABSENT: 3, ObjectState.UNKNOWN: 4}


class Audit(Value):
    """The document of `loadmaster audit --json`."""

    project: str
    version: str
    registry: str
    commit: str
    """That of the tag."""
    as_of: AwareDatetime
    """Packaging saw the registry as of this instant."""
    toolchain: str
    crates: tuple[Compared, ...]

    @property
    def exit_code(self) -> int:
        """0 all crates are the same or equivalent; else, of 1 different, 3 absent and 4 unknown, the first that one is."""
        states = {each.state for each in self.crates}
        return next((code for state, code in _EXIT_CODES.items() if state in states), 0)


def audited(
    project: Project,
    version: str,
    index: str,
    repository: str | None,
    as_of: str | None,
    store: Store,
    tell: Callable[[str], None],
) -> Audit:
    """`version` is exact, or `NAME=VERSION,…`. `as_of` is an instant (RFC 3339) or `commit`; what a receipt of this
    release recorded if left out, else now.

    Raises `TagMissing`, `WrongRequest`, and what git and cargo raise for a workspace that cannot be packaged.
    """
    repository = repository or project.source.repository or str(store.repository(project.name))
    source = _source(project, version, repository, store)
    if source.tagged is None:
        raise TagMissing(next(iter(source.tags)))
    request = rehearse_request(
        {
            "project": project.name,
            "version": version,
            "repository": repository,
            "commit": source.tagged,
            "as_of": as_of or _recorded(store, project.name, version, source.tagged),
        }
    )
    directory = store.run(f"audit-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _audit(without_verifying(job), source, version, index, tell)
    finally:
        directory.remove()


def _source(project: Project, version: str, repository: str | None, store: Store) -> ReleasedSource:
    directory = store.run(f"audit-{uuid.uuid4()}")
    try:
        return look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()


def _recorded(store: Store, project: str, version: str, commit: str) -> datetime | None:
    """The instant as of which a real release of this commit packaged, if its receipt is here."""
    real = (each for each in receipts_of(store, project, version) if each.world == "live" and each.commit == commit)
    return next((each.as_of for each in real if each.as_of), None)


def _audit(job: Job, source: ReleasedSource, version: str, index: str, tell: Callable[[str], None]) -> Audit:
    look.check_out(job)
    toolchain = look.look_at_toolchain(job)
    tell(f"packaging {len(source.versions)} crates of {job.pinned.commit} as of {job.pinned.as_of.isoformat()}")
    seen = look.look_at_registry(job, look.look_at_workspace(job).names)
    tree = git.tree_of(job.directory.checkout, job.pinned.commit)
    digests = prepare.package(job, source.versions, tree, seen, job.pinned.as_of)
    tell(f"comparing them with {index}")
    registry = RegistryClient(index)
    return Audit(
        project=job.project.name,
        version=version,
        registry=index,
        commit=job.pinned.commit,
        as_of=job.pinned.as_of,
        toolchain=f"cargo {toolchain.cargo}, rustc {toolchain.rustc}",
        crates=tuple(_compared(job, name, source.versions[name], digests[name], registry) for name in digests),
    )


def _compared(job: Job, name: str, version: str, sha256: str, registry: RegistryClient) -> Compared:
    ours = packaged(job, f"{name}@{version}", sha256)
    return compare_with_registry(PublishedCrate(registry=registry, name=name, version=version, ours=ours))


def audit_text(found: Audit) -> str:
    states = [each.state for each in found.crates]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
    lines = [
        f"{found.project} {found.version} on {found.registry}: {counts}",
        f"  packaged from {found.commit} with {found.toolchain}, as of {found.as_of.isoformat()}",
    ]
    for each in found.crates:
        lines.append(f"  {each.state:<10} {each.crate}@{each.version}  {each.why}")
        lines += [f"             {difference.path}: {difference.how}" for difference in each.differs]
    return "\n".join(lines)
