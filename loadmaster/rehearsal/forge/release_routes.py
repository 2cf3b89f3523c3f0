"""The requests about releases and their assets.

GitHub's rules for releases: a draft is visible only to those who may write, and is not found by its tag, only in
the list; a tag has one published release, and any number of drafts; publishing makes a tag that is missing; a name is
given to an asset once; an immutable release takes no assets; a release that is published becomes the latest one, unless it says
otherwise (`make_latest`) or is a pre-release.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.rehearsal.faults import Dealing, Door, Misfortune
from loadmaster.rehearsal.forge import answers, repository, store
from loadmaster.rehearsal.forge.answers import ForgeJson, invalid, page, problem
from loadmaster.rehearsal.forge.store import ForgeStore, StoredAsset, StoredRelease

Endpoint = Callable[[Request], Awaitable[Response]]

_SETTABLE = ("tag_name", "target_commitish", "name", "body", "draft", "prerelease", "make_latest")


class ReleaseRoutes:
    def __init__(self, store: ForgeStore, remote: Path, name: str, misfortune: Misfortune, *, immutable: bool) -> None:
        self._store, self._remote, self._name, self._immutable = store, remote, name, immutable
        self._misfortune = misfortune

    def routes(self) -> Iterator[Route]:
        api, uploads = f"/repos/{self._name}/releases", f"/uploads/repos/{self._name}/releases"
        yield Route(api, self._list_releases)
        yield Route(api, self._behind("draft", self._create_release), methods=["POST"])
        yield Route(f"{api}/latest", self._show_latest)
        yield Route(f"{api}/tags/{{tag:path}}", self._show_release_of_tag)
        yield Route(f"{api}/assets/{{asset:int}}", self._show_asset)
        yield Route(f"{api}/{{release:int}}", self._show_release)
        yield Route(f"{api}/{{release:int}}", self._behind("release", self._change_release), methods=["PATCH"])
        yield Route(f"{api}/{{release:int}}", self._delete_release, methods=["DELETE"])
        yield Route(f"{api}/{{release:int}}/assets", self._list_assets)
        yield Route(f"{uploads}/{{release:int}}/assets", self._behind("asset", self._upload_asset), methods=["POST"])
        yield Route("/storage/{digest}", self._download)
        yield Route(f"/{self._name}/releases/download/{{tag:path}}/{{name}}", self._download_of_tag)
        yield Route(f"/{self._name}/releases/tag/{{tag:path}}", self._page_of_release)

    def _behind(self, door: Door, endpoint: Endpoint) -> Endpoint:
        """The endpoint, with the script of faults before it."""

        async def guarded(request: Request) -> Response:
            if door == "release" and (await _settings(request) or {}).get("draft") is not False:
                return await endpoint(request)  # it changes a text, and publishes nothing
            exchange = Dealing(read=request.body, act=partial(endpoint, request), refuse=refusal)
            return await self._misfortune.meet(self._misfortune.due(door), request, exchange)

        return guarded

    def _at(self, request: Request) -> answers.Addresses:
        return answers.addresses(request, self._name)

    def _visible(self, request: Request) -> list[StoredRelease]:
        return [each for each in self._store.releases() if request.state.may_write or not each.draft]

    def _asked(self, request: Request) -> StoredRelease | None:
        identity = request.path_params["release"]
        return next((each for each in self._visible(request) if each.id == identity), None)

    def _published(self, tag: str) -> StoredRelease | None:
        return next((each for each in self._store.releases() if each.tag_name == tag and not each.draft), None)

    def _answer(self, request: Request, release: StoredRelease, status: int = 200) -> JSONResponse:
        assets = self._store.assets(release.id)
        return JSONResponse(answers.release_json(self._at(request), release, assets), status)

    def _list_releases(self, request: Request) -> Response:
        at, assets = self._at(request), self._store.assets()
        return page(request, [answers.release_json(at, each, assets) for each in self._visible(request)])

    def _show_release_of_tag(self, request: Request) -> Response:
        published = self._published(request.path_params["tag"])
        return self._answer(request, published) if published else problem(404, "Not Found")

    def _show_latest(self, request: Request) -> Response:
        latest = self._store.latest()
        return self._answer(request, latest) if latest else problem(404, "Not Found")

    def _show_release(self, request: Request) -> Response:
        release = self._asked(request)
        return self._answer(request, release) if release else problem(404, "Not Found")

    async def _create_release(self, request: Request) -> Response:
        values = await _settings(request)
        if values is None:
            return problem(400, "Problems parsing JSON")
        if not isinstance(values.get("tag_name"), str):
            return problem(422, 'Invalid request.\n\n"tag_name" wasn\'t supplied.')
        defaults: ForgeJson = {
            "name": None,
            "body": None,
            "prerelease": False,
            "immutable": False,
            "published_at": None,
        }
        defaults["target_commitish"] = repository.default_branch(self._remote)
        publishes, latest = not values.get("draft", False), values.pop("make_latest", "true")
        refusal = self._refusal(None, {**defaults, **values}, publishes=publishes)
        if refusal:
            return refusal
        created = self._store.add_release({**defaults, **values, "draft": True})
        return self._answer(request, self._publish(created, latest) if publishes else created, 201)

    async def _change_release(self, request: Request) -> Response:
        release, values = self._asked(request), await _settings(request)
        if release is None:
            return problem(404, "Not Found")
        if values is None:
            return problem(400, "Problems parsing JSON")
        publishes = values.pop("draft", True) is False and release.draft
        latest = values.pop("make_latest", "true")
        refusal = self._refusal(release, {**release.model_dump(), **values}, publishes=publishes)
        if refusal:
            return refusal
        changed = self._store.change_release(release.id, values)
        return self._answer(request, self._publish(changed, latest) if publishes else changed)

    def _delete_release(self, request: Request) -> Response:
        release = self._asked(request)
        if release is None:
            return problem(404, "Not Found")
        self._store.delete_release(release.id)
        return Response(status_code=204)

    def _refusal(self, release: StoredRelease | None, wanted: ForgeJson, *, publishes: bool) -> JSONResponse | None:
        """The refusal if `release` (None: a new one) may not become `wanted`."""
        published = self._published(wanted["tag_name"])
        if published and (release is None or published.id != release.id):
            return invalid("Release", "tag_name", "already_exists")
        if release and release.immutable and wanted["tag_name"] != release.tag_name:
            return invalid("Release", "tag_name", "custom", "tag_name cannot be changed on an immutable release")
        if publishes and not repository.ensure_tag(self._remote, wanted["tag_name"], wanted["target_commitish"]):
            return invalid("Release", "tag_name", "custom", "Published releases must have a valid tag")
        return None

    def _publish(self, release: StoredRelease, latest: str) -> StoredRelease:
        values = {"draft": False, "immutable": self._immutable, "published_at": store.now()}
        if latest == "true" and not release.prerelease:
            self._store.make_latest(release.id)
        return self._store.change_release(release.id, values)

    def _list_assets(self, request: Request) -> Response:
        release, at = self._asked(request), self._at(request)
        if release is None:
            return problem(404, "Not Found")
        return page(request, [answers.asset_json(at, release, each) for each in self._store.assets(release.id)])

    async def _upload_asset(self, request: Request) -> Response:
        release, name = self._asked(request), request.query_params.get("name")
        if release is None:
            return problem(404, "Not Found")
        if not name:
            return invalid("ReleaseAsset", "name", "missing_field")
        if release.immutable:
            return problem(422, "Cannot upload assets to an immutable release.")
        kind = request.headers.get("content-type", "application/octet-stream")
        label, content = request.query_params.get("label"), await request.body()
        asset = self._store.add_asset(release.id, name, label, kind, content)
        if asset is None:
            return invalid("ReleaseAsset", "name", "already_exists")
        return JSONResponse(answers.asset_json(self._at(request), release, asset), 201)

    def _show_asset(self, request: Request) -> Response:
        for release in self._visible(request):
            for asset in self._store.assets(release.id):
                if asset.id == request.path_params["asset"]:
                    return self._describe_or_send(request, release, asset)
        return problem(404, "Not Found")

    def _describe_or_send(self, request: Request, release: StoredRelease, asset: StoredAsset) -> Response:
        at = self._at(request)
        if request.headers.get("accept") == "application/octet-stream":
            # GitHub redirects to a storage host, whose addresses need no credential.
            return RedirectResponse(f"{at.base}/storage/{asset.digest.removeprefix('sha256:')}", 302)
        return JSONResponse(answers.asset_json(at, release, asset))

    def _download(self, request: Request) -> Response:
        wanted = f"sha256:{request.path_params['digest']}"
        return self._send(next((each for each in self._store.assets() if each.digest == wanted), None))

    def _download_of_tag(self, request: Request) -> Response:
        release = self._published(request.path_params["tag"])
        assets = self._store.assets(release.id) if release else ()
        return self._send(next((each for each in assets if each.name == request.path_params["name"]), None))

    def _send(self, asset: StoredAsset | None) -> Response:
        content = self._store.content(asset.id) if asset else None
        if asset is None or content is None:
            return problem(404, "Not Found")
        return Response(content, media_type=asset.content_type)

    def _page_of_release(self, request: Request) -> Response:
        """A page for a person who follows the link."""
        release = self._published(request.path_params["tag"])
        if release is None:
            return problem(404, "Not Found")
        assets = (f"{each.digest}  {each.name}" for each in self._store.assets(release.id))
        return PlainTextResponse("\n".join([release.name or release.tag_name, "", release.body or "", "", *assets, ""]))


def refusal(status: int, detail: str, headers: Mapping[str, str]) -> Response:
    answer = problem(status, detail)
    answer.headers.update(headers)
    return answer


async def _settings(request: Request) -> ForgeJson | None:
    """The fields that the body sets, without those that cannot be set; None if it is no JSON object."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    return {key: body[key] for key in _SETTABLE if key in body} if isinstance(body, dict) else None
