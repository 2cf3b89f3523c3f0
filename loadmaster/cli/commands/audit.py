"""Audits a published release: packages it again at its tag, as of its day, and compares every crate by its bytes.

Packaging happens in a rehearsal world, because only there can the registry be seen as it was. Nothing is uploaded, and
only the index's cache is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime

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
from loadmaster.steps.publish import kept_crate
from loadmaster.things.crate import PublishedCrate

_EXIT_CODES = {ObjectState.DIFFERENT: 1, ObjectState.ABSENT: 3, ObjectState.UNKNOWN: 4}


class Audit(Value):
    """The document of `loadmaster audit --json`."""

    project: str
    version: str
    registry: str
    commit: str
    """The commit of the tag."""
    as_of: AwareDatetime
    """Packaging saw the registry as of this instant."""
    toolchain: str
    crates: tuple[Compared, ...]

    @property
    def exit_code(self) -> int:
        """0 if all crates are the same or equivalent; else 1 if one is different, 3 if one is absent, 4 if one is unknown.

        If several hold, the first of 1, 3, 4.
        """
        states = {crate.state for crate in self.crates}
        return next((code for state, code in _EXIT_CODES.items() if state in states), 0)


def audit(
    project: Project,
    version: str,
    index: str,
    repository: str | None,
    as_of: str | None,
    store: Store,
    tell: Callable[[str], None],
) -> Audit:
    """Packages the tagged commit again, and compares every crate with the registry `index`.

    `version` is exact, or `NAME=VERSION,…`. `as_of` is an instant (RFC 3339) or `commit`. If it is left out, the instant
    comes from a receipt of this release, or else it is now.
    Raises `TagMissing`, `WrongRequest`, and what git and cargo raise for a workspace that cannot be packaged.
    """
    repository = repository or project.source.repository or str(store.repository(project.name))
    source = _source(project, version, repository, store)
    if source.tagged is None:
        raise TagMissing(next(iter(source.tags)), repository)
    request = rehearse_request(
        {
            "project": project.name,
            "version": version,
            "repository": repository,
            "commit": source.tagged,
            "as_of": as_of or _instant_in_receipt(store, project.name, version, source.tagged),
        }
    )
    directory = store.run(f"audit-{uuid.uuid4()}")
    try:
        with rehearsal(request, directory, store) as job:
            return _package_and_compare(job, source, version, index, tell)
    finally:
        directory.remove()


def _source(project: Project, version: str, repository: str | None, store: Store) -> ReleasedSource:
    directory = store.run(f"audit-{uuid.uuid4()}")
    try:
        return look_at_source(project, version, repository, directory, store)
    finally:
        directory.remove()


def _instant_in_receipt(store: Store, project: str, version: str, commit: str) -> datetime | None:
    """The instant as of which a real release of this commit packaged, if its receipt is here."""
    receipts = receipts_of(store, project, version)
    real = (receipt for receipt in receipts if receipt.world == "live" and receipt.commit == commit)
    return next((receipt.as_of for receipt in real if receipt.as_of), None)


def _package_and_compare(
    job: Job, source: ReleasedSource, version: str, index: str, tell: Callable[[str], None]
) -> Audit:
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
        crates=tuple(_compare(job, name, source.versions[name], digests[name], registry) for name in digests),
    )


def _compare(job: Job, name: str, version: str, sha256: str, registry: RegistryClient) -> Compared:
    ours = kept_crate(job.store, f"{name}@{version}", sha256)
    return compare_with_registry(PublishedCrate(registry=registry, name=name, version=version, ours=ours))


def audit_text(audit: Audit) -> str:
    states = [crate.state for crate in audit.crates]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
    lines = [
        f"{audit.project} {audit.version} on {audit.registry}: {counts}",
        f"  packaged from {audit.commit} with {audit.toolchain}, as of {audit.as_of.isoformat()}",
    ]
    for crate in audit.crates:
        lines.append(f"  {crate.state:<10} {crate.crate}@{crate.version}  {crate.why}")
        lines += [f"             {difference.path}: {difference.how}" for difference in crate.differs]
    return "\n".join(lines)
