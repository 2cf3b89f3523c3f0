"""Prepares the release commit in the run's clone, then packages the crates together and keeps them by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from loadmaster.clients import cargo, git
from loadmaster.clients.disk import writing
from loadmaster.errors.cargo import PackagedDifferently
from loadmaster.errors.edits import BumpRefused
from loadmaster.index_as_of.view import index_as_of
from loadmaster.planning import begun
from loadmaster.planning.packaging import needs_index
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.registry.as_of import start_of_release
from loadmaster.planning.registry.seen import RegistrySeen, Seen
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import CHANGED
from loadmaster.run.job import Job
from loadmaster.run.pinning import earlier_starts
from loadmaster.steps.build_trees import build_tree
from loadmaster.steps.contents import require_contents_of_commit
from loadmaster.steps.look import look_at_workspace
from loadmaster.steps.publish import published_crate
from loadmaster.things.thing import require_ours


def known_version(job: Job, seen: Seen) -> str | None:
    """The version to plan, if it is known without a look at what changed: asked for, or that of the release to resume.

    Raises `ReleaseUnfinished`.
    """
    if job.wanted_version != CHANGED:
        return job.wanted_version
    found = begun.begun_release(seen, job.project) if job.releases and job.abandoned is None else None
    if found is None:
        return None
    way = begun.WayBack(project=job.project.name, options=job.options)
    return begun.version_to_finish(found, seen.source.commit, CHANGED, way)


def require_finished(job: Job, seen: Seen, plan: ReleasePlan) -> None:
    """Raises `ReleaseUnfinished` if another release was begun and is not finished, and `NothingToAbandon`."""
    way = begun.WayBack(project=job.project.name, options=job.options)
    found = begun.begun_release(seen, job.project)
    begun.require_finished(found, plan, job.abandoned, way, again=job.again)


def commit(job: Job, plan: ReleasePlan) -> str:
    """Makes the release commit from every edit of the plan; without edits it is the base commit. Its id depends on the plan only.

    Raises `BumpRefused` if cargo does not accept the edited tree unchanged, and `DiskFull`, `NotWritten`.
    """
    checkout = job.directory.checkout
    if not plan.edits:
        return plan.base_commit
    for edit in plan.edits:
        with writing(checkout / edit.path):
            (checkout / edit.path).write_bytes(edit.text.encode("utf-8"))
    for edit in plan.edits:
        if Path(edit.path).name == "Cargo.lock":
            _require_accepted(job, edit.path, plan.version)
    return git.commit_all(checkout, plan.commit_message, job.identity, job.pinned.started)


def _require_accepted(job: Job, lockfile: str, version: str) -> None:
    problem = cargo.lockfile_problem(job.cargo(), (job.directory.checkout / lockfile).parent, job.directory.checkout)
    if problem is not None:
        raise BumpRefused(lockfile, problem, job.project.name, version)


def packaging_instant(job: Job, plan: ReleasePlan, registry: RegistrySeen) -> datetime:
    """The instant as of which packaging must see the index: the start of the release, whichever run started it."""
    if job.world.as_of is not None:
        return job.world.as_of
    versions = (registry.find(crate.name, crate.version) for crate in plan.crates)
    uploads = [version.published for version in versions if version is not None and version.published is not None]
    return start_of_release(job.pinned.as_of, earlier_starts(job.pinned, plan.version, job.store), uploads)


def package(job: Job, crates: Mapping[str, str], tree: str, registry: RegistrySeen, as_of: datetime) -> dict[str, str]:
    """Packages the crates (version by name) together, and keeps the files by content. Returns SHA-256 by name.

    `registry` is what was seen of it before. If the lockfile decides everything, cargo fetches once and does not use the
    index. Otherwise it sees the index as of the instant. Nothing is built: a build could alter the files.
    """
    target = job.store.build_directory(*_key(job, tree))
    with _packaging(job, crates, registry, as_of) as (called, workspace, locked, offline):
        files = cargo.package(
            called, job.directory.checkout, target, crates, locked=locked, verify=False, offline=offline
        )
    digests = {name: job.store.keep_crate(path) for name, path in files.items()}
    require_contents_of_commit(job, workspace, digests)
    return digests


def build_packaged(
    job: Job, crates: Mapping[str, str], digests: Mapping[str, str], tree: str, registry: RegistrySeen, as_of: datetime
) -> None:
    """Packages the crates once more, elsewhere, and has cargo build each from its file.

    `digests` are what `package` returned; nothing that was built may have changed the files. Raises what packaging raises,
    and `PackagedDifferently`.
    """
    target = job.store.build_directory(*_key(job, tree), "built")
    with _packaging(job, crates, registry, as_of) as (called, _, locked, offline):
        place = build_tree(job, called)
        apart = cargo.with_copied_home(called, job.directory.path / "built")
        files = cargo.package(apart, place, target, crates, locked=locked, verify=True, offline=offline)
    for name, path in files.items():
        if (digest := digest_beside(path, job.store.crate_file(digests[name]))) != digests[name]:
            raise PackagedDifferently(name, digests[name], digest)


def digest_beside(path: Path, kept: Path) -> str:
    """The SHA-256 of a file that foreign code may have put there; what else it is, if it cannot be what was kept."""
    if path.is_symlink() or not path.is_file():
        return "no regular file"
    if (size := path.stat().st_size) != kept.stat().st_size:
        return f"another size, {size} bytes"
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Packaging(NamedTuple):
    """How cargo packages this workspace."""

    cargo: cargo.Cargo
    workspace: Workspace
    locked: bool
    offline: bool


@contextmanager
def _packaging(job: Job, crates: Mapping[str, str], registry: RegistrySeen, as_of: datetime) -> Iterator[Packaging]:
    lockfile = _lockfile(job)
    workspace = look_at_workspace(job)
    if needs_index(workspace, crates, lockfile, registry) is None:
        called = job.cargo()
        cargo.fetch(called, job.directory.checkout, locked=True)
        yield Packaging(called, workspace, locked=True, offline=True)
    else:
        with _index(job, workspace, as_of) as index:
            yield Packaging(job.cargo(index), workspace, locked=lockfile is not None, offline=False)


def _key(job: Job, tree: str) -> tuple[str, ...]:
    return job.project.name, job.project.cargo.toolchain or "default", tree[:12]


@contextmanager
def _index(job: Job, workspace: Workspace, as_of: datetime) -> Iterator[str | None]:
    """The index to package with. A rehearsal's index is as of its instant already; a real index is seen through a view."""
    if job.world.as_of is not None:
        yield job.index
        return
    # Tomorrow another registry may have the same address on loopback; crates.io is the same for all runs.
    cache = job.store.part("upstream") if job.index is None else job.directory.upstream
    with index_as_of(job.index or crates_io_index(), cache, as_of, workspace.versions) as index:
        yield index


def _lockfile(job: Job) -> str | None:
    """The text of the tracked lockfile; None if there is none. An untracked one is removed: cargo left it before the bump."""
    file = job.directory.checkout / "Cargo.lock"
    if git.tracked_files(job.directory.checkout, "Cargo.lock"):
        return file.read_text(encoding="utf-8")
    file.unlink(missing_ok=True)
    return None


def compare_with_registry(
    job: Job, plan: ReleasePlan, registry: RegistrySeen, digests: Mapping[str, str]
) -> dict[str, ObjectState]:
    """`same` or `equivalent` for each crate of the plan that is published already.

    Raises `CrateTaken` for a crate that is not ours, and `IndexDisagrees`.
    """
    states = {}
    for crate in plan.crates:
        if (listed := registry.find(crate.name, crate.version)) is not None:
            thing = published_crate(job, crate, digests[crate.name])
            seen = thing.judge([listed])
            if seen.state is ObjectState.UNKNOWN:  # the index may have been mended since it was looked at
                seen = thing.observe()
            states[crate.name] = require_ours(thing, seen).state
    return states
