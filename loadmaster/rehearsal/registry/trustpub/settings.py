"""`PATCH api/v1/crates/{name}`: whether a crate takes nothing but trusted publishing. crates.io's checks, in its order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from loadmaster.planning.crates_io.refusal import forbidden
from loadmaster.rehearsal.registry import views
from loadmaster.rehearsal.registry.gate import Doorman
from loadmaster.rehearsal.registry.overlay import Overlay
from loadmaster.rehearsal.registry.ownership import Ownership
from loadmaster.rehearsal.registry.pages import Pages
from loadmaster.rehearsal.registry.structs import Flag, Struct
from loadmaster.rehearsal.registry.trustpub.configs import SCOPE, check_not_legacy
from loadmaster.rehearsal.registry.trustpub.records import Records
from loadmaster.rehearsal.registry.trustpub.structs import struct_body

_REQUEST = Struct(
    name="PatchRequest", fields={"crate": Struct(name="PatchRequestCrate", fields={"trustpub_only": Flag()})}
)

_NOT_LOOKED_UP = {"max_version": "0.0.0", "newest_version": "0.0.0", "max_stable_version": None}
"""crates.io's answer to the change, for every crate."""


class TrustSettings:
    def __init__(
        self,
        records: Records,
        ownership: Ownership,
        overlay: Overlay,
        gate: Doorman,
        pages: Pages,
        clock: Callable[[], datetime],
    ) -> None:
        self._records, self._ownership, self._overlay = records, ownership, overlay
        self._gate, self._pages, self._clock = gate, pages, clock

    def routes(self) -> tuple[Route, ...]:
        return (Route("/api/v1/crates/{name}", self.change, methods=["PATCH"]),)

    async def change(self, request: Request) -> Response:
        decided = (await struct_body(request, _REQUEST))["crate"]["trustpub_only"]
        name = str((await self._overlay.known(request.path_params["name"]))[0]["name"])
        grant = self._gate.admit(request, SCOPE, name)
        check_not_legacy(grant)
        if not self._ownership.is_owner(name, grant.login):
            raise forbidden("only owners have permission to modify crate settings")
        if decided is not None:
            self._records.set_trustpub_only(name, decided, self._clock())
        return JSONResponse({"crate": views.without_lists(await self._pages.crate_view(name)) | _NOT_LOOKED_UP})
