"""The public part of the web API: crates, versions, a search, and whether the registry is read-only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import bad_request
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.answers import base_of
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.paths import is_crate_name
from loadmaster.rehearsal.registry.policy import Policies
from loadmaster.rehearsal.registry.records import Published

_A_CRATE = "/api/v1/crates/{name}"
_PARTS = ("versions", "keywords", "categories", "badges", "downloads", "default_version")
_MOST_PER_PAGE = 100
_LAST_PAGE = 200


class Pages:
    def __init__(self, ledger: Ledger, overlay: Overlay, policies: Policies) -> None:
        self._ledger, self._overlay, self._policies = ledger, overlay, policies

    def routes(self) -> tuple[Route, ...]:
        """The routes, to be tried last: a crate's other pages have paths like a version's."""
        return (
            Route("/api/v1/site_metadata", self.site),
            Route("/api/v1/crates", self.search),
            Route(_A_CRATE, self.crate),
            Route(f"{_A_CRATE}/versions", self.versions),
            Route(f"{_A_CRATE}/{{version}}", self.version),
        )

    async def site(self, request: Request) -> Response:
        decided = self._policies.current()
        return JSONResponse(
            {
                "deployed_sha": "unknown",
                "commit": "unknown",
                "cdn_base": base_of(request),
                "read_only": decided.read_only,
                "banner_message": None,
            }
        )

    async def crate(self, request: Request) -> Response:
        name = request.path_params["name"]
        wanted = _included(request.query_params.get("include", "full"))
        crate, entries, ours = await self._known(name)
        shown = dict.fromkeys(("versions", "keywords", "categories"))
        if "versions" not in wanted:
            crate |= views.WITHOUT_VERSIONS | {"links": views.without_lists(crate)["links"]}
        if "versions" in wanted or "default_version" in wanted:
            numbered = [(n, each) for n, each in enumerate(entries, 1)]
            if "versions" not in wanted:
                numbered = [(n, each) for n, each in numbered if each["vers"] == crate["default_version"]]
            shown |= {"versions": [views.version_view(n, e, ours.get(e["vers"])) for n, e in numbered[::-1]]}
        for lists, view in (("keywords", views.keyword_view), ("categories", views.category_view)):
            if lists in wanted:
                shown |= {lists: [view(each) for each in crate[lists]]}
            else:
                crate |= {lists: None}
        return JSONResponse({"crate": crate, **shown})

    async def versions(self, request: Request) -> Response:
        _, entries, ours = await self._known(request.path_params["name"])
        versions = [views.version_view(n, entry, ours.get(entry["vers"])) for n, entry in enumerate(entries, 1)]
        return JSONResponse({"versions": versions[::-1], "meta": {"total": len(versions), "next_page": None}})

    async def version(self, request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        return JSONResponse({"version": await self.version_view(name, version)})

    async def search(self, request: Request) -> Response:
        """Searches the crates that were published here, and upstream's crate with exactly this name: cargo needs no more."""
        start, end = page_of(request)
        asked = request.query_params.get("q", "")
        found = await self._matching(asked)
        shown, per_page = found[start:end], end - start
        more = f"?page={end // per_page + 1}&per_page={per_page}&q={asked}" if end < len(found) else None
        meta = {"total": len(found), "next_page": more, "prev_page": None}
        crates = [views.without_lists(crate) | {"recent_downloads": 0} for crate in shown]
        return JSONResponse({"crates": crates, "meta": meta})

    async def version_view(self, name: str, version: str) -> views.JsonObject:
        """Raises `Refusal`."""
        number, entry = await self._overlay.known_version(name, version)
        ours = {each.manifest.version: each for each in self._ledger.published(name)}
        return views.version_view(number, entry, ours.get(version))

    async def crate_view(self, name: str) -> views.JsonObject:
        """Raises `Refusal`."""
        return (await self._known(name))[0]

    async def _known(self, name: str) -> tuple[views.JsonObject, list[views.JsonObject], Mapping[str, Published]]:
        """A crate's view, its index entries, and the records of those uploaded here. Raises `Refusal`."""
        entries = await self._overlay.known(name)
        ours = {version.manifest.version: version for version in self._ledger.published(name)}
        here = self._ledger.crate(name)
        return views.crate_view(entries, ours, trustpub_only=here is not None and here.trustpub_only), entries, ours

    async def _matching(self, asked: str) -> list[views.JsonObject]:
        """The crates with all these words in name, description or keywords; an exact name comes first."""
        wanted = [canonical(word) for word in asked.split()]
        names = {*self._ledger.names(), *((asked,) if is_crate_name(asked) else ())}
        found: dict[str, views.JsonObject] = {}
        for name in sorted(names):
            if await self._overlay.entries(name):
                crate = await self.crate_view(name)
                words = canonical(" ".join((crate["name"], crate["description"] or "", *crate["keywords"])))
                if all(word in words for word in wanted):
                    found[crate["name"]] = crate | {"exact_match": canonical(crate["name"]) == canonical(asked)}
        return sorted(found.values(), key=lambda crate: (not crate["exact_match"], crate["name"]))


def _included(include: str) -> frozenset[str]:
    """The requested parts of a crate. Raises `Refusal`."""
    wanted = frozenset(include.split(",")) - {""}
    if not wanted <= {*_PARTS, "full"}:
        expected = ", ".join(f"'{part}'" for part in _PARTS)
        raise bad_request(f"invalid component for ?include= (expected {expected}, or 'full')")
    return frozenset(_PARTS) if "full" in wanted else wanted


def page_of(request: Request) -> tuple[int, int]:
    """The start and the end of the requested page in a list. Raises `Refusal`."""
    page, per_page = positive_number(request, "page", 1), positive_number(request, "per_page", 10)
    if page > _LAST_PAGE:
        raise bad_request(
            f"Page {page} is unavailable for performance reasons. "
            "Please take a look at https://crates.io/data-access for alternatives."
        )
    if per_page > _MOST_PER_PAGE:
        raise bad_request(f"cannot request more than {_MOST_PER_PAGE} items")
    return (page - 1) * per_page, page * per_page


def positive_number(request: Request, parameter: str, usual: int) -> int:
    """A positive 32-bit number of the query. Raises `Refusal`, in serde's words."""
    text = request.query_params.get(parameter)
    if text is None:
        return usual
    if not re.fullmatch("[+]?[0-9]+", text, re.ASCII):
        what = "cannot parse integer from empty string" if not text else "invalid digit found in string"
    elif int(text) >= 2**32:
        what = "number too large to fit in target type"
    elif int(text) == 0:
        what = "invalid value: integer `0`, expected a nonzero u32"
    else:
        return int(text)
    raise bad_request(f"Failed to deserialize query string: {parameter}: {what}")
