"""`DELETE …/yank` and `PUT …/unyank`: crates.io's checks, in its order, and the index line that follows.

Knows the versions that were uploaded here. Those that only upstream has stay as upstream has them: it is read, never written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.names import canonical
from loadmaster.planning.crates_io.refusal import Refusal, bad_request, forbidden
from loadmaster.rehearsal.registry.database import Database
from loadmaster.rehearsal.registry.gate import Gate
from loadmaster.rehearsal.registry.ledger import Ledger
from loadmaster.rehearsal.registry.limits import Limits, check_bucket
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.ownership import Ownership, Rights
from loadmaster.rehearsal.registry.paths import check_version_in_path

_A_VERSION = "/api/v1/crates/{name}/{version}"


class Yanking:
    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        overlay: Overlay,
        ownership: Ownership,
        gate: Gate,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._ledger, self._overlay, self._ownership = database, ledger, overlay, ownership
        self._gate, self._limits, self._clock = gate, limits, clock

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(f"{_A_VERSION}/yank", self.yank, methods=["DELETE"]),
            Route(f"{_A_VERSION}/unyank", self.unyank, methods=["PUT"]),
        )

    async def yank(self, request: Request) -> Response:
        return await self._change(request, yanked=True)

    async def unyank(self, request: Request) -> Response:
        return await self._change(request, yanked=False)

    async def _change(self, request: Request, *, yanked: bool) -> Response:
        asked, version = request.path_params["name"], request.path_params["version"]
        check_version_in_path(version)
        entries = await self._overlay.known(asked)
        name = entries[0]["name"]
        if not any(entry["vers"] == version for entry in entries):
            raise Refusal(404, f"crate `{asked}` does not have a version `{version}`")
        grant = self._gate.admit(request, "yank", name)
        rate = self._limits.rate("yank", grant.limits)
        check_bucket(self._ledger.take_token(grant.login, rate, self._clock()), rate)
        if self._ownership.rights(name, grant.login) < Rights.PUBLISH:
            raise forbidden("must already be an owner to yank or unyank")
        if not await run_in_threadpool(self._set, name, version, yanked):
            raise bad_request(f"`{name}@{version}` is upstream's; a rehearsal changes only what was published in it")
        return JSONResponse({"ok": True})

    def _set(self, name: str, version: str, yanked: bool) -> bool:
        """Changes the index line; False if the version was not uploaded here."""
        with self._database.writing() as db:
            changed = db.execute(
                "UPDATE versions SET line = json_set(line, '$.yanked', json(?)) "
                "WHERE canonical = ? AND json_extract(line, '$.vers') = ?",
                ("true" if yanked else "false", canonical(name), version),
            )
            return changed.rowcount == 1
