"""Strings in TOML documents, replaced where they stand: text in, text out, every other byte kept.

Knows quotes, comments and line ends as far as tomlkit does. Refuses to know what the strings mean.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError

from loadmaster.errors.edits import ManifestNotKept, NotToml
from loadmaster.planning.values.toml_text import require_no_mark

KeyPath = tuple[str, ...]


class Literal(NamedTuple):
    """Where a string stands, and what is to stand there."""

    keys: KeyPath
    text: str


def at(place: Any, keys: KeyPath) -> Any:
    """What stands at `keys`; None if nothing does."""
    for key in keys:
        place = place.get(key) if isinstance(place, MutableMapping) else None
    return place


def with_literals(path: str, text: str, literals: Iterable[Literal]) -> str:
    """`text` with the literals, each in the quotes that are there. All of them must be there.

    `path` is for messages. Raises `ByteOrderMark`, `NotToml` and `ManifestNotKept`.
    """
    require_no_mark(path, text)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise NotToml(path, str(error)) from error
    except RecursionError as error:
        raise NotToml(path, "tables or lists are nested too deeply") from error
    if document.as_string() != text:
        raise ManifestNotKept(path)
    for literal in literals:
        table, key = at(document, literal.keys[:-1]), literal.keys[-1]
        quotes = table[key].as_string()[:3]
        table[key] = tomlkit.string(literal.text, literal=quotes.startswith("'"), multiline=quotes in ('"""', "'''"))
    return document.as_string()
