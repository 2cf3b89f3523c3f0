"""Puts the releases of a scenario into a forge, once: at the first opening."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from loadmaster.rehearsal.forge.memory.premises import Premises, stamp
from loadmaster.rehearsal.forge.releases.store import ReleaseStore
from loadmaster.rehearsal.forge_scenario import PlantedAsset

_MADE_UP = 2048
"""Bytes of an asset of which nobody says what it holds."""


def plant_releases(premises: Premises, store: ReleaseStore) -> None:
    if premises.file.fact("planted") is not None:
        return
    for release in premises.scenario.releases:
        added = store.add_release(
            {
                "tag_name": release.tag,
                "target_commitish": "main",
                "name": release.name,
                "body": release.body,
                "draft": release.draft,
                "prerelease": release.prerelease,
                "immutable": release.immutable,
                "published_at": None if release.draft else stamp(premises.now()),
            }
        )
        if release.immutable:
            store.use_up(release.tag)
        for asset in release.assets:
            _plant_asset(store, added.id, asset)
    premises.file.note("planted", "yes")


def made_up(name: str) -> bytes:
    """Bytes that are the same for the same name, at each time and in each world."""
    block = hashlib.sha256(name.encode()).digest()
    return block * (_MADE_UP // len(block))


def _plant_asset(store: ReleaseStore, release: int, asset: PlantedAsset) -> None:
    if asset.state == "starter":
        store.add_simulated(release, asset.name, 0, "starter")
    elif asset.size is not None:
        store.add_simulated(release, asset.name, asset.size)
    else:
        content = made_up(asset.name) if asset.text is None else asset.text.encode()
        with TemporaryDirectory() as folder:
            file = Path(folder) / "asset"
            file.write_bytes(content)
            store.add_asset(release, asset.name, None, "application/octet-stream", file)
