"""Observes a release from outside, whoever carried it out: at the remote, on the registry and on the forge.

Asks, and changes nothing. Knows no plan and no run; it uses the same things as the release.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from loadmaster.clients import cargo, git
from loadmaster.clients.forge.http import http_client
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.edits.released import exact_versions, named_versions
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, publishable
from loadmaster.planning.profile.project import Project
from loadmaster.planning.profile.shared_tags import tags_of
from loadmaster.planning.registry.compare import Difference
from loadmaster.planning.tree.roots import roots_at_hand
from loadmaster.planning.tree.tree import MANIFEST, TreeFiles
from loadmaster.planning.tree.workspace import Package
from loadmaster.planning.values.observation import Observation
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import same_version
from loadmaster.run.own_releases import commit_of_release
from loadmaster.run.pinning import IMPORTED, require_branch
from loadmaster.run.sandboxing import sandbox_for
from loadmaster.run.store import RunDirectory, Store
from loadmaster.shipped import shipped
from loadmaster.steps.look import require_named_toolchain, workspace_in
from loadmaster.things.crate import CrateObservation, PublishedCrate
from loadmaster.things.forge import PublicRelease, UploadedAsset
from loadmaster.things.git import PushedTag
from loadmaster.things.thing import look_at, record_of


class Compared(Value):
    """The result of comparing a packaged crate with a registry."""

    crate: str
    version: str
    state: ObjectState
    code: str
    """What `why` says, for programs; `docs/receipt.md` lists them."""
    differs: tuple[Difference, ...] = ()
    why: str


def compare_with_registry(crate: PublishedCrate) -> Compared:
    """Whether the registry has this crate, by its bytes and under any spelling; `unknown` if it cannot be asked."""
    try:
        seen = crate.judge(crate.registry.find_lines(crate.name))
    except (RegistryUnreachable, CrateFileBroken) as error:
        seen = CrateObservation.of_error(error)
    return Compared(
        crate=crate.name,
        version=crate.version,
        state=seen.state,
        code=seen.code,
        differs=seen.differs,
        why=seen.why or "",
    )


@dataclass(frozen=True, kw_only=True)
class ReleasedSource:
    """The workspace of one release: at its tag, else at its release commit, else at the head of the release branch."""

    remote: str
    refs: Mapping[str, str]
    """The refs of the remote, when it was observed."""
    tags: Mapping[str, str | None]
    """By tag, its commit at the remote; None if the tag is not there."""
    packages: tuple[Package, ...]
    """The packages that the release publishes."""
    versions: Mapping[str, str]
    """The release's versions, by package."""
    tag_of: Mapping[str, str]
    """The tag of each package."""
    begun: str | None = None
    """The commit of the release on the release branch, if Loadmaster began it."""
    branch: str = "main"
    """The release branch."""

    @property
    def tagged(self) -> str | None:
        """The commit of the workspace, if it is tagged."""
        return next((commit for commit in self.tags.values() if commit), None)


def look_at_source(
    project: Project, released: str, repository: str | None, directory: RunDirectory, store: Store
) -> ReleasedSource:
    """Clones the repository into the run directory, and asks cargo for the members.

    `released` is the version, or `NAME=VERSION,…`. Raises what git raises for the remote, `UnknownCommit`,
    `NotAWorkspace`, `NothingToPublish`, `NoSuchPackage`.
    """
    extra = {name: os.environ[name] for name in project.cargo.environment if name in os.environ}
    remote = repository or project.source.repository or str(_own_repository(project, directory, store))
    branch, refs = project.source.branch, git.observe_refs(remote, extra=extra)
    tagged = next((commit for tag in _likely_tags(project, released) if (commit := git.commit_of_tag(refs, tag))), None)
    mirror = git.mirror(remote, store.part("mirrors"), extra=extra)
    require_branch(mirror, branch, remote)
    head = f"refs/heads/{branch}"
    begun = commit_of_release(mirror, head, project, released)
    commit = tagged or begun or git.resolve(mirror, head)
    git.clone_at(mirror, commit, directory.checkout, branch, extra=extra)
    git.fill(directory.checkout, remote, store.part("mirrors"), extra=extra)
    style = project.cargo
    there = roots_at_hand(TreeFiles(texts=git.texts_at(mirror, commit, MANIFEST)), project.source.roots)
    require_named_toolchain(directory.checkout, there, style)
    chosen = cargo.cargo_in(
        directory.home,
        directory.cargo_log,
        sandbox=sandbox_for(style, store.root),
        toolchain=style.toolchain,
        allow=style.for_cargo,
    )
    workspace = workspace_in(chosen, directory.checkout, there, f"{project.name} at {commit}")
    published = publishable(workspace, project)
    versions = exact_versions(published, released)
    tag_of = tags_of(project.release, versions)
    return ReleasedSource(
        remote=remote,
        refs=refs,
        tags={tag: git.commit_of_tag(refs, tag) for tag in tag_of.values()},
        packages=tuple(package for package in published if package.name in versions),
        versions=versions,
        tag_of=tag_of,
        begun=begun,
        branch=branch,
    )


