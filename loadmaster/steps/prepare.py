"""Prepares the release commit in the run's clone, then packages the crates together and keeps them by their content."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from loadmaster.clients import cargo, git
from loadmaster.errors.cargo import PackagedDifferently
from loadmaster.errors.edits import BumpRefused
from loadmaster.index_as_of.view import PRESENT, PackagedBefore, index_as_of
from loadmaster.planning import begun
from loadmaster.planning.packaging import Round, needs_index, packaging_rounds
from loadmaster.planning.plan import ReleasePlan
from loadmaster.planning.registry.as_of import start_of_release
from loadmaster.planning.registry.crate_file import read_crate
from loadmaster.planning.registry.index_entry import line_of_crate
from loadmaster.planning.registry.seen import RegistrySeen, Seen
from loadmaster.planning.registry.sparse_index import crates_io_index
from loadmaster.planning.tree.cargo_config import configuration_paths, replaces_crates_io
from loadmaster.planning.tree.tree import LOCKFILE, sibling_path
from loadmaster.planning.tree.workspace import Workspace
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import CHANGED
from loadmaster.run.job import Job
from loadmaster.run.pinning import earlier_starts
from loadmaster.steps.build_trees import build_tree, fetch_for_packaged
from loadmaster.steps.contents import require_contents_of_commit
from loadmaster.steps.look import look_at_workspace
from loadmaster.steps.planned_trees import write_plan
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
    """Makes the release commit from every edit of the plan, and from what the project's commands made; without edits it is the
    base commit. Its id depends on the plan only.

    Raises `BumpRefused` if cargo does not accept the edited tree unchanged, and `DiskFull`, `NotWritten`.
    """
    checkout = job.directory.checkout
    if not plan.edits:
        return plan.base_commit
    write_plan(job, plan, checkout)
    for edit in plan.edits:
        if Path(edit.path).name == "Cargo.lock":
            _require_accepted(job, edit.path, plan.version)
    commit = git.commit_all(checkout, plan.commit_message, job.identity, job.pinned.started)
    if plan.result_paths:
        git.check_out_again(checkout, plan.result_paths)
    return commit


def _require_accepted(job: Job, lockfile: str, version: str) -> None:
    checkout = job.directory.checkout
    problem = cargo.lockfile_problem(job.cargo().in_tree(checkout), (checkout / lockfile).parent)
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
    """Packages the crates (version by name), and keeps the files by content. Returns SHA-256 by name.

    Those of one workspace are packaged together. `registry` is what was seen of it before. If the lockfile decides everything,
    cargo fetches once and does not use the index. Otherwise it sees the index as of the instant. Nothing is built: a build could
    alter the files.
    """
    workspace, digests = look_at_workspace(job), dict[str, str]()
    for each in packaging_rounds(workspace, crates):
        target = job.store.build_directory(*_key(job, tree, each))
        with _packaging(job, workspace, each, _packaged(job, digests, crates), registry, as_of) as how:
            called = how.cargo.in_tree(job.directory.checkout)
            place = (job.directory.checkout / each.root).parent
            files = cargo.package(called, place, target, each.crates, locked=how.locked, offline=how.offline)
        digests |= {name: job.store.keep_crate(path) for name, path in files.items()}
    require_contents_of_commit(job, workspace, digests)
    return digests


def build_packaged(
    job: Job, crates: Mapping[str, str], digests: Mapping[str, str], tree: str, registry: RegistrySeen, as_of: datetime
) -> None:
    """Packages the crates once more, elsewhere, and has cargo build each from its file, offline.

    `digests` are what `package` returned; nothing that was built may have changed the files. Raises what packaging raises,
    `KeptCrateBroken` and `PackagedDifferently`.
    """
    workspace, done = look_at_workspace(job), dict[str, str]()
    for each in packaging_rounds(workspace, crates):
        target = job.store.build_directory(*_key(job, tree, each), "built")
        kept = {name: digests[name] for name in each.crates}
        with _packaging(job, workspace, each, _packaged(job, done, crates), registry, as_of) as how:
            place = _place_to_build(job, how, each, kept)
            apart = cargo.with_copied_home(how.cargo, job.directory.path / "built").in_tree(place)
            files = cargo.package_and_build(apart, (place / each.root).parent, target, each.crates, locked=how.locked)
        _require_same(job, files, digests)
        done |= kept


def _place_to_build(job: Job, how: Packaging, each: Round, digests: Mapping[str, str]) -> Path:
    """A copy of the clone, where all that building the crates of a round needs is fetched. Raises what packaging raises."""
    if not how.offline:
        embedded = _embedded_locks(job, digests)
        fetch_for_packaged(how.cargo, job.directory.checkout, each, embedded, locked=how.locked)
    place = build_tree(job, how.cargo)
    if not how.locked:  # cargo would take its versions and its format for the lockfiles in the crates
        (place / sibling_path(each.root, LOCKFILE)).unlink(missing_ok=True)
    return place


def _require_same(job: Job, files: Mapping[str, Path], digests: Mapping[str, str]) -> None:
    for name, path in files.items():
        if (digest := digest_beside(path, job.store.crate_file(digests[name]))) != digests[name]:
            raise PackagedDifferently(name, digests[name], digest)


def _embedded_locks(job: Job, digests: Mapping[str, str]) -> list[str]:
    """The text of the lockfile in each kept crate. Raises `KeptCrateBroken`."""
    kept = (read_crate(job.store.crate(name, sha256), name, keep=(LOCKFILE,)).kept for name, sha256 in digests.items())
    return [files[LOCKFILE].decode() for files in kept if LOCKFILE in files]


def digest_beside(path: Path, kept: Path) -> str:
    """The SHA-256 of a file that foreign code may have put there; what else it is, if it cannot be what was kept."""
    if path.is_symlink() or not path.is_file():
        return "no regular file"
    if (size := path.stat().st_size) != kept.stat().st_size:
        return f"another size, {size} bytes"
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Packaging(NamedTuple):
    """How one call of cargo packages."""

    cargo: cargo.Cargo
    locked: bool
    offline: bool


@contextmanager
def _packaging(
    job: Job,
    workspace: Workspace,
    called_for: Round,
    packaged: tuple[PackagedBefore, ...],
    registry: RegistrySeen,
    as_of: datetime,
) -> Iterator[Packaging]:
    lockfile = _lockfile(job, called_for.root)
    at_root = workspace.at(called_for.root)
    # In the place of crates.io cargo would look for what is released now, too.
    replaced = _replaces_crates_io(job.directory.checkout, called_for.root)
    if not replaced and needs_index(at_root, called_for.crates, lockfile, registry) is None:
        called, checkout = job.cargo(), job.directory.checkout
        cargo.fetch(called.in_tree(checkout), (checkout / called_for.root).parent, locked=True)
        yield Packaging(called, locked=True, offline=True)
    else:
        with _index(job, workspace, packaged, as_of) as index:
            yield Packaging(job.cargo(index), locked=lockfile is not None, offline=False)


def _replaces_crates_io(checkout: Path, root: str) -> bool:
    files = (checkout / path for path in configuration_paths(root))
    texts = (file.read_bytes().decode(errors="replace") for file in files if file.is_file())
    return any(replaces_crates_io(text) for text in texts)


def _key(job: Job, tree: str, called_for: Round) -> tuple[str, ...]:
    """Names a target directory. cargo lays what it packages over the registry there, so each workspace has its own."""
    folder = posixpath.dirname(called_for.root)
    return job.project.name, job.project.cargo.toolchain or "default", tree[:12], *([folder] if folder else [])


def _packaged(job: Job, digests: Mapping[str, str], crates: Mapping[str, str]) -> tuple[PackagedBefore, ...]:
    """What earlier calls packaged: SHA-256 by name, with the versions in `crates`."""
    return tuple(
        PackagedBefore(
            name=name,
            version=crates[name],
            line=line_of_crate(job.store.crate(name, sha256), name=name),
            file=job.store.crate_file(sha256),
        )
        for name, sha256 in digests.items()
    )


@contextmanager
def _index(
    job: Job, workspace: Workspace, packaged: tuple[PackagedBefore, ...], as_of: datetime
) -> Iterator[str | None]:
    """The index to package with: the world's, with what earlier calls packaged.

    A rehearsal's index is as of its instant already; a real index is seen through a view.
    """
    rehearses = job.world.as_of is not None
    if rehearses and not packaged:
        yield job.index
        return
    # Tomorrow another registry may have the same address on loopback; crates.io is the same for all runs.
    cache = job.store.part("upstream") if job.index is None else job.directory.upstream
    instant, released = (PRESENT, dict[str, str]()) if rehearses else (as_of, workspace.versions)
    with index_as_of(job.index or crates_io_index(), cache, instant, released, packaged) as index:
        yield index


def _lockfile(job: Job, root: str) -> str | None:
    """The text of a workspace's tracked lockfile; None if there is none. An untracked one is removed: cargo left it before the
    bump.
    """
    path = sibling_path(root, LOCKFILE)
    file = job.directory.checkout / path
    if git.tracked_files(job.directory.checkout, path):
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
