"""Keywords of the crates that were published here, and crates.io's categories.

It knows the categories' slugs, but not their titles and descriptions: the slug is the title, and the description is empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.category_slugs import CATEGORY_SLUGS
from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.pages import page_of


class Subjects:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("/api/v1/keywords", self.keywords),
            Route("/api/v1/keywords/{keyword}", self.keyword),
            Route("/api/v1/categories", self.categories),
            Route("/api/v1/categories/{slug}", self.category),
            Route("/api/v1/category_slugs", self.slugs),
        )

    async def keywords(self, request: Request) -> Response:
        uses = self._uses("keywords")
        found = [views.keyword_view(keyword, uses[keyword]) for keyword in sorted(uses)]
        return _listed(request, "keywords", found)

    async def keyword(self, request: Request) -> Response:
        keyword, uses = request.path_params["keyword"].lower(), self._uses("keywords")
        if keyword not in uses:
            raise Refusal(404, "Not Found")
        return JSONResponse({"keyword": views.keyword_view(keyword, uses[keyword])})

    async def categories(self, request: Request) -> Response:
        uses = self._uses("categories")
        top = sorted(slug for slug in CATEGORY_SLUGS if "::" not in slug)
        return _listed(request, "categories", [views.category_view(slug, uses[slug]) for slug in top])

    async def category(self, request: Request) -> Response:
        slug, uses = request.path_params["slug"], self._uses("categories")
        if slug not in CATEGORY_SLUGS:
            raise Refusal(404, "Not Found")
        below = sorted(each for each in CATEGORY_SLUGS if each.rpartition("::")[0] == slug)
        steps = slug.split("::")
        above = ["::".join(steps[:depth]) for depth in range(1, len(steps))]
        return JSONResponse(
            {
                "category": views.category_view(slug, uses[slug])
                | {"subcategories": [views.category_view(each, uses[each]) for each in below]}
                | {"parent_categories": [views.category_view(each, uses[each]) for each in above]}
            }
        )

    async def slugs(self, request: Request) -> Response:
        return JSONResponse(
            {"category_slugs": [{"id": slug, "slug": slug, "description": ""} for slug in sorted(CATEGORY_SLUGS)]}
        )

    def _uses(self, kind: Literal["keywords", "categories"]) -> Mapping[str, int]:
        """The number of crates with each, by their newest version here."""
        newest = [self._ledger.published(name)[-1].manifest for name in self._ledger.names()]
        return Counter(each.lower() for manifest in newest for each in getattr(manifest, kind))


def _listed(request: Request, key: str, found: Sequence[views.JsonObject]) -> Response:
    start, end = page_of(request)
    return JSONResponse({key: found[start:end], "meta": {"total": len(found)}})
