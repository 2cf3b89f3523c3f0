"""The body of a publish request: length, JSON, length, crate file. Pure over bytes; refusals in crates.io's words.

It knows the fields of the JSON that crates.io still reads. Everything else about a crate comes from its tarball.
"""

from __future__ import annotations

from pydantic_core import from_json

from loadmaster.planning.crates_io.packaged import JSON_LIMIT
from loadmaster.planning.crates_io.refusal import Refusal, bad_request
from loadmaster.planning.values.value import Value
from loadmaster.rehearsal.registry.structs import DoesNotFit, Struct, Text, fit

_METADATA = Struct(
    name="PublishMetadata",
    fields={"name": Text(), "vers": Text(), "readme": Text(may_be_null=True), "readme_file": Text(may_be_null=True)},
)


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
        from_json(blob, allow_inf_nan=False)
        found = fit(blob.decode(), _METADATA)
    except (ValueError, DoesNotFit) as error:  # in serde's words
        raise bad_request(f"invalid upload request: {error}") from None
    return Metadata(name=found["name"], version=found["vers"])
