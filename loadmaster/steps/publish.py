"""Publishes: pushes the commit and the tag, and uploads each crate. Each of these is a thing, and `converge` brings it about."""

from __future__ import annotations

from functools import partial

from loadmaster.clients import git
from loadmaster.credentials.tokens import tokens_of
from loadmaster.planning.plan import Crate, ReleasePlan, Tag
from loadmaster.planning.profile.registry_style import Wait
from loadmaster.planning.registry.metadata import upload_head, upload_metadata
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.run.job import Job
from loadmaster.run.store import Store
from loadmaster.steps.visibility import await_visible
from loadmaster.things.crate import Packaged, PublishedCrate
from loadmaster.things.git import PushedCommit, PushedTag, ownership_by_commit
from loadmaster.things.thing import converge


def push_commit(job: Job, plan: ReleasePlan, commit: str) -> ObjectRecord:
    """Pushes the release commit to the release branch. Raises `NotObserved`, and what pushing raises."""
    pushed = PushedCommit(
        checkout=job.directory.checkout,
        remote=job.world.remote,
        branch=plan.branch,
        commit=commit,
        environment=job.git_environment(),
    )
    return converge(pushed, pushed.push).record


def push_tag(job: Job, tag: Tag, commit: str) -> ObjectRecord:
    """Pushes an annotated tag on the release commit. Raises `TagTaken`, `NotObserved`, and what pushing raises."""
    pushed = PushedTag(
        remote=job.world.remote, name=tag.name, ownership=ownership_by_commit(commit), environment=job.git_environment()
    )

    def act() -> None:
        git.create_tag(job.directory.checkout, tag.name, commit, tag.message, job.identity, job.pinned.started)
        pushed.push(job.directory.checkout)

    return converge(pushed, act).record


def publish_crate(job: Job, crate: Crate, sha256: str) -> ObjectRecord:
    """Uploads one crate: the bytes that were verified, with the credential for it.

    Raises `CrateTaken`, `IndexDisagrees`, `KeptCrateBroken`, and what `judge_upload` and `Tokens.token` raise. Raises
    `RegistryUnreachable` if asking again may help: the next attempt observes first, so nothing is uploaded twice blindly.
    """
    return converge(published_crate(job, crate, sha256), partial(_upload, job, crate, sha256)).record


def published_crate(job: Job, crate: Crate, sha256: str) -> PublishedCrate:
    """The crate that the plan wants on the registry: the kept file with this digest."""
    waits = job.project.registry.wait is Wait.VISIBLE
    return PublishedCrate(
        registry=job.registry,
        name=crate.name,
        version=crate.version,
        ours=kept_crate(job.store, crate.id, sha256),
        shows=(lambda: await_visible(job, [crate], {crate.id: sha256})) if waits else None,
    )


def kept_crate(store: Store, crate: str, sha256: str) -> Packaged:
    """The kept file of `name@version`."""
    return Packaged(sha256=sha256, read=lambda: store.crate(crate, sha256))


def _upload(job: Job, crate: Crate, sha256: str) -> None:
    # The bytes of the `.crate` are not held in memory while it is sent: dozens may be uploaded at once.
    ours = job.store.crate(crate.id, sha256)
    head = upload_head(upload_metadata(ours, name=crate.id), len(ours))
    del ours
    token = tokens_of(job).token(crate.action)
    file = job.store.crate_file(sha256)
    job.registry.upload(crate.id, head, token.reveal(), file=file, credential=token.source)
