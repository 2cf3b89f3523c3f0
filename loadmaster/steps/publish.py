"""Acts: the pushes and the uploads. Each one observes, compares, acts, and observes again; doing it twice does it once."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.clients import git
from loadmaster.clients.registry import index as registry
from loadmaster.credentials.sources import ReadBlock, no_blocks
from loadmaster.credentials.tokens import tokens_of
from loadmaster.errors.git import NotObserved, TagTaken
from loadmaster.errors.registry import CrateTaken
from loadmaster.planning.plan import Crate, ReleasePlan, Tag
from loadmaster.planning.profile.registry_style import Wait
from loadmaster.planning.registry.compare import compare
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.registry.seen import CrateVersion
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import same_version
from loadmaster.run.job import Job
from loadmaster.steps.visibility import await_visible


def push_commit(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    """The release commit on the release branch: at its tip, or below commits that came later. Raises `NotObserved`."""
    checkout, tip = job.directory.checkout, f"refs/heads/{plan.branch}"
    if git.is_ancestor(checkout, commit, f"refs/remotes/origin/{plan.branch}") or _remote(job).get(tip) == commit:
        return ObjectRecord(kind="commit", id=commit, state=ObjectState.SAME, why="was there already")
    git.push(checkout, job.world.remote, [f"{commit}:{tip}"], extra=job.git_environment())
    if _remote(job).get(tip) != commit:
        raise NotObserved(f"The commit `{commit}`, pushed to `{plan.branch}`,", job.world.remote)
    return ObjectRecord(kind="commit", id=commit, state=ObjectState.SAME, attempts=1)


def push_tag(job: Job, tag: Tag, commit: str) -> ObjectRecord:
    """The annotated tag on the release commit. Raises `TagTaken`, `NotObserved`."""
    if _tag_is_there(job, tag.name, commit):
        return ObjectRecord(kind="tag", id=tag.name, state=ObjectState.SAME, why="was there already")
    git.create_tag(job.directory.checkout, tag.name, commit, tag.message, job.identity, job.pinned.started)
    refspec = f"refs/tags/{tag.name}:refs/tags/{tag.name}"
    git.push(job.directory.checkout, job.world.remote, [refspec], extra=job.git_environment())
    if not _tag_is_there(job, tag.name, commit):
        raise NotObserved(f"The tag `{tag.name}`", job.world.remote)
    return ObjectRecord(kind="tag", id=tag.name, state=ObjectState.SAME, attempts=1)


def _remote(job: Job) -> Mapping[str, str]:
    return git.observe_refs(job.world.remote, extra=job.git_environment())


def _tag_is_there(job: Job, name: str, commit: str) -> bool:
    """Raises `TagTaken` for one that stands for another commit."""
    refs = _remote(job)
    there = refs.get(f"refs/tags/{name}^{{}}") or refs.get(f"refs/tags/{name}")
    if there is not None and there != commit:
        raise TagTaken(name, commit, there)
    return there is not None


def publish_crate(job: Job, crate: Crate, sha256: str, read_block: ReadBlock = no_blocks) -> ObjectRecord:
    """One crate on the registry, with the bytes that were verified and the credential for it.

    Raises `CrateTaken`, `KeptCrateBroken`, `UploadRefused`, `RateLimited`, `DailyLimitReached`, what `Tokens.token` raises,
    and `RegistryUnreachable` where asking again may help: the next attempt observes first, so nothing is uploaded blindly
    twice.
    """
    if (out := _published(job, crate)) is not None:
        return compare_published(job, crate, sha256, out)
    _upload(job, crate, sha256, read_block)
    if job.project.registry.wait is Wait.VISIBLE:
        await_visible(job, [crate], {crate.id: sha256})
    return ObjectRecord(kind="crate", id=crate.id, state=ObjectState.SAME, sha256=sha256, attempts=1)


def _published(job: Job, crate: Crate) -> CrateVersion | None:
    out = registry.versions(job.world.index, crate.name, registry.http_client())
    return next((each for each in out if same_version(each.version, crate.version)), None)


def compare_published(job: Job, crate: Crate, sha256: str, out: CrateVersion) -> ObjectRecord:
    """The record of a crate that is out already, with the registry's digest. Raises `CrateTaken` if it is not ours."""
    state, why = ObjectState.SAME, "was there already"
    if out.checksum != sha256:
        found = compare(job.store.crate(crate.id, sha256), _fetch(job, crate, out), crate=crate.id)
        if found.state is ObjectState.DIFFERENT:
            raise CrateTaken(crate.id, [each.path for each in found.differs])
        state, why = found.state, f"was there already: {found.why}"
    return ObjectRecord(kind="crate", id=crate.id, state=state, sha256=out.checksum, why=why)


def _fetch(job: Job, crate: Crate, out: CrateVersion) -> bytes:
    client = registry.http_client()
    dl = registry.endpoints(job.world.index, client).dl
    return registry.download(dl, crate.name, out.version, out.checksum, client)


def _upload(job: Job, crate: Crate, sha256: str, read_block: ReadBlock) -> None:
    client = registry.http_client()
    api = registry.endpoints(job.world.index, client).api
    head = _head(crate, job.store.crate(crate.id, sha256))
    token = tokens_of(job, read_block).token(crate.action)
    registry.upload(api, crate.id, head, token.reveal(), client, file=job.store.crate_file(sha256))


def _head(crate: Crate, ours: bytes) -> bytes:
    """Nothing of the `.crate` itself is kept while it is sent: dozens may be on their way at once."""
    return upload_head(upload_metadata(ours, name=crate.id), len(ours))
