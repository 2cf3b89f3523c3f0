"""Announces: a draft release on the forge, its assets, and finally its publication. Overwrites nothing."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from loadmaster.clients.forge import releases as forge
from loadmaster.errors.forge.answers import AssetDifferent
from loadmaster.errors.git import NotObserved
from loadmaster.planning.forge.releases import Draft, ForgeRelease
from loadmaster.planning.maintenance.latest import is_latest
from loadmaster.planning.plan import RECEIPT, Tag
from loadmaster.planning.registry.seen import ForgeSeen
from loadmaster.planning.values.receipt import ObjectRecord, same_release
from loadmaster.planning.values.state import ObjectState
from loadmaster.planning.values.version import parse
from loadmaster.run.job import Job
from loadmaster.steps.forge.client import forge_client
from loadmaster.things.forge import DraftedRelease, PublicRelease, UploadedAsset
from loadmaster.things.thing import converge


def look_at_forge(job: Job) -> ForgeSeen | None:
    """None for a release without a forge."""
    if job.world.forge is None:
        return None
    with forge_client(job) as client:
        releases = forge.releases(client)
    return ForgeSeen(
        published=tuple(release.tag for release in releases if not release.draft),
        drafts=tuple(release.tag for release in releases if release.draft),
        assets={
            release.tag: tuple(asset.name for asset in release.assets) for release in releases if not release.draft
        },
        remembers=job.world.forge_remembers,
    )


def draft_release(job: Job, tag: Tag, commit: str) -> ForgeRelease:
    """The release of the tag, drafted if there is none. A release that is public already is returned unchanged.

    Raises `ForgeLacksTag`, `NotObserved`.
    """
    draft = Draft(
        tag_name=tag.name,
        name=tag.message,
        body=tag.notes,
        target_commitish=commit,
        prerelease=parse(tag.version).prerelease is not None,
    )
    with forge_client(job) as client:
        drafted = DraftedRelease(client=client, tag=tag.name)
        release = converge(drafted, lambda: drafted.create(draft)).seen.release
    if release is None:
        raise NotObserved(drafted.kind, drafted.id, drafted.place)
    return release


def upload_asset(job: Job, release: ForgeRelease, name: str, content: bytes, noted_as: str) -> ObjectRecord:
    """Uploads the asset. A receipt of the same release counts as equivalent. Raises `AssetDifferent`, `NotObserved`."""
    with forge_client(job) as client:
        asset = UploadedAsset(
            client=client,
            release=release,
            name=name,
            noted_as=noted_as,
            ours=content,
            is_as_good=same_release if name == RECEIPT else None,
        )
        return converge(asset, asset.upload).record


def publish_release(job: Job, tag: Tag, release: ForgeRelease, assets: Mapping[str, str]) -> ObjectRecord:
    """Makes the draft public, if it has all its assets. `assets` are their SHA-256, by name. Sets what it is: a pre-release by its
    version. One without a text, as CI may have made it, gets the notes.

    The forge shows it as its latest release, unless it has a higher version among those of the same tags.

    Raises `AssetDifferent`, `NotObserved`.
    """
    with forge_client(job) as client:
        prerelease = parse(tag.version).prerelease is not None
        public = PublicRelease(client=client, tag=tag.name, prerelease=prerelease)

        def act() -> None:
            _require_assets(client, release, assets)
            public_tags = [one.tag for one in forge.releases(client) if not one.draft and not one.prerelease]
            notes = None if (release.body or "").strip() else tag.notes
            public.publish(release, latest=is_latest(tag, job.project, public_tags), notes=notes)

        return converge(public, act).record


def _require_assets(client: httpx.Client, release: ForgeRelease, assets: Mapping[str, str]) -> None:
    for name, sha256 in assets.items():
        asset = UploadedAsset(client=client, release=release, name=name, noted_as=name, ours=None, recorded=(sha256,))
        seen = asset.observe()
        if seen.state is ObjectState.ABSENT:
            raise NotObserved(asset.kind, asset.id, asset.place)
        if seen.sha256 != sha256:
            raise AssetDifferent(name, sha256, str(seen.sha256))


def asset_names(job: Job, tag: Tag) -> frozenset[str]:
    """The names of the assets of the tag's release; none if there is no release."""
    with forge_client(job) as client:
        release = forge.find_release(client, tag.name)
        return frozenset(asset.name for asset in forge.assets(client, release.id)) if release else frozenset()
