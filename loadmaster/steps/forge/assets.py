"""The assets that CI uploads: compared with the profile's contract, by the bytes that the forge serves."""

from __future__ import annotations

from loadmaster.clients.forge import releases as forge
from loadmaster.errors.forge.ci import AssetsIncomplete, ReleaseFrozen
from loadmaster.planning.forge.contract import SUFFIX, broken_checksums, lacking, misreported
from loadmaster.planning.forge.releases import Asset, ForgeRelease
from loadmaster.planning.plan import CHECKSUMS, RECEIPT, ReleasePlan, Tag
from loadmaster.planning.values.receipt import ObjectRecord
from loadmaster.planning.values.state import ObjectState
from loadmaster.run.job import Job
from loadmaster.steps.forge.client import forge_client

_LARGEST_CHECKSUM = 4096
"""Bytes; one line has some hundred."""


def check_promised(job: Job, plan: ReleasePlan, tag: Tag, release: ForgeRelease) -> tuple[ObjectRecord, ...]:
    """The records of the assets that the profile promises for the tag's release, each re-hashed from the bytes that are served.

    Raises `AssetsIncomplete` with everything that is wrong, and `ReleaseFrozen` for an immutable release that lacks something.
    """
    if not tag.promised:
        return ()
    with forge_client(job) as client:
        assets = forge.assets(client, release.id)
        problems = tuple(lacking(tag.promised, assets, (CHECKSUMS, RECEIPT)))
        wanted = [asset for asset in assets if asset.name in tag.promised and asset.is_complete]
        digests = {asset.name: forge.hash_asset(client, asset) for asset in wanted}
        sums = {
            asset.name: forge.download_asset(client, asset).decode("utf-8", errors="replace")
            for asset in wanted
            if asset.name.endswith(SUFFIX) and asset.size <= _LARGEST_CHECKSUM
        }
    problems += tuple(misreported({asset.name: asset.sha256 for asset in wanted}, digests))
    problems += tuple(broken_checksums(sums, digests))
    if problems:
        if release.immutable and not release.draft:
            raise ReleaseFrozen(tag.name, problems, release.url)
        raise AssetsIncomplete(tag.name, problems, release.url)
    return tuple(_record(asset, digests[asset.name], plan.asset_id(tag, asset.name)) for asset in wanted)


def _record(asset: Asset, sha256: str, id: str) -> ObjectRecord:
    why = "uploaded by CI; the bytes that the forge serves have the digest that it lists"
    return ObjectRecord(
        kind="asset", id=id, state=ObjectState.SAME, sha256=sha256, code="promised", facts={"size": asset.size}, why=why
    )
