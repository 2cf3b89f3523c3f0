"""A repository that was renamed: its former name leads to its number, and its number answers as its name does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.responses import JSONResponse, Response

from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.front_door import ForgeEndpoint
from loadmaster.rehearsal.forge.front.repository_shape import REPOSITORY_ID
from loadmaster.rehearsal.forge.memory.premises import Premises

_BY_NUMBER = f"/repositories/{REPOSITORY_ID}"


def moved_endpoints(premises: Premises, endpoints: Iterable[ForgeEndpoint]) -> Iterator[ForgeEndpoint]:
    former = premises.scenario.renamed_from
    if former is None:
        return
    here = f"/repos/{premises.repository}"
    for each in endpoints:
        if each.path.startswith(here):
            yield each._replace(path=_BY_NUMBER + each.path.removeprefix(here))

    def redirect(asked: ForgeAsked) -> Response:
        rest = asked.path.get("rest", "")
        address = f"{asked.at.base}{_BY_NUMBER}{'/' if rest else ''}{rest}"
        if asked.request.url.query:
            address += f"?{asked.request.url.query}"
        body = {
            "message": "Moved Permanently",
            "url": address,
            "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
        }
        status = 301 if asked.request.method in ("GET", "HEAD") else 307
        return JSONResponse(body, status, headers={"Location": address})

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        yield ForgeEndpoint(method, f"/repos/{former}", redirect)
        yield ForgeEndpoint(method, f"/repos/{former}/{{rest:path}}", redirect)
