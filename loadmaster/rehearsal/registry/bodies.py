"""JSON bodies of requests, read as crates.io's framework reads them, with its words for bodies that are not the expected JSON."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json
from starlette.requests import Request

from loadmaster.planning.crates_io.refusal import Refusal
from loadmaster.planning.crates_io.serde_words import end_of


async def json_body(request: Request) -> tuple[Any, str]:
    """The document, and where it ends in serde's words (` at line 1 column 2`). Raises `Refusal`."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "Expected request with `Content-Type: application/json`")
    blob = await request.body()
    try:
        document = from_json(blob, allow_inf_nan=False)
    except ValueError as error:  # in serde's words
        raise Refusal(400, f"Failed to parse the request body as JSON: {error}") from None
    line, column = end_of(blob)
    return document, f" at line {line} column {column}"


def unfit(what: str) -> Refusal:
    """The answer to JSON that is not what the route wants."""
    return Refusal(422, f"Failed to deserialize the JSON body into the target type: {what}")
