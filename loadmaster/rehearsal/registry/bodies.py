"""JSON bodies of requests, read as crates.io's framework reads them, with its words for bodies that are not the expected JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.rehearsal.registry.framing import end_of, in_serdes_words


async def json_body(request: Request) -> tuple[Any, str]:
    """The document, and where it ends in serde's words (` at line 1 column 2`). Raises `Refusal`."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "Expected request with `Content-Type: application/json`")
    blob = await request.body()
    try:
        document = json.loads(blob)
    except json.JSONDecodeError as error:
        raise Refusal(400, f"Failed to parse the request body as JSON: {in_serdes_words(error)}") from None
    except UnicodeDecodeError as error:
        raise Refusal(
            400, f"Failed to parse the request body as JSON: invalid unicode code point at line 1 column {error.start}"
        ) from None
    line, column = end_of(blob)
    return document, f" at line {line} column {column}"


def unfit(what: str) -> Refusal:
    """The answer to JSON that is not what the route wants."""
    return Refusal(422, f"Failed to deserialize the JSON body into the target type: {what}")


def kind_of(value: object) -> str:
    """A JSON value in serde's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"{'integer' if isinstance(value, int) else 'floating point'} `{value}`"
    return f'string "{value}"' if isinstance(value, str) else "sequence" if isinstance(value, list) else "map"
