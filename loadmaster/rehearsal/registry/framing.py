"""The body of a publish request: length, JSON, length, crate file. Pure over bytes; refusals in crates.io's words.

It knows the two fields of the JSON that crates.io still reads. Everything else about a crate comes from its tarball.
"""

from __future__ import annotations

import json

from loadmaster.planning.crates_io.packaged import JSON_LIMIT
from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.value import Value


class Metadata(Value):
    name: str
    version: str


def head_length(begun: bytes) -> int:
    """The length of the part before the crate file, from its first four bytes; 4 if they or the metadata are out of bounds."""
    length = int.from_bytes(begun[:4], "little")
    return 4 if len(begun) < 4 or length > JSON_LIMIT else 4 + length + 4


def read_metadata(body: bytes) -> tuple[Metadata, bytes]:
    """The metadata, and the rest of the body. Raises `Refusal`."""
    if len(body) < 4:
        raise bad_request("invalid metadata length")
    length = int.from_bytes(body[:4], "little")
    if length > JSON_LIMIT:
        raise Refusal(413, "JSON metadata blob too large")
    if len(body) < 4 + length:
        raise bad_request(f"invalid metadata length for remaining payload: {length}")
    return _parse(body[4 : 4 + length]), body[4 + length :]


def tarball_length(rest: bytes, limit: int) -> int:
    """The announced length of the crate file, at most `limit`. Raises `Refusal`."""
    if len(rest) < 4:
        raise bad_request("invalid tarball length")
    length = int.from_bytes(rest[:4], "little")
    if length > limit:
        raise Refusal(413, f"max upload size is: {limit}")
    return length


def check_whole(length: int, received: int) -> None:
    """Raises `Refusal` for a crate file that is shorter than announced."""
    if received < length:
        raise bad_request(f"invalid tarball length for remaining payload: {length}")


def _parse(blob: bytes) -> Metadata:
    try:
        document = json.loads(blob)
    except json.JSONDecodeError as error:
        raise bad_request(f"invalid upload request: {in_serdes_words(error)}") from None
    except UnicodeDecodeError as error:
        raise _unreadable("invalid unicode code point", 1, error.start) from None
    line, column = end_of(blob)
    if isinstance(document, list) and not document:
        raise _unreadable("invalid length 0, expected struct PublishMetadata with 4 elements", line, column)
    if not isinstance(document, dict):
        kind = "null" if document is None else type(document).__name__
        raise _unreadable(f"invalid type: {kind}, expected struct PublishMetadata", line, column)
    for field in ("name", "vers"):
        if field not in document:
            raise _unreadable(f"missing field `{field}`", line, column)
        if not isinstance(document[field], str):
            raise _unreadable(f"invalid type for `{field}`, expected a string", line, column)
    return Metadata(name=document["name"], version=document["vers"])


def in_serdes_words(error: json.JSONDecodeError) -> str:
    """The error and its position in serde's words; serde counts what it has read."""
    if error.msg != "Extra data" and error.pos >= len(error.doc.rstrip()):
        what = {"Expecting property name enclosed in double quotes": "an object", "Expecting value": "a value"}
        line, column = end_of(error.doc.encode())
        return f"EOF while parsing {what.get(error.msg, 'a value')} at line {line} column {column}"
    what_else = "trailing characters" if error.msg == "Extra data" else "expected value"
    return f"{what_else} at line {error.lineno} column {error.colno}"


def end_of(blob: bytes) -> tuple[int, int]:
    """serde's position at the end of a document: the line, from 1, and the bytes into that line."""
    read = blob.rstrip()
    return read.count(b"\n") + 1, len(read) - (read.rfind(b"\n") + 1)


def _unreadable(what: str, line: int, column: int) -> Refusal:
    return bad_request(f"invalid upload request: {what} at line {line} column {column}")
