"""The releases that Loadmaster began, found in a repository: by their commits on the release branch, and by their tags."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from loadmaster.clients import git
from loadmaster.errors.base import LoadmasterError
from loadmaster.planning.begun import (
    exact_request,
    is_asked_for,
    is_own_tag,
    is_release_commit,
    may_announce,
    may_name,
    own_versions,
)
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.seen import BranchCommit, OwnRelease
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles, read_workspaces
from loadmaster.planning.tree.workspace import Workspace


def newest_own_release(repository: Path, branch: str, project: Project) -> OwnRelease | None:
    """The newest one on the branch, finished or not. Raises `UnknownCommit`, and what reading its manifests raises."""
    tags = _own_tags(repository, project)
    for commit in git.history(repository, branch):
        if is_release_commit(commit, project) or commit.commit in tags:
            release = _release_at(repository, commit, tags.get(commit.commit, ()), project)
            if release.versions:
                return release
    return None


def commit_of_release(repository: Path, branch: str, project: Project, asked: str) -> str | None:
    """The commit of the release of `asked` that Loadmaster began: its tag's, or the release commit on the branch.

    None if there is none, or if `asked` has a level in it. Raises `UnknownCommit`.
    """
    exact = exact_request(asked)
    if exact is None:
        return None
    tags, style = _own_tags(repository, project), project.release
    for commit in git.history(repository, branch):
        named = any(may_name(tag, exact, style) for tag in tags.get(commit.commit, ()))
        if named or (is_release_commit(commit, project) and may_announce(commit.subject, exact, style)):
            with suppress(LoadmasterError):  # a tree that cannot be read any more is not this release's
                if is_asked_for(_release_at(repository, commit, tags.get(commit.commit, ()), project), exact):
                    return commit.commit
    return None


def _own_tags(repository: Path, project: Project) -> dict[str, tuple[str, ...]]:
    """The names of Loadmaster's own tags, by commit."""
    own: dict[str, tuple[str, ...]] = {}
    for tag in git.tags(repository):
        if is_own_tag(tag, project):
            own[tag.commit] = (*own.get(tag.commit, ()), tag.name)
    return own


def _release_at(repository: Path, commit: BranchCommit, tags: tuple[str, ...], project: Project) -> OwnRelease:
    before = _workspace(repository, commit.parents[0], project) if _changed_versions(commit, project) else None
    versions = own_versions(_workspace(repository, commit.commit, project), before, tags, project)
    return OwnRelease(commit=commit.commit, versions=versions)


def _changed_versions(commit: BranchCommit, project: Project) -> bool:
    return bool(commit.parents) and is_release_commit(commit, project)


def _workspace(repository: Path, commit: str, project: Project) -> Workspace:
    files = TreeFiles(texts=git.texts_at(repository, commit, MANIFEST))
    return read_workspaces(files, roots_at_hand(files, project.source.roots))
