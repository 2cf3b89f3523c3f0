"""Observes a release from outside, whoever carried it out: what is at the remote, on the registry and on the forge.

Asks, and changes nothing. Knows no plan and no run; what cannot be asked becomes `unknown` with its reason.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadmaster.clients import cargo, git
from loadmaster.clients.forge import releases as forge
from loadmaster.clients.registry import index as registry
from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.cargo import CrateFileBroken
from loadmaster.errors.registry import RegistryUnreachable
from loadmaster.planning.edits.released import exact_versions, named_versions
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, publishable
from loadmaster.planning.profile.project import Project
from loadmaster.planning.registry.compare import Comparison, Difference, compare
from loadmaster.planning.registry.index_line import IndexLine
from loadmaster.planning.tree.workspace import Package, read_metadata
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.value import Value
from loadmaster.planning.values.version import same_version
from loadmaster.run.pinning import IMPORTED
from loadmaster.run.profiles import ROOT
from loadmaster.run.store import RunDirectory, Store
from loadmaster.steps.look import POLITE_READERS


class Compared(Value):
    """A packaged crate against a registry."""

    crate: str
    version: str
    state: ObjectState
    differs: tuple[Difference, ...] = ()
    why: str


def compare_with_registry(ours: bytes, name: str, version: str, index: str, client: httpx.Client) -> Compared:
    """Whether the registry has this crate, by its bytes. What keeps it from being asked makes it `unknown`."""
    try:
        found = _compare(ours, name, version, index, client)
    except (RegistryUnreachable, CrateFileBroken) as error:
        found = Comparison(state=ObjectState.UNKNOWN, why=error.what)
    return Compared(crate=name, version=version, state=found.state, differs=found.differs, why=found.why)


def _compare(ours: bytes, name: str, version: str, index: str, client: httpx.Client) -> Comparison:
    known = registry.find_lines(index, name, client)
    line = next((each for each in known if same_version(each.version, version)), None)
    if line is None:
        has = (
            f"of `{known[0].name}` the registry has {len(known)} other versions" if known else "no crate has this name"
        )
        return Comparison(state=ObjectState.ABSENT, why=has)
    if line.checksum == hashlib.sha256(ours).hexdigest():
        found = Comparison(state=ObjectState.SAME, why="the bytes are equal")
    else:
        dl = registry.endpoints(index, client).dl
        theirs = registry.download(dl, line.name, line.version, line.checksum, client)
        if line.checksum != hashlib.sha256(theirs).hexdigest():
            why = "the registry serves a file that does not have the checksum of its own index"
            return Comparison(state=ObjectState.UNKNOWN, why=why)
        found = compare(ours, theirs, crate=f"{name}@{version}")
    return found.model_copy(update={"why": f"{found.why}; the registry's is yanked"}) if line.yanked else found


def look_at_crates(index: str, names: Sequence[str]) -> dict[str, tuple[IndexLine, ...] | RegistryUnreachable]:
    """Every version of each crate, or why it could not be asked for."""
    client = registry.http_client()

    def ask(name: str) -> tuple[IndexLine, ...] | RegistryUnreachable:
        try:
            return registry.lines(index, name, client)
        except RegistryUnreachable as error:
            return error

    with ThreadPoolExecutor(POLITE_READERS) as pool:
        return dict(zip(names, pool.map(ask, names), strict=True))


@dataclass(frozen=True, kw_only=True)
class Source:
    """The workspace of one release: as tagged, or else as the release branch has it."""

    tags: Mapping[str, str | None]
    """For each tag the commit that it stands for at the remote; None where it is not there."""
    packages: tuple[Package, ...]
    """Those that the release publishes."""
    versions: Mapping[str, str]
    """Of the release, by package."""
    tag_of: Mapping[str, str]
    """The tag that stands for each package."""

    @property
    def tagged(self) -> str | None:
        """The commit that was looked at, if it is a tagged one."""
        return next((commit for commit in self.tags.values() if commit), None)


def look_at_source(
    project: Project, released: str, repository: str | None, directory: RunDirectory, store: Store
) -> Source:
    """Clones into the run directory, and asks cargo for the members.

    `released` is the version, or `NAME=VERSION,…`. Raises what git raises for the remote, `UnknownCommit`,
    `NotAWorkspace`, `NothingToPublish`, `NoSuchPackage`.
    """
    extra = {name: os.environ[name] for name in project.cargo.environment if name in os.environ}
    remote = repository or project.source.repository or str(_own_repository(project, directory, store))
    branch, refs = project.source.branch, git.observe_refs(remote, extra=extra)
    tagged = next((commit for tag in _likely_tags(project, released) if (commit := _commit_of(refs, tag))), None)
    mirror = git.mirror(remote, store.part("mirrors"), extra=extra)
    commit = tagged or git.resolve(mirror, f"refs/heads/{branch}")
    git.clone_at(mirror, commit, directory.checkout, branch, extra=extra)
    style = project.cargo
    called = cargo.cargo_in(directory.home, directory.cargo_log, toolchain=style.toolchain, allow=style.environment)
    workspace = read_metadata(cargo.members(called, directory.checkout, f"{project.name} at {commit}"))
    published = publishable(workspace, project)
    versions = exact_versions(published, released)
    tag_of = {name: project.tag_of(name, version) for name, version in versions.items()}
    return Source(
        tags={tag: _commit_of(refs, tag) for tag in tag_of.values()},
        packages=tuple(each for each in published if each.name in versions),
        versions=versions,
        tag_of=tag_of,
    )


def _likely_tags(project: Project, released: str) -> Iterator[str]:
    """Tags of the release, as far as their names follow from what was asked, before the packages are known."""
    yield from (project.tag_of(name, version) for name, version in named_versions(released).items())
    if not named_versions(released) and "{name}" not in project.release.tag:
        yield project.tag_of("", released)


def _commit_of(refs: Mapping[str, str], tag: str) -> str | None:
    return refs.get(f"refs/tags/{tag}^{{}}") or refs.get(f"refs/tags/{tag}")


def _own_repository(project: Project, directory: RunDirectory, store: Store) -> Path:
    """Of a project that is a plain directory: the repository that its releases went to, or one made for this look."""
    bare = store.repository(project.name)
    if not bare.exists():
        bare = directory.path / "source.git"
        git.import_directory(ROOT / str(project.source.directory), bare, project.source.branch, IMPORTED)
    return bare


def tag_records(source: Source) -> tuple[ObjectRecord, ...]:
    """A tag is the release's own if the manifests of its commit carry the version."""
    return tuple(_tag_record(source, tag, commit) for tag, commit in source.tags.items())


