"""Looks: the repository at the pinned commit, and the registry. Changes nothing outside the run's directory."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from loadmaster.clients import cargo, git
from loadmaster.clients.disk import remove_tree, walk
from loadmaster.clients.files import read_texts, read_tree
from loadmaster.clients.git.git_cliff import propose_notes
from loadmaster.errors.cargo import ToolchainOfRepository
from loadmaster.errors.workspace import NotAWorkspace, ToolchainsDiffer
from loadmaster.planning.edits.bump import files_to_edit, globs_to_edit
from loadmaster.planning.edits.changelogs import proposal_scopes
from loadmaster.planning.edits.released import named_versions
from loadmaster.planning.profile.project import CargoStyle
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.registry.seen import (
    CrateVersion,
    LockfileSeen,
    OwnRelease,
    RegistrySeen,
    Seen,
    SourceSeen,
    ToolchainSeen,
)
from loadmaster.planning.tree.lockfiles import member_lockfiles
from loadmaster.planning.tree.submodules import Carried
from loadmaster.planning.tree.toolchain_file import candidates, pinned_channel, pinned_path
from loadmaster.planning.tree.tree import LOCKFILE, MANIFEST, TreeFiles, read_workspaces, sibling_path
from loadmaster.planning.tree.workspace import Workspace, read_metadata, together
from loadmaster.run.job import Job
from loadmaster.run.own_releases import newest_own_release
from loadmaster.steps.forge.announce import look_at_forge


def look(job: Job) -> Seen:
    """All that a plan needs to know, one question after the other."""
    carried = check_out(job)
    toolchain, workspace, own = look_at_toolchain(job), look_at_workspace(job), look_for_own_release(job)
    return Seen(
        source=look_at_source(job, workspace, own, carried),
        workspace=workspace,
        registry=look_at_registry(job, names_to_look_up(workspace, own)),
        forge=look_at_forge(job),
        toolchain=toolchain,
    )


def check_out(job: Job) -> Carried:
    """Makes a fresh clone of the remote at the pinned commit. Never uses a person's checkout, or an earlier attempt's.

    Returns what it carries beside the commit's own files.
    """
    for former in (job.directory.checkout, job.directory.build_trees):
        remove_tree(former)
    carried = clone(job, job.pinned.commit, job.directory.checkout)
    require_named_toolchain(job.directory.checkout, job.project.source.roots, job.project.cargo)
    return carried


def clone(job: Job, commit: str, place: Path) -> Carried:
    """Clones the remote into `place` with the commit on the release branch, with what it carries. Raises what `clone_at` raises."""
    extra = job.git_environment()
    git.clone_at(job.world.remote, commit, place, job.project.source.branch, extra=extra)
    return git.fill(place, job.source, job.store.part("mirrors"), extra=extra)


def require_named_toolchain(checkout: Path, roots: Iterable[str], style: CargoStyle) -> None:
    """Raises `ToolchainOfRepository` before cargo is called, unless the profile names another toolchain.

    Raises `ToolchainsDiffer`, too, if the workspaces with these roots pin several.
    """
    if style.toolchain is not None:
        return
    for root in roots:
        if (path := pinned_path(_toolchain_files(checkout, root), posixpath.dirname(root))) is not None:
            raise ToolchainOfRepository(path)
    pinned = {root: pinned_toolchain(checkout, root) for root in roots}
    if len(set(pinned.values())) > 1:
        raise ToolchainsDiffer(pinned)


def look_at_toolchain(job: Job) -> ToolchainSeen:
    """The toolchain of the first workspace; `check_out` has seen to it that it is that of all of them."""
    checkout = job.directory.checkout
    return cargo.toolchain(job.cargo().in_tree(checkout), (checkout / job.project.source.roots[0]).parent)


def look_at_workspace(job: Job) -> Workspace:
    title = f"{job.project.name} at {job.pinned.commit}"
    return workspace_in(job.cargo(), job.directory.checkout, job.project.source.roots, title)


def workspace_in(chosen: cargo.Cargo, checkout: Path, roots: Iterable[str], title: str) -> Workspace:
    """The workspaces with these root manifests, as cargo has them. Raises what `metadata_of` raises, and `TwoMembers`."""
    return together(read_metadata(metadata_of(chosen, checkout, root, title), root) for root in roots)


def metadata_of(chosen: cargo.Cargo, tree: Path, root: str, title: str) -> dict[str, Any]:
    """The output of `cargo metadata` for the workspace with the root manifest `root`; messages call it `title`.

    If cargo refuses, raises the catalogue's own error for what is wrong with the tree. If there is none, raises
    `NotAWorkspace` with cargo's words.
    """
    if not (tree / root).is_file():
        raise NotAWorkspace(title, f"there is no `{root}`.")
    try:
        return cargo.members(chosen.in_tree(tree), (tree / root).parent, title)
    except NotAWorkspace:
        with suppress(NotAWorkspace):
            read_workspaces(read_tree(tree), [root])
        raise


def look_for_own_release(job: Job) -> OwnRelease | None:
    """The newest release that Loadmaster began on the release branch, as the remote has it."""
    branch = f"refs/remotes/origin/{job.project.source.branch}"
    return newest_own_release(job.directory.checkout, branch, job.project)


def look_at_source(job: Job, workspace: Workspace, own: OwnRelease | None, carried: Carried) -> SourceSeen:
    """Manifests, lockfiles, changelogs and tags of the clone that `check_out` made."""
    checkout, chosen = job.directory.checkout, job.cargo()
    files = files_to_plan(job, checkout, workspace, carried)
    return SourceSeen(
        commit=job.pinned.commit,
        tree=git.tree_of(checkout, job.pinned.commit),
        branch=job.project.source.branch,
        on_branch=job.pinned.on_branch,
        files=files,
        lockfile_checks=tuple(_check_lockfile(chosen, checkout, path) for path in files.paths_named(LOCKFILE)),
        proposals=_proposals(job, workspace, files.texts),
        pinned_toolchain=pinned_toolchain(checkout, job.project.source.roots[0]),
        tags=git.tags(checkout),
        own=own,
        carried=carried,
        dirty=(*job.pinned.dirty, *git.status(checkout)),
    )


def files_to_plan(job: Job, tree: Path, workspace: Workspace, carried: Carried) -> TreeFiles:
    """What planning looks at in `tree`, the run's clone or a copy of it. Raises what `read_tree` raises."""
    style = job.project.release
    tracked = set(git.tracked_files(job.directory.checkout, "*Cargo.lock"))
    untracked = {path for path in _lockfiles_of(tree) if path not in tracked}  # cargo may have left one
    others = untracked.union(style.stale_lockfiles, files_of_submodules(tree, carried, workspace))
    return files_to_edit(read_tree(tree, globs_to_edit(style), without=others), workspace, style)


