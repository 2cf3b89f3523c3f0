"""Entity tags of answers, as GitHub gives them: weak, made of the body; an answer that the asker has already is 304."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

NOT_MODIFIED = 304


def tagged(request: Request, answer: Response) -> Response:
    """The answer with its tag, or 304 instead of it."""
    if request.method != "GET" or answer.status_code != 200 or not isinstance(answer, JSONResponse):
        return answer
    tag = f'W/"{hashlib.sha256(bytes(answer.body)).hexdigest()}"'
    if not _has(request.headers.get("if-none-match", ""), tag):
        answer.headers["ETag"] = tag
        return answer
    kept = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
    return Response(status_code=NOT_MODIFIED, headers=kept | {"ETag": tag})


def _has(header: str, tag: str) -> bool:
    """The comparison is weak: the mark of weakness does not count."""
    sent = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in sent or tag.removeprefix("W/") in sent
