"""`DELETE …/yank`, `PUT …/unyank` and the website's route to both: crates.io's checks, in its order, and the new index line.

Knows the versions that were uploaded here. Upstream's versions never change: upstream is read, and never written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import bad_request, forbidden
from loadmaster.rehearsal.registry.bodies import json_body, unfit
from loadmaster.rehearsal.registry.database import Database
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Limits, check_bucket
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.ownership import Ownership, Rights
from loadmaster.rehearsal.registry.pages import Pages

_A_VERSION = "/api/v1/crates/{name}/{version}"


class Yanking:
    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        overlay: Overlay,
        ownership: Ownership,
        gate: Doorman,
        pages: Pages,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._ledger, self._overlay, self._ownership = database, ledger, overlay, ownership
        self._gate, self._pages, self._limits, self._clock = gate, pages, limits, clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(f"{_A_VERSION}/yank", self.yank, methods=["DELETE"]),
            Route(f"{_A_VERSION}/unyank", self.unyank, methods=["PUT"]),
            Route(_A_VERSION, self.update, methods=["PATCH"]),
        )

    async def yank(self, request: Request) -> Response:
        await self._change(request, yanked=True, message=None)
        return JSONResponse({"ok": True})

    async def unyank(self, request: Request) -> Response:
        await self._change(request, yanked=False, message=None)
        return JSONResponse({"ok": True})

    async def update(self, request: Request) -> Response:
        """The website's yank, with a message."""
        wanted = _wanted(*(await json_body(request)))
        version = await self._pages.version_view(request.path_params["name"], request.path_params["version"])
        yanked, message = wanted.get("yanked"), wanted.get("yank_message")
        if message is not None and yanked is False:
            raise bad_request("Cannot set yank message when unyanking")
        if message is not None and yanked is None and not version["yanked"]:
            raise bad_request("Cannot update yank message for a version that is not yanked")
        await self._change(request, yanked=version["yanked"] if yanked is None else yanked, message=message)
        return JSONResponse({"version": await self._pages.version_view(version["crate"], version["num"])})

    async def _change(self, request: Request, *, yanked: bool, message: str | None) -> None:
        version = request.path_params["version"]
        _, entry = await self._overlay.known_version(request.path_params["name"], version)
        name = entry["name"]
        grant = self._gate.admit(request, "yank", name)
        rate = self._limits.rate("yank", grant.limits)
        check_bucket(self._ledger.take_token(grant.login, rate, self._clock()), rate)
        if self._ownership.rights(name, grant.login) < Rights.PUBLISH:
            raise forbidden("must already be an owner to yank or unyank")
        if not await run_in_threadpool(self._set, name, version, yanked, message):
            raise bad_request(f"`{name}@{version}` is upstream's; a rehearsal changes only what was published in it")

    def _set(self, name: str, version: str, yanked: bool, message: str | None) -> bool:
        """Changes the index line; False if the version was not uploaded here."""
        with self._database.writing() as db:
            changed = db.execute(
                "UPDATE versions SET line = json_set(line, '$.yanked', json(?)), yank_message = ? "
                "WHERE canonical = ? AND json_extract(line, '$.vers') = ?",
                ("true" if yanked else "false", message, canonical(name), version),
            )
            return changed.rowcount == 1


def _wanted(document: Any, where: str) -> dict[str, Any]:
    match document:
        case {"version": dict() as wanted}:
            return wanted
        case _:
            raise unfit(f"missing field `version`{where}")
