"""Replaces strings in TOML documents: text in, text out. Every other byte stays.

Knows quotes, comments and line ends as far as tomlkit does. Does not know what the strings mean.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any, NamedTuple

from loadmaster.errors.edits import ManifestNotKept, NotToml
from loadmaster.planning.values.toml_text import require_no_mark

KeyPath = tuple[str, ...]


class Literal(NamedTuple):
    """The place of a string in a document, and its new text."""

    keys: KeyPath
    text: str


def value_at(place: Any, keys: KeyPath) -> Any:
    """The value at `keys`; None if there is none."""
    for key in keys:
        place = place.get(key) if isinstance(place, MutableMapping) else None
    return place


def replace_literals(path: str, text: str, literals: Iterable[Literal]) -> str:
    """`text` with the literals, each in the quotes of the old string. `text` must have all of them.

    `path` is for messages. Raises `ByteOrderMark`, `NotToml` and `ManifestNotKept`.
    """
    import tomlkit  # a plan may come without edits, and the gates make none
    from tomlkit.exceptions import TOMLKitError

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
        table, key = value_at(document, literal.keys[:-1]), literal.keys[-1]
        quotes = table[key].as_string()[:3]
        table[key] = tomlkit.string(literal.text, literal=quotes.startswith("'"), multiline=quotes in ('"""', "'''"))
    return document.as_string()
