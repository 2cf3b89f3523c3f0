"""TOML as crates.io's server reads it, and the excerpt with which its reader shows where a value is wrong. Pure.

What is no TOML is shown by the reader itself: `toml-rs` is that reader, made for Python. It does not tell where a value of
the wrong type stands, so tomlkit finds that.
"""

from __future__ import annotations

import re
from typing import Any

import toml_rs
import tomlkit
from tomlkit.exceptions import TOMLKitError

from loadmaster.planning.crates_io.manifest_types import ValuePath, WrongType
from loadmaster.planning.crates_io.refusal import Refusal, bad_request

_MARK = "\ufeff"
_HEADER = re.compile(r"^[ \t]*(\[\[?[^\[\]\n]+\]\]?)", re.MULTILINE)


def read_toml(text: str) -> dict[str, Any]:
    """The document. A byte order mark may precede it, and TOML 1.1 is read. Raises `Refusal` with the reader's excerpt."""
    try:
        return toml_rs.loads(text, toml_version="1.1.0")
    except ValueError as error:
        # This reader is newer than crates.io's, and spells out the carriage return of a Windows line.
        raise unparsable(f"{error}\n".replace("\\r\n", "\r\n")) from None


def unparsable(why: str) -> Refusal:
    return bad_request(f"failed to parse `Cargo.toml` manifest file\n\n{why}")


def with_excerpt(text: str, wrong: WrongType) -> str:
    """The message under the line of `text` that it is about; the message alone if the place cannot be found."""
    found = _place_of(text.removeprefix(_MARK), wrong.keys)
    if found is None:
        return f"{wrong.message}\n"
    start, length = found
    before = text.removeprefix(_MARK)[:start]
    number, column = before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
    line = text.removeprefix(_MARK).split("\n")[number - 1]
    marked = "^" * max(1, min(length, len(line.rstrip("\r")) - column + 1))
    margin = " " * len(str(number))
    return (
        f"TOML parse error at line {number}, column {column}\n"
        f"{margin} |\n{number} | {line}\n{margin} | {' ' * (column - 1)}{marked}\n{wrong.message}\n"
    )


def _place_of(text: str, keys: ValuePath) -> tuple[int, int] | None:
    """Where the value at `keys` begins in `text`, and its length; that of its table's header where it has one."""
    return _place_of_header(text, keys) or _place_of_value(text, keys)


def _place_of_header(text: str, keys: ValuePath) -> tuple[int, int] | None:
    names = [key for key in keys if isinstance(key, str)]
    for header in _HEADER.finditer(text):
        table: Any = _table(header[1])
        for name in names:
            table = table[0] if isinstance(table, list) else table
            table = table.get(name) if isinstance(table, dict) else None
        if table in ({}, [{}]):
            return header.start(1), len(header[1])
    return None


def _table(header: str) -> dict[str, Any]:
    try:
        return toml_rs.loads(header, toml_version="1.1.0")
    except ValueError:
        return {}


def _place_of_value(text: str, keys: ValuePath) -> tuple[int, int] | None:
    """Puts another value in its place, and looks where the text changed."""
    try:
        document: Any = tomlkit.parse(text)
        table = document
        for key in keys[:-1]:
            table = table[key]
        # A flag of tomlkit's is a plain `bool` where it is not asked for as an item.
        written = (table.item(keys[-1]) if isinstance(keys[-1], str) else table[keys[-1]]).as_string()
        table[keys[-1]] = 0 if not written.startswith("0") else True
        changed = document.as_string()
    except (TOMLKitError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    same = next((at for at, (old, new) in enumerate(zip(text, changed, strict=False)) if old != new), None)
    return None if same is None else (same, len(written))
