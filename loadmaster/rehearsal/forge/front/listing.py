"""One page of a list, with GitHub's `Link` header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from starlette.responses import JSONResponse

from loadmaster.rehearsal.forge.front.asked import ForgeAsked
from loadmaster.rehearsal.forge.front.refusals import ForgeJson

R = TypeVar("R")


def listed(
    asked: ForgeAsked, rows: Sequence[R], show: Callable[[R], ForgeJson], under: str | None = None
) -> JSONResponse:
    """The page of `rows` that `per_page` and `page` ask for. `under`: the rows' name beside `total_count`."""
    size = max(1, min(asked.number("per_page", 30), 100))
    number = max(1, asked.number("page", 1))
    last = max(1, -(-len(rows) // size))
    shown = [show(row) for row in rows[(number - 1) * size : number * size]]
    links = {"prev": min(number - 1, last), "next": number + 1, "last": last, "first": 1}
    wanted = (["prev"] if number > 1 else []) + (["next", "last"] if number < last else []) + ["first"] * (number > 1)

    def link(name: str) -> str:
        return f'<{asked.request.url.include_query_params(page=links[name])}>; rel="{name}"'

    headers = {"Link": ", ".join(link(name) for name in wanted)} if wanted else {}
    return JSONResponse({"total_count": len(rows), under: shown} if under else shown, headers=headers)
