"""The requests about assets: uploaded, shown, downloaded, renamed and deleted.

A name is given to an asset once, also to what a broken upload leaves (`starter`). An immutable release keeps its assets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.listing import listed
from loadmaster.rehearsal.forge.front.refusals import ForgeProblem, invalid, not_found
from loadmaster.rehearsal.forge.front.rights import Needed
from loadmaster.rehearsal.forge.memory.premises import Premises
from loadmaster.rehearsal.forge.releases.asset_mishaps import mishap_of, renamed, with_crlf
from loadmaster.rehearsal.forge.releases.release_routes import ReleaseRoutes
from loadmaster.rehearsal.forge.releases.shapes import asset_json
from loadmaster.rehearsal.forge.releases.store import ReleaseStore, StoredAsset, StoredRelease

READ, WRITE = Needed("contents", "read"), Needed("contents", "write")
_TOO_LARGE = 2 * 1024**3


class AssetRoutes:
    def __init__(self, premises: Premises, store: ReleaseStore, releases: ReleaseRoutes) -> None:
        self._premises, self._store, self._releases = premises, store, releases

    def endpoints(self) -> Iterator[ForgeEndpoint]:
        name = self._premises.repository
        api, uploads = f"/repos/{name}/releases", f"/uploads/repos/{name}/releases/{{release:int}}/assets"
        yield ForgeEndpoint("GET", f"{api}/assets/{{asset:int}}", self._show, READ)
        yield ForgeEndpoint("PATCH", f"{api}/assets/{{asset:int}}", self._change, WRITE)
        yield ForgeEndpoint("DELETE", f"{api}/assets/{{asset:int}}", self._delete, WRITE)
        yield ForgeEndpoint("GET", f"{api}/{{release:int}}/assets", self._list, READ)
        yield ForgeEndpoint(
            "POST", uploads, self._upload, WRITE, door="asset", receives=True, broken=self._leave_starter
        )
        yield ForgeEndpoint("GET", "/storage/assets/{asset:int}/{digest}", self._download, api=False)
        yield ForgeEndpoint("GET", f"/{name}/releases/download/{{tag:path}}/{{name}}", self._download_of_tag, api=False)

    def keep(
        self, release: StoredRelease, name: str, kind: str, source: Path, *, by: Literal["ci", "anybody"]
    ) -> StoredAsset:
        """Keeps an uploaded file, or what the scenario makes of it. Raises `ForgeProblem`."""
        mishap = mishap_of(self._premises, name, by)
        becomes = mishap.becomes if mishap else None
        if becomes == "starter":
            self._store.add_simulated(release.id, name, 0, "starter")
            raise ForgeProblem(502, "Server Error")
        if becomes == "crlf":
            source.write_bytes(with_crlf(source.read_bytes()))
        if becomes == "renamed":
            name = renamed(name)
        kept = self._store.add_asset(release.id, name, None, kind, source)
        if kept is None:
            raise invalid("ReleaseAsset", "name", "already_exists")
        if becomes == "missing":
            self._store.delete_asset(kept.id)
        return kept

    def _list(self, asked: ForgeAsked) -> Response:
        release = self._releases.asked_for(asked)
        return listed(asked, self._store.assets(release.id), lambda each: asset_json(asked.at, release, each))

    def _upload(self, asked: ForgeAsked) -> Response:
        release, name = self._releases.asked_for(asked), asked.query("name")
        assert asked.file is not None
        if not name:
            raise invalid("ReleaseAsset", "name", "missing_field")
        if release.immutable:
            raise ForgeProblem(422, "Cannot upload assets to an immutable release.")
        size = asked.file.stat().st_size
        if size == 0:
            raise ForgeProblem(400, "Bad Content-Length: 0")
        if size >= _TOO_LARGE:
            raise invalid("ReleaseAsset", "size", "custom", f"size must be less than {_TOO_LARGE}")
        kind = asked.request.headers.get("content-type", "application/octet-stream")
        asset = self.keep(release, name, kind, asked.file, by="anybody")
        if label := asked.query("label"):
            asset = self._store.change_asset(asset.id, asset.name, label) or asset
        shown = asset_json(asked.at, release, asset)
        return JSONResponse(shown, 201, headers={"Location": shown["url"]})

    def _leave_starter(self, asked: ForgeAsked) -> None:
        release, name = self._store.release(asked.path["release"]), asked.query("name")
        if release is not None and not release.immutable and name:
            self._store.add_simulated(release.id, name, 0, "starter")

    def _find(self, asked: ForgeAsked) -> tuple[StoredRelease, StoredAsset]:
        asset = self._store.asset(asked.path["asset"])
        release = next((each for each in self._releases.visible(asked) if asset and each.id == asset.release), None)
        if asset is None or release is None:
            raise not_found()
        return release, asset

    def _show(self, asked: ForgeAsked) -> Response:
        release, asset = self._find(asked)
        if "application/octet-stream" in asked.request.headers.get("accept", ""):
            # GitHub redirects to a storage host, whose addresses need no credential.
            if asset.state != "uploaded":
                raise not_found()
            digest = (asset.digest or "sha256:zeros").removeprefix("sha256:")
            return RedirectResponse(f"{asked.at.base}/storage/assets/{asset.id}/{digest}", 302)
        return JSONResponse(asset_json(asked.at, release, asset))

    def _change(self, asked: ForgeAsked) -> Response:
        release, asset = self._find(asked)
        body = asked.json()
        name, label = asked.text(body, "name") or asset.name, asked.text(body, "label") or asset.label
        if release.immutable and name != asset.name:
            raise ForgeProblem(422, "Cannot update asset on an immutable release")
        changed = self._store.change_asset(asset.id, name, label)
        if changed is None:
            raise invalid("ReleaseAsset", "name", "already_exists")
        return JSONResponse(asset_json(asked.at, release, changed))

    def _delete(self, asked: ForgeAsked) -> Response:
        release, asset = self._find(asked)
        if release.immutable:
            raise ForgeProblem(422, "Cannot delete asset from an immutable release")
        self._store.delete_asset(asset.id)
        return Response(status_code=204)

    def _download(self, asked: ForgeAsked) -> Response:
        asset = self._store.asset(asked.path["asset"])
        digest = (asset.digest or "sha256:zeros").removeprefix("sha256:") if asset else None
        if asset is None or digest != asked.path["digest"]:
            raise not_found()
        return self._send(asset)

    def _download_of_tag(self, asked: ForgeAsked) -> Response:
        release = self._store.published(asked.path["tag"])
        for asset in self._store.assets(release.id) if release else ():
            if asset.name == asked.path["name"] and asset.state == "uploaded":
                return self._send(asset)
        raise not_found()

    def _send(self, asset: StoredAsset) -> Response:
        headers = {"Content-Length": str(asset.size), "Content-Disposition": "attachment"}
        return StreamingResponse(self._store.content(asset), headers=headers, media_type=asset.content_type)