def _tag_record(source: Source, tag: str, commit: str | None) -> ObjectRecord:
    if commit is None:
        return ObjectRecord(kind="tag", id=tag, state=ObjectState.ABSENT, why="not at the remote")
    if commit != source.tagged:
        why = f"on commit {commit}, while another tag of the release is on {source.tagged}"
        return ObjectRecord(kind="tag", id=tag, state=ObjectState.UNKNOWN, why=why)
    its_own = [each for each in source.packages if source.tag_of[each.name] == tag]
    others = sorted({each.version for each in its_own if not same_version(each.version, source.versions[each.name])})
    if others:
        why = f"on commit {commit}, whose manifests say {', '.join(others)}"
        return ObjectRecord(kind="tag", id=tag, state=ObjectState.DIFFERENT, why=why)
    why = f"on commit {commit}, whose manifests carry the version"
    return ObjectRecord(kind="tag", id=tag, state=ObjectState.SAME, why=why)


def look_at_announcement(
    api: str, repository: str, token: str | None, tag: str, recorded: Mapping[str, Collection[str]], *, alone: bool
) -> tuple[ObjectRecord, ...]:
    """The forge release and its assets. `recorded` are the digests (SHA-256) that earlier runs told of each asset.

    `alone`: no other tag of the release has assets of the same names.
    """
    ids = {name: name if alone else f"{tag}/{name}" for name in (CHECKSUMS, RECEIPT)}
    try:
        with forge.http_client(api, repository, token) as client:
            release = forge.find_release(client, tag)
    except LoadmasterError as error:
        unknown = ObjectRecord(kind="release", id=tag, state=ObjectState.UNKNOWN, why=error.what)
        return (unknown, *(unknown.model_copy(update={"kind": "asset", "id": each}) for each in ids.values()))
    assets = {each.name: each for each in release.assets} if release else {}
    return (
        _release_record(tag, release),
        *(_asset_record(noted, assets.get(name), recorded.get(noted, ())) for name, noted in ids.items()),
    )


def _release_record(tag: str, release: forge.Release | None) -> ObjectRecord:
    if release is None or release.draft:
        why = "not on the forge" if release is None else "only a draft of it, which nobody sees"
        return ObjectRecord(kind="release", id=tag, state=ObjectState.ABSENT, why=why)
    return ObjectRecord(kind="release", id=tag, state=ObjectState.SAME, why=release.url)


def _asset_record(name: str, there: forge.Asset | None, recorded: Collection[str]) -> ObjectRecord:
    if there is None:
        return ObjectRecord(kind="asset", id=name, state=ObjectState.ABSENT, why="not on the forge release")
    if there.sha256 in recorded:
        state, why = ObjectState.SAME, "the digest that an earlier run recorded"
    else:
        told = "the forge tells no digest" if there.sha256 is None else "no earlier run has this digest on record"
        state, why = ObjectState.UNKNOWN, f"there; {told}"
    return ObjectRecord(kind="asset", id=name, state=state, sha256=there.sha256, why=why)
