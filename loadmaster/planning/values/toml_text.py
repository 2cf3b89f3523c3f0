"""TOML as a release reads it: text in, values out. Refuses what other programs cannot read. Does not know what a file means."""

from __future__ import annotations

import tomllib
from typing import Any

from loadmaster.errors.edits import NotToml
from loadmaster.errors.files import ByteOrderMark

_BYTE_ORDER_MARK = "\ufeff"


def require_no_mark(path: str, text: str) -> None:
    """Raises `ByteOrderMark`. `path` is for the message."""
    if text.startswith(_BYTE_ORDER_MARK):
        raise ByteOrderMark(path)


def load_toml(text: str) -> dict[str, Any]:
    """The document, for a caller that has its own words for one that is none. Raises `ValueError`, and nothing else."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("tables or lists are nested too deeply") from error


def parse_toml(path: str, text: str) -> dict[str, Any]:
    """The document. TOML 1.1 is accepted, too: cargo accepts it, the standard library does not.

    `path` is for messages. Raises `ByteOrderMark`, and `NotToml` with line and column.
    """
    require_no_mark(path, text)
    try:
        return load_toml(text)
    except tomllib.TOMLDecodeError as error:
        return _parse_leniently(path, text, error)
    except ValueError as error:  # too deep, or a number that is too long for `int`
        raise NotToml(path, str(error)) from error


def _parse_leniently(path: str, text: str, refusal: tomllib.TOMLDecodeError) -> dict[str, Any]:
    import tomlkit  # few files are of TOML 1.1
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        return tomlkit.parse(text).unwrap()
    except ParseError as error:
        raise NotToml(path, str(refusal), error.line) from refusal
    except (TOMLKitError, ValueError, RecursionError):
        raise NotToml(path, str(refusal)) from refusal
