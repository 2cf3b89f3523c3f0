"""More public pages of a crate's versions: their dependencies, their dependents, and the address of their readme.

A rehearsal does not count downloads: their lists exist, and are empty.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.pages import Pages
from loadmaster.rehearsal.registry.paths import check_crate_in_path, check_version_in_path

_A_CRATE = "/api/v1/crates/{name}"
_A_VERSION = f"{_A_CRATE}/{{version}}"


class VersionPages:
    def __init__(self, ledger: Ledger, overlay: Overlay, pages: Pages) -> None:
        self._ledger, self._overlay, self._pages = ledger, overlay, pages

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(f"{_A_CRATE}/downloads", self.crate_downloads),
            Route(f"{_A_CRATE}/reverse_dependencies", self.dependents),
            Route(f"{_A_VERSION}/dependencies", self.dependencies),
            Route(f"{_A_VERSION}/downloads", self.version_downloads),
            Route(f"{_A_VERSION}/authors", self.authors),
            Route(f"{_A_VERSION}/readme", self.readme),
        )

    async def crate_downloads(self, request: Request) -> Response:
        await self._overlay.known(request.path_params["name"])
        return JSONResponse({"version_downloads": [], "meta": {"extra_downloads": []}})

    async def version_downloads(self, request: Request) -> Response:
        await self._overlay.known_version(request.path_params["name"], request.path_params["version"])
        return JSONResponse({"version_downloads": []})

    async def authors(self, request: Request) -> Response:
        """An empty list: crates.io names no authors any more."""
        await self._overlay.known_version(request.path_params["name"], request.path_params["version"])
        return JSONResponse({"users": [], "meta": {"names": []}})

    async def dependencies(self, request: Request) -> Response:
        found = await self._overlay.known_version(request.path_params["name"], request.path_params["version"])
        needs = sorted(_needs(*found), key=lambda each: (each["optional"], each["crate_id"]))
        return JSONResponse({"dependencies": needs})

    async def dependents(self, request: Request) -> Response:
        """The crates that were published here and whose default version needs this one."""
        name = (await self._overlay.known(request.path_params["name"]))[0]["name"]
        dependencies, versions = [], []
        for each in self._ledger.names():
            default = (await self._pages.crate_view(each))["default_version"]
            needs = [
                need for need in _needs(*await self._overlay.known_version(each, default)) if need["crate_id"] == name
            ]
            if needs:
                dependencies.append(needs[0])
                versions.append(await self._pages.version_view(each, default))
        return JSONResponse({"dependencies": dependencies, "versions": versions, "meta": {"total": len(versions)}})

    async def readme(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        check_crate_in_path(name)
        check_version_in_path(version)
        prefix = request.scope.get("root_path", "")
        return RedirectResponse(f"{prefix}/readmes/{name}/{quote(f'{name}-{version}')}.html", status_code=302)


def _needs(version: int, entry: views.JsonObject) -> list[views.JsonObject]:
    return [views.dependency_view(number, version, each) for number, each in enumerate(entry["deps"], 1)]
