"""How GitHub refuses: the shape of its errors, and an exception that carries one to whoever answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

ForgeJson = dict[str, Any]
_DOCUMENTATION = "https://docs.github.com/rest"


class ForgeProblem(Exception):
    """A request that is refused."""

    def __init__(self, status: int, message: str, *errors: Any, headers: Mapping[str, str] | None = None) -> None:
        """`errors` are GitHub's, each an object or a text."""
        self.status, self.message, self.errors, self.headers = status, message, errors, dict(headers or {})
        super().__init__(f"{status} {message}")

    def answer(self) -> JSONResponse:
        return problem(self.status, self.message, *self.errors, headers=self.headers)


def problem(status: int, message: str, *errors: Any, headers: Mapping[str, str] | None = None) -> JSONResponse:
    body: ForgeJson = {"message": message}
    if errors:
        body["errors"] = list(errors)
    body |= {"documentation_url": _DOCUMENTATION, "status": str(status)}
    return JSONResponse(body, status, headers=dict(headers or {}))


def not_found() -> ForgeProblem:
    return ForgeProblem(404, "Not Found")


def invalid(resource: str, field: str, code: str, message: str | None = None) -> ForgeProblem:
    """422 `Validation Failed`, for one field."""
    error = {"resource": resource, "code": code, "field": field}
    return ForgeProblem(422, "Validation Failed", error | ({"message": message} if message else {}))


def unsupplied(field: str) -> ForgeProblem:
    """422 for a field that GitHub's schema requires."""
    return ForgeProblem(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
