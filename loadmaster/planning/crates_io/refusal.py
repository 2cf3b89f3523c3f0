"""The registry's answer when it refuses. Raised where a rule is broken; one place turns it into an HTTP answer."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A normal answer of a registry. It is not an error of ours, and therefore not in the catalogue."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def bad_request(detail: str) -> Refusal:
    return Refusal(400, detail)


def forbidden(detail: str) -> Refusal:
    return Refusal(403, detail)
