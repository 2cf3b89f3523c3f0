"""What the registry answers when it says no. Raised where a rule is broken, turned into an HTTP answer at one place."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A normal answer of a registry, not an error of ours: hence not in the catalogue."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def bad_request(detail: str) -> Refusal:
    return Refusal(400, detail)


def forbidden(detail: str) -> Refusal:
    return Refusal(403, detail)
