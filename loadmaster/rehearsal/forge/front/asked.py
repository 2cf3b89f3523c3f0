"""One request as the forge's parts see it: who asks, for what, with which body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from loadmaster.rehearsal.forge.front.addresses import Addresses
from loadmaster.rehearsal.forge.front.refusals import ForgeJson, ForgeProblem
from loadmaster.rehearsal.forge_scenario import ForgeTokenRights


@dataclass(frozen=True, kw_only=True)
class ForgeAsked:
    request: Request
    at: Addresses
    caller: str | None
    """The digest of the token; None without one."""
    rights: ForgeTokenRights | None
    body: bytes
    file: Path | None
    """The body, where it is a file."""
    may_push: bool
    """Whether the caller sees what only those see who may write."""

    @property
    def path(self) -> Mapping[str, Any]:
        """What the route took from the path."""
        return self.request.path_params

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def number(self, name: str, default: int) -> int:
        """A number of the query; the default where it is none."""
        text = self.query(name)
        return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else default

    def json(self) -> ForgeJson:
        """The body, an object. Raises `ForgeProblem`."""
        return self.read(self.body)

    @staticmethod
    def read(content: bytes) -> ForgeJson:
        """An object of JSON; an empty one of nothing. Raises `ForgeProblem`."""
        if not content.strip():
            return {}
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ForgeProblem(400, "Problems parsing JSON")
        return body

    def text(self, body: ForgeJson, name: str, *, required: bool = False) -> str | None:
        """A field that holds a text. Raises `ForgeProblem`."""
        value = body.get(name)
        if value is None and required:
            raise ForgeProblem(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if value is not None and not isinstance(value, str):
            raise ForgeProblem(422, f"Invalid request.\n\nFor '{name}', {json.dumps(value)} is not a string.")
        return value

    def required_text(self, body: ForgeJson, name: str) -> str:
        return self.text(body, name, required=True) or ""
