"""The shapes of releases and assets."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from loadmaster.rehearsal.forge.front.addresses import Addresses, node_id
from loadmaster.rehearsal.forge.front.people import person_json
from loadmaster.rehearsal.forge.front.refusals import ForgeJson
from loadmaster.rehearsal.forge.memory.premises import ACTOR
from loadmaster.rehearsal.forge.releases.store import StoredAsset, StoredRelease


def release_json(at: Addresses, release: StoredRelease, assets: Sequence[StoredAsset]) -> ForgeJson:
    here, tag = f"{at.api}/releases/{release.id}", quote(release.tag_name)
    return {
        "url": here,
        "assets_url": f"{here}/assets",
        "upload_url": f"{at.uploads}/releases/{release.id}/assets{{?name,label}}",
        "html_url": f"{at.pages}/releases/tag/{'untagged-' + str(release.id) if release.draft else tag}",
        "author": person_json(at, ACTOR),
        "node_id": node_id("Release", release.id),
        **release.model_dump(),
        "assets": [asset_json(at, release, each) for each in assets if each.release == release.id],
        "tarball_url": None if release.draft else f"{at.api}/tarball/{tag}",
        "zipball_url": None if release.draft else f"{at.api}/zipball/{tag}",
    }


def asset_json(at: Addresses, release: StoredRelease, asset: StoredAsset) -> ForgeJson:
    tag = f"untagged-{release.id}" if release.draft else quote(release.tag_name)
    return {
        "url": f"{at.api}/releases/assets/{asset.id}",
        "node_id": node_id("ReleaseAsset", asset.id),
        **asset.model_dump(exclude={"release", "downloads"}),
        "uploader": person_json(at, ACTOR),
        "download_count": asset.downloads,
        "browser_download_url": f"{at.pages}/releases/download/{tag}/{quote(asset.name)}",
    }
