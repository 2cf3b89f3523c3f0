"""Acts: the pushes and the uploads. Each one observes, compares, acts, and observes again; doing it twice does it once."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.clients import git, registry
from loadmaster.errors import CrateTaken, TagTaken
from loadmaster.job import Job
from loadmaster.planning.compare import compare
from loadmaster.planning.metadata import upload_body, upload_metadata
from loadmaster.planning.plan import Crate, ReleasePlan
from loadmaster.planning.receipt import ObjectRecord
from loadmaster.planning.seen import CrateVersion
from loadmaster.planning.state import ObjectState
from loadmaster.planning.version import same_version


def push_commit(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    """The release commit on the release branch: at its tip, or below commits that came later."""
    checkout, tip = job.directory.checkout, f"refs/heads/{plan.branch}"
    if git.is_ancestor(checkout, commit, f"refs/remotes/origin/{plan.branch}") or _remote(job).get(tip) == commit:
        return ObjectRecord(kind="commit", id=commit, state=ObjectState.SAME, why="was there already")
    git.push(checkout, job.world.remote, [f"{commit}:{tip}"], extra=job.git_environment())
    state = ObjectState.SAME if _remote(job).get(tip) == commit else ObjectState.UNKNOWN
    return ObjectRecord(kind="commit", id=commit, state=state, attempts=1)


def push_tag(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    """The annotated tag on the release commit. Raises `TagTaken`."""
    if (there := _remote_tag(job, plan.tag)) is not None:
        return _tag_record(plan, commit, there, attempts=0)
    git.create_tag(job.directory.checkout, plan.tag, commit, plan.tag_message, job.identity, job.pinned.started)
    refspec = f"refs/tags/{plan.tag}:refs/tags/{plan.tag}"
    git.push(job.directory.checkout, job.world.remote, [refspec], extra=job.git_environment())
    return _tag_record(plan, commit, _remote_tag(job, plan.tag), attempts=1)


def _remote(job: Job) -> Mapping[str, str]:
    return git.observe_refs(job.world.remote, extra=job.git_environment())


def _remote_tag(job: Job, tag: str) -> str | None:
    """The commit that the remote's tag stands for."""
    refs = _remote(job)
    return refs.get(f"refs/tags/{tag}^{{}}") or refs.get(f"refs/tags/{tag}")


def _tag_record(plan: ReleasePlan, commit: str, there: str | None, attempts: int) -> ObjectRecord:
    if there is not None and there != commit:
        raise TagTaken(plan.tag, commit, there)
    state = ObjectState.SAME if there == commit else ObjectState.UNKNOWN
    why = None if attempts else "was there already"
    return ObjectRecord(kind="tag", id=plan.tag, state=state, attempts=attempts, why=why)


def publish_crate(job: Job, crate: Crate, sha256: str) -> ObjectRecord:
    """One crate on the registry, with the bytes that were verified.

    Raises `CrateTaken`, `KeptCrateBroken`, `UploadRefused`, `RateLimited`, `DailyLimitReached`, and `RegistryUnreachable`
    where asking again may help: the next attempt observes first, so nothing is uploaded blindly twice.
    """
    if (out := _published(job, crate)) is not None:
        return compare_published(job, crate, sha256, out)
    _upload(job, crate, job.store.crate(crate.id, sha256))
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


def _upload(job: Job, crate: Crate, ours: bytes) -> None:
    client = registry.http_client()
    api = registry.endpoints(job.world.index, client).api
    body = upload_body(upload_metadata(ours, name=crate.id), ours)
    registry.upload(api, crate.id, body, job.world.registry_token(), client)