def _lockfiles_of(checkout: Path) -> tuple[str, ...]:
    return tuple(os.path.relpath(entry.path, checkout) for entry in walk(checkout) if entry.name == LOCKFILE)


def files_of_submodules(checkout: Path, carried: Carried, workspace: Workspace) -> set[str]:
    """Every path below a submodule, without the manifests of members: no release edits or judges what is there."""
    below = (entry for submodule in carried.submodules for entry in walk(checkout / submodule.path))
    return {os.path.relpath(entry.path, checkout) for entry in below} - {each.manifest for each in workspace.packages}


def lockfiles_concerned(checkout: Path, tracked: Iterable[str], workspace: Workspace) -> tuple[str, ...]:
    """The tracked lockfiles that exist and that the release concerns. Raises what reading them raises."""
    locks = [path for path in tracked if PurePosixPath(path).name == LOCKFILE]
    texts = read_texts(checkout, [*locks, *(sibling_path(path, MANIFEST) for path in locks)])
    return member_lockfiles([path for path in locks if path in texts], texts, workspace)


def _proposals(job: Job, workspace: Workspace, changelogs: Mapping[str, str]) -> dict[str, str]:
    """Entries made from commits, by path, for the changelogs that have none for the next version."""
    checkout, asked = job.directory.checkout, named_versions(job.wanted_version)
    tags = git.tags_below(checkout, job.pinned.commit)
    scopes = proposal_scopes(changelogs, workspace, job.project.release, asked, tags)
    return {path: notes for path, scope in scopes.items() if (notes := propose_notes(checkout, scope))}


def _check_lockfile(chosen: cargo.Cargo, checkout: Path, path: str) -> LockfileSeen:
    problem = cargo.lockfile_problem(chosen.in_tree(checkout), (checkout / path).parent)
    return LockfileSeen(path=path, accepted=problem is None, why=problem or "")


def pinned_toolchain(checkout: Path, root: str) -> str | None:
    """The channel that rustup would choose beside this manifest. Raises what reading its files raises."""
    return pinned_channel(_toolchain_files(checkout, root), posixpath.dirname(root))


def _toolchain_files(checkout: Path, root: str) -> dict[str, str]:
    return read_texts(checkout, candidates(posixpath.dirname(root)))


def names_to_look_up(workspace: Workspace, own: OwnRelease | None) -> frozenset[str]:
    """The members, and the crates of the newest release that Loadmaster began: its tree may have had others."""
    return workspace.names | frozenset(own.versions if own else ())


def look_at_registry(job: Job, names: Iterable[str]) -> RegistrySeen:
    """Every version of every name. Raises `RegistryUnreachable` if the registry does not answer for one of them."""
    lines_of = job.registry.find_all_lines(sorted(names))
    return RegistrySeen(
        crates={name: tuple(_crate_version(line) for line in lines) for name, lines in lines_of.items()},
        spelled={name: lines[0].name for name, lines in lines_of.items() if lines and lines[0].name != name},
        remembers=job.world.registry_remembers,
    )


def _crate_version(line: IndexLine) -> CrateVersion:
    return CrateVersion(version=line.version, checksum=line.checksum, yanked=line.yanked, published=line.published)
