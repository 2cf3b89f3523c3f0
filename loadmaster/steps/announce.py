"""Announces: a draft release on the forge, its assets, and last of all its publication. Nothing there is overwritten."""

from __future__ import annotations

import hashlib

import httpx

from loadmaster.clients.forge import releases as forge
from loadmaster.credentials.sources import forge_token
from loadmaster.errors.forge import AssetDifferent, ForgeAlreadyThere, ForgeLacksTag
from loadmaster.errors.git import NotObserved
from loadmaster.planning.plan import RECEIPT, Tag
from loadmaster.planning.registry.seen import ForgeSeen
from loadmaster.planning.values.receipt import ObjectRecord, same_release
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import parse
from loadmaster.run.job import Job


def look_at_forge(job: Job) -> ForgeSeen | None:
    """None for a release without a forge."""
    if job.world.forge is None:
        return None
    with _client(job) as client:
        releases = forge.releases(client)
    return ForgeSeen(
        published=tuple(each.tag for each in releases if not each.draft),
        drafts=tuple(each.tag for each in releases if each.draft),
    )


def draft_release(job: Job, tag: Tag, commit: str) -> forge.Release:
    """The release of the tag, drafted if there is none; one that is public already is taken as it is.

    Raises `ForgeLacksTag`: publishing a release without its tag would make the forge create one.
    """
    with _client(job) as client:
        if (found := forge.find_release(client, tag.name)) is not None:
            return found
        if forge.find_tag(client, tag.name) is None:
            raise ForgeLacksTag(tag.name)
        draft = forge.Draft(
            tag_name=tag.name,
            name=tag.message,
            body=tag.notes,
            target_commitish=commit,
            prerelease=parse(tag.version).prerelease is not None,
        )
        return forge.create_draft(client, draft)


def upload_asset(job: Job, release: forge.Release, name: str, content: bytes) -> ObjectRecord:
    """The asset on the release. Raises `AssetDifferent`."""
    with _client(job) as client:
        if (there := _asset(client, release, name)) is not None:
            return _compare(client, there, content)
        try:
            uploaded = forge.upload_asset(client, release, name, content)
        except ForgeAlreadyThere:  # an earlier attempt's upload took effect although its answer was lost
            if (there := _asset(client, release, name)) is None:
                raise
            return _compare(client, there, content)
    if uploaded.sha256 not in (None, _sha256(content)):
        raise AssetDifferent(name, _sha256(content), str(uploaded.sha256))
    return ObjectRecord(kind="asset", id=name, state=ObjectState.SAME, sha256=_sha256(content), attempts=1)


def asset_names(job: Job, tag: Tag) -> frozenset[str]:
    """Of the tag's release; none if there is no release."""
    with _client(job) as client:
        release = forge.find_release(client, tag.name)
        return frozenset(each.name for each in forge.assets(client, release.id)) if release else frozenset()


def _asset(client: httpx.Client, release: forge.Release, name: str) -> forge.Asset | None:
    return next((each for each in forge.assets(client, release.id) if each.name == name), None)


def _compare(client: httpx.Client, there: forge.Asset, content: bytes) -> ObjectRecord:
    """An asset that is there: the same bytes, or a receipt that tells of the same release."""
    theirs = forge.download_asset(client, there)
    if theirs == content:
        state, why = ObjectState.SAME, "was there already"
    elif there.name == RECEIPT and same_release(theirs, content):
        state, why = ObjectState.EQUIVALENT, "was there already: an earlier attempt's receipt of this release"
    else:
        raise AssetDifferent(there.name, _sha256(content), _sha256(theirs))
    return ObjectRecord(kind="asset", id=there.name, state=state, sha256=_sha256(theirs), why=why)


def publish_release(job: Job, tag: Tag, release: forge.Release) -> ObjectRecord:
    """Makes the draft public. Raises `NotObserved`."""
    if not release.draft:
        return ObjectRecord(kind="release", id=tag.name, state=ObjectState.SAME, why="was there already")
    with _client(job) as client:
        published = forge.publish(client, release.id)
    if published.draft:
        raise NotObserved(f"The publication of the release `{tag.name}`", published.url)
    return ObjectRecord(kind="release", id=tag.name, state=ObjectState.SAME, attempts=1, why=published.url)


def workflow_run(job: Job, tag: Tag, commit: str) -> ObjectRecord | None:
    """The forge's workflow run that the tag started, as it stands; None where no workflow runs on tags."""
    with _client(job) as client:
        runs = [each for each in forge.workflow_runs(client, commit) if each.head_branch == tag.name]
    if not runs:
        return None
    run = runs[0]
    state = ObjectState.SAME if run.conclusion == "success" else ObjectState.UNKNOWN
    return ObjectRecord(
        kind="workflow-run", id=str(run.id), state=state, why=f"{run.conclusion or run.status}: {run.url}"
    )


def _client(job: Job) -> httpx.Client:
    return forge.http_client(str(job.world.forge), job.world.repository, forge_token(job.world).reveal())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
