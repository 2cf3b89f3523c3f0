"""JSON bodies of requests, read into a struct with axum's words for what does not fit."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from loadmaster.planning.crates_io.refusal import bad_request
from loadmaster.rehearsal.registry.bodies import json_body, unfit
from loadmaster.rehearsal.registry.structs import DoesNotFit, Struct, fit


async def struct_body(request: Request, struct: Struct) -> dict[str, Any]:
    """Raises `Refusal` for what is no JSON in UTF-8, and as `read_struct` does."""
    await json_body(request)
    try:
        document = (await request.body()).decode()
        found = read_struct(document, struct)
        json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeError, json.JSONDecodeError):
        # Python's json accepts other encodings, a byte order mark and lone surrogates; serde does not.
        raise bad_request("Failed to parse the request body as JSON: expected value at line 1 column 1") from None
    return found


def read_struct(document: str, struct: Struct) -> dict[str, Any]:
    """`document` is JSON. Fields that the struct does not have are left out. Raises `Refusal`."""
    try:
        return fit(document, struct)
    except DoesNotFit as error:
        raise unfit(f"{error.path}: {error}" if error.path else str(error)) from None
