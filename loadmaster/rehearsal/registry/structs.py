"""JSON read as Rust's serde reads it into a struct, with its words and positions for what does not fit. Pure over text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from loadmaster.planning.crates_io.serde_words import position_after, wrong_type
from loadmaster.planning.values.value import Value

_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class DoesNotFit(Exception):
    """The document is JSON, but not this struct."""

    def __init__(self, path: str, what: str, read: str) -> None:
        """`read` is the part of the document that was read until then."""
        line, column = position_after(read.encode())
        super().__init__(f"{what} at line {line} column {column}")
        self.path = path


class Text(Value):
    may_be_null: bool = False


class Flag(Value):
    pass


class Struct(Value):
    name: str
    fields: Mapping[str, Text | Flag | Struct]
    """The fields by name. A flag may be missing, and so may a nullable text."""


def fit(document: str, struct: Struct) -> dict[str, Any]:
    """`document` is JSON. Fields that the struct does not have are left out. Raises `DoesNotFit`."""
    return _read(document, _BLANKS.match(document).end(), struct, "")  # type: ignore[union-attr]  # matches anything


def _read(text: str, start: int, struct: Struct, path: str) -> dict[str, Any]:
    value, end = _DECODER.raw_decode(text, start)
    if isinstance(value, list):
        number = len(struct.fields)
        plural = "" if number == 1 else "s"
        raise DoesNotFit(
            path,
            f"invalid length {len(value)}, expected struct {struct.name} with {number} element{plural}",
            text[:end],
        )
    if not isinstance(value, dict):
        raise DoesNotFit(path, wrong_type(value, f"struct {struct.name}"), text[:end])
    found: dict[str, Any] = {}
    for name, named, at in _members(text, start):
        if name in found:
            raise DoesNotFit(path, f"duplicate field `{name}`", text[:named])
        if (field := struct.fields.get(name)) is not None:
            found[name] = _field(text, at, field, f"{path}.{name}" if path else name)
    for name, field in struct.fields.items():
        if isinstance(field, Flag) or (isinstance(field, Text) and field.may_be_null):
            found.setdefault(name, None)
        elif name not in found:
            raise DoesNotFit(path, f"missing field `{name}`", text[:end])
    return found


def _field(text: str, start: int, field: Text | Flag | Struct, path: str) -> Any:
    if isinstance(field, Struct):
        return _read(text, start, field, path)
    value, end = _DECODER.raw_decode(text, start)
    if value is None and (isinstance(field, Flag) or field.may_be_null):
        return None
    wanted, what = (bool, "a boolean") if isinstance(field, Flag) else (str, "a string")
    if not isinstance(value, wanted):
        # serde looks no further than the bracket that opens a list or an object.
        raise DoesNotFit(path, wrong_type(value, what), text[: start if isinstance(value, list | dict) else end])
    return value


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The keys of the object that begins at `start`, where they end, and where their values begin."""
    at = _after(text, start + 1)
    while text[at] != "}":
        key, named = _DECODER.raw_decode(text, at)
        at = _after(text, _after(text, named) + 1)
        yield key, named, at
        at = _after(text, _DECODER.raw_decode(text, at)[1])
        at = _after(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
