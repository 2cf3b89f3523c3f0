"""`DELETE …/yank` and `PUT …/unyank`: crates.io's checks, in its order, and the index line that follows.

Knows the versions that were uploaded here. Those that only upstream has stay as upstream has them: it is read, never written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.clock import http_date
from loadmaster.rehearsal.registry.credentials import check_allows
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Rate
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.publishing import Publishing

CRATES_IO_YANKS = Rate(what="yanks", burst=100, refill_seconds=60)


class Yanking:
    def __init__(
        self,
        directory: Path,
        ledger: Ledger,
        overlay: Overlay,
        publishing: Publishing,
        clock: Callable[[], datetime],
        rate: Rate = CRATES_IO_YANKS,
    ) -> None:
        """`directory` is the ledger's."""
        self._database = directory / "registry.sqlite"
        self._ledger = ledger
        self._overlay = overlay
        self._publishing = publishing
        self._clock = clock
        self._rate = rate

    def routes(self) -> tuple[Route, Route]:
        version = "/api/v1/crates/{name}/{version}"
        return (
            Route(f"{version}/yank", self.yank, methods=["DELETE"]),
            Route(f"{version}/unyank", self.unyank, methods=["PUT"]),
        )

    async def yank(self, request: Request) -> Response:
        return await self._change(request, yanked=True)

    async def unyank(self, request: Request) -> Response:
        return await self._change(request, yanked=False)

    async def _change(self, request: Request, *, yanked: bool) -> Response:
        asked, version = request.path_params["name"], request.path_params["version"]
        entries = await self._overlay.entries(asked)
        if not entries:
            raise Refusal(404, f"crate `{asked}` does not exist")
        name = entries[0]["name"]
        if not any(entry["vers"] == version for entry in entries):
            raise Refusal(404, f"crate `{name}` does not have a version `{version}`")
        grant = self._publishing.grant(request.headers.get("Authorization"))
        check_allows(grant, "yank", name)
        self._count(grant.login)
        if grant.login not in {owner.login for owner in self._ledger.owners(name)}:
            raise forbidden("must already be an owner to yank or unyank")
        if not await run_in_threadpool(self._set, name, version, yanked):
            raise bad_request(f"`{name}@{version}` is upstream's; a rehearsal changes only what was published in it")
        return JSONResponse({"ok": True})

    def _count(self, login: str) -> None:
        """Every attempt takes a token, also one that changes nothing. Raises `Refusal` with `Retry-After`."""
        bucket = self._ledger.take_token(login, self._rate, self._clock())
        if bucket.tokens >= 1:
            return
        again = http_date(bucket.last_refill + timedelta(seconds=self._rate.refill_seconds))
        detail = (
            "You have yanked or unyanked too many versions in a short period of time. "
            f"Please try again after {again} and see https://crates.io/docs/rate-limits for more details."
        )
        raise Refusal(429, detail, {"Retry-After": again})

    def _set(self, name: str, version: str, yanked: bool) -> bool:
        """Changes the index line; False if the version was not uploaded here."""
        with closing(sqlite3.connect(self._database, timeout=30, isolation_level=None)) as db:
            changed = db.execute(
                "UPDATE versions SET line = json_set(line, '$.yanked', json(?)) "
                "WHERE canonical = ? AND json_extract(line, '$.vers') = ?",
                ("true" if yanked else "false", canonical(name), version),
            )
            return changed.rowcount == 1