def _likely_tags(project: Project, released: str) -> Iterator[str]:
    """The tags whose names follow from the request alone, before the packages are known."""
    yield from tags_of(project.release, named_versions(released)).values()
    if not named_versions(released) and "{name}" not in project.release.tag:
        yield project.tag_of("", released)


def _own_repository(project: Project, directory: RunDirectory, store: Store) -> Path:
    """For a project that is a plain directory: the repository of its releases, or one made for this observation."""
    bare = store.repository(project.name)
    if not bare.exists():
        bare = directory.path / "source.git"
        git.import_directory(shipped(str(project.source.directory)), bare, project.source.branch, IMPORTED)
    return bare


def commit_records(source: ReleasedSource) -> tuple[ObjectRecord, ...]:
    """The record of the release commit; () if Loadmaster began no such release: any commit may carry the version."""
    if source.begun is None:
        return ()
    facts: dict[str, JsonValue] = {"branch": source.branch, "tip": source.refs.get(f"refs/heads/{source.branch}")}
    seen = Observation(state=ObjectState.SAME, code="on-branch", facts=facts, why=f"on `{source.branch}`")
    return (ObjectRecord(kind="commit", id=source.begun, **dict(seen)),)


def tag_records(source: ReleasedSource) -> tuple[ObjectRecord, ...]:
    """The records of the tags. A tag is the release's own if the manifests of its commit have the version."""
    tags = [
        PushedTag(remote=source.remote, name=tag, ownership=_ownership_by_manifests(source, tag)) for tag in source.tags
    ]
    return tuple(record_of(tag, tag.judge(source.refs)) for tag in tags)


def _ownership_by_manifests(source: ReleasedSource, tag: str) -> Callable[[str], Observation]:
    packages = [package for package in source.packages if source.tag_of.get(package.name) == tag]
    others = sorted({one.version for one in packages if not same_version(one.version, source.versions[one.name])})

    def judge(commit: str) -> Observation:
        if commit != source.tagged:
            why = f"on commit {commit}, while another tag of the release is on {source.tagged}"
            facts = {"commit": commit, "others": source.tagged}
            return Observation(state=ObjectState.UNKNOWN, code="tags-on-several-commits", facts=facts, why=why)
        if others:
            why = f"on commit {commit}, whose manifests say {', '.join(others)}"
            carries: dict[str, JsonValue] = {"commit": commit, "versions": list[JsonValue](others)}
            return Observation(state=ObjectState.DIFFERENT, code="another-version", facts=carries, why=why)
        why = f"on commit {commit}, whose manifests carry the version"
        return Observation(state=ObjectState.SAME, code="its-version", facts={"commit": commit}, why=why)

    return judge


def look_at_announcement(
    api: str, repository: str, token: str | None, tag: str, recorded: Mapping[str, Collection[str]], *, alone: bool
) -> tuple[ObjectRecord, ...]:
    """The records of the forge release and its assets.

    `recorded`: the digests (SHA-256) of each asset that earlier runs recorded. `alone`: no other tag of the release has assets
    with the same names.
    """
    ids = {name: name if alone else f"{tag}/{name}" for name in (CHECKSUMS, RECEIPT)}
    with http_client(api, repository, token) as client:
        public = PublicRelease(client=client, tag=tag)
        try:
            seen = public.observe()
        except LoadmasterError as error:
            unknown = record_of(public, Observation.of_error(error))
            return (unknown, *(unknown.model_copy(update={"kind": "asset", "id": one}) for one in ids.values()))
        if seen.release is None:
            nowhere = Observation(state=ObjectState.ABSENT, code="absent", why="not on the forge release")
            absent = ObjectRecord(kind="asset", id=tag, **dict(nowhere))
            return (record_of(public, seen), *(absent.model_copy(update={"id": one}) for one in ids.values()))
        assets = (
            UploadedAsset(
                client=client,
                release=seen.release,
                name=name,
                noted_as=noted,
                ours=None,
                recorded=recorded.get(noted, ()),
            )
            for name, noted in ids.items()
        )
        return (record_of(public, seen), *map(look_at, assets))
