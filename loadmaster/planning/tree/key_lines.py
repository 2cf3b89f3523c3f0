"""On which line each setting of a file stands: TOML, JSON and YAML, whose parsers do not tell it.

A file has been parsed before, so it is known to be one. What is not found has no line; a line is never guessed.
"""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from loadmaster.planning.values.toml_text import load_toml

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

SettingPath = tuple[str | int, ...]
"""The keys that lead to a setting; numbers are places in a list."""

_HEADER = re.compile(r"\s*(?P<open>\[\[?)(?P<keys>(?:[^\]\[\"'#]|\"[^\"]*\"|'[^']*')+)\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<keys>(?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|#[^\n]*|[\[\]{}]|\n", re.DOTALL
)
_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def toml_lines(text: str) -> dict[SettingPath, int]:
    """The line of every key that begins one, of every table's header, and of every text and table in a list."""
    found: dict[SettingPath, int] = {}
    table: SettingPath = ()
    counts: dict[SettingPath, int] = {}
    for number, line, elements in _statements(text):
        if (header := _HEADER.fullmatch(line)) is not None:
            table = _within_lists(_keys(header["keys"]), counts)
            if header["open"] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            _note(found, (), table, number)
        elif (key := _KEY.match(line)) is not None:
            keys = _keys(key["keys"])
            _note(found, table, keys, number)
            found |= {(*table, *keys, place): at for place, at in enumerate(elements)}
    return found


def _note(found: dict[SettingPath, int], table: SettingPath, keys: SettingPath, number: int) -> None:
    for end in range(1, len(keys) + 1):
        found.setdefault((*table, *keys[:end]), number)


def _within_lists(keys: SettingPath, counts: Mapping[SettingPath, int]) -> SettingPath:
    """The keys, with the number of the newest element after each list of tables."""
    place: SettingPath = ()
    for position, key in enumerate(keys, start=1):
        place = (*place, key)
        if position < len(keys) and place in counts:
            place = (*place, counts[place])
    return place


def _statements(text: str) -> Iterator[tuple[int, str, list[int]]]:
    """Each header, and each key with its value: number and text of its first line, and the lines of its list's elements."""
    depth, number, start = 0, 1, 0
    first: tuple[int, str] | None = None
    elements: list[int] = []
    for piece in [*_PIECE.finditer(text), None]:
        here = len(text) if piece is None else piece.start()
        token = "\n" if piece is None else piece[0]
        if "\n" in token and first is None:
            first = number, text[start:here]
        if token in ("[", "{") and (first is not None or not _is_header(text[start:here])):
            elements += [number] if depth == 1 else []
            depth += 1
        elif token in ("]", "}") and depth:
            depth -= 1
        elif token[0] in "\"'" and depth == 1:
            elements.append(number)
        number += token.count("\n")
        if token == "\n" and depth == 0 and first is not None:
            yield *first, elements
            first, elements, start = None, [], here + 1


def _is_header(before: str) -> bool:
    """Whether a bracket with this before it on its line opens a table, and no list."""
    return not before.strip().strip("[")


def _keys(text: str) -> SettingPath:
    """The parts of a dotted key."""
    keys: list[str] = []
    table: Any = load_toml(f"{text.strip()} = 0")
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        keys.append(key)
    return tuple(keys)


def json_lines(text: str) -> dict[SettingPath, int]:
    """The line of every key, and of every element of a list."""
    found: dict[SettingPath, int] = {}
    ends = [match.start() for match in re.finditer("\n", text)]
    waiting: list[tuple[SettingPath, int]] = [((), _after(text, 0))]
    while waiting:
        place, at = waiting.pop()
        if place:
            found[place] = bisect(ends, at) + 1
        waiting += _inside(text, at, place)
    return found


def _inside(text: str, at: int, place: SettingPath) -> Iterator[tuple[SettingPath, int]]:
    """The places of the values in the object or list that begins at `at`, with where they begin."""
    opened, number = text[at : at + 1], 0
    if opened not in ("{", "["):
        return
    at = _after(text, at + 1)
    while text[at] not in "}]":
        key: str | int = number
        if opened == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _after(text, _after(text, at) + 1)
        yield (*place, key), at
        number += 1
        at = _after(text, _DECODER.raw_decode(text, at)[1])
        at = _after(text, at + 1) if text[at] == "," else at


def _after(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def yaml_lines(text: str) -> dict[SettingPath, int]:
    """The line of every key, and of every element of a list. `read_yaml` has taken the text."""
    from ruamel.yaml.nodes import (
        MappingNode,
        ScalarNode,
        SequenceNode,
    )  # most files are TOML, in which every gate looks

    from loadmaster.planning.values.yaml_text import nodes_of

    found: dict[SettingPath, int] = {}
    waiting: list[tuple[SettingPath, Node | None]] = [((), nodes_of(text))]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if not isinstance(key, ScalarNode):
                    continue
                found[(*place, key.value)] = key.start_mark.line + 1
                waiting.append(((*place, key.value), value))
        elif isinstance(node, SequenceNode):
            for number, value in enumerate(node.value):
                found[(*place, number)] = value.start_mark.line + 1
                waiting.append(((*place, number), value))
    return found
