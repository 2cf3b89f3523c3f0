"""A registry that takes every upload and keeps the bodies, for tests that look at what cargo sends."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route


class Capture:
    """The least that cargo takes for a registry: every `ext-…` crate is there, and whatever was uploaded."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        """What was uploaded, by crate."""
        self._versions: dict[str, str] = {}
        index = [Route("/config.json", self._config), Route("/{path:path}", self._lines)]
        self.app = Starlette(
            routes=[
                Mount("/index", routes=index),
                Mount("/elsewhere", routes=index),
                Route("/api/v1/crates/new", self._upload, methods=["PUT"]),
            ]
        )

    async def _config(self, request: Request) -> Response:
        base = f"http://{request.headers['host']}"
        return JSONResponse({"dl": f"{base}/dl", "api": base})

    async def _lines(self, request: Request) -> Response:
        name = str(request.path_params["path"]).rpartition("/")[2]
        if name.startswith("ext-"):
            return PlainTextResponse("".join(_line(name, version) for version in ("0.3.4", "1.2.3", "1.2.4-rc.1")))
        if name in self._versions:
            return PlainTextResponse(_line(name, self._versions[name]))
        return Response(status_code=404)

    async def _upload(self, request: Request) -> Response:
        body = await request.body()
        metadata = json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])
        self.bodies[metadata["name"]] = body
        self._versions[metadata["name"].lower()] = metadata["vers"]
        return JSONResponse({"warnings": {"invalid_categories": [], "invalid_badges": [], "other": []}})


def _line(name: str, version: str) -> str:
    features: dict[str, list[str]] = {"f1": [], "f2": []}
    line = {"name": name, "vers": version, "deps": [], "cksum": "0" * 64, "features": features, "yanked": False}
    return json.dumps(line) + "\n"
