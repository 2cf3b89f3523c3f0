"""What a stranger may send instead of a sound file: bytes of any kind, sound ones with something spliced in, wrong types."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import tomlkit
from hypothesis import strategies as st

NASTY = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\u0000",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b'"',
    b"'",
    b"[" * 3000,
    b"{" * 3000,
    b'{"a":' * 3000,
    b"9" * 5000,
    b"1e999",
    b"-1",
    b"NaN",
    b"..",
    b"../../etc/passwd",
    b"\xe2\x80\xae",
    b"&a [*a]",
    b"<<: *a",
    b"9999-12-31T23:59:59Z",
    b" " * 5000,
    b"a" * 5000,
    b"#" * 3000,
    b"[[a]]\n",
    b"a.b = 1\n",
    b"<!doctype html>",
)
VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1e308, "", "\0", "\ud7ff", "é", "9999-12-31T23:59:59Z", "a" * 3000, "../..", "1.0.0"),
    *([], {}, [None], {"": None}, [[[]]], {"a": {"a": {}}}, ["x"], [{"x": 1}]),
)


@st.composite
def spliced(draw: st.DrawFn, seed: bytes) -> bytes:
    """The seed with up to four pieces cut out, doubled, or replaced."""
    content = seed
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        to = min(len(content), at + draw(st.integers(0, 40)))
        put = draw(st.one_of(st.sampled_from(NASTY), st.just(content[at:to] * 2), st.just(b""), st.binary(max_size=8)))
        content = content[:at] + put + content[to:]
    return content


@st.composite
def confused(draw: st.DrawFn, document: Any) -> Any:
    """The document with up to three of its values replaced by values of any type, or left out."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        place, changed = [changed], changed
        parent: Any = place
        key: Any = 0
        for _ in range(draw(st.integers(0, 6))):
            inner = parent[key]
            if not isinstance(inner, dict | list) or not inner:
                break
            parent = inner
            key = draw(st.sampled_from(sorted(inner, key=str) if isinstance(inner, dict) else range(len(inner))))
        if draw(st.booleans()) and isinstance(parent, dict):
            del parent[key]
        else:
            parent[key] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        changed = place[0] if parent is place else changed
    return changed


def hostile(seed: bytes) -> st.SearchStrategy[bytes]:
    """Bytes for a reader that accepts `seed`. What kind of file it is decides what is confused in it."""
    ways = [st.binary(max_size=200), st.sampled_from(NASTY), spliced(seed), spliced(seed)]
    if (document := _as_json(seed)) is not None:
        ways += [confused(document).map(lambda each: json.dumps(each).encode())] * 3
    elif (table := _as_toml(seed)) is not None:
        ways += [confused(table).map(_toml)] * 2
    elif seed.startswith(b"\x1f\x8b"):
        ways += [spliced(gzip.decompress(seed)).map(gzip.compress)] * 3
    return st.one_of(ways)


def _as_json(seed: bytes) -> Any:
    try:
        return json.loads(seed)
    except ValueError:
        return None


def _as_toml(seed: bytes) -> Any:
    try:
        return tomlkit.parse(seed.decode()).unwrap()
    except ValueError:
        return None


def _toml(document: Any) -> bytes:
    try:
        return tomlkit.dumps(document).encode()
    except (ValueError, TypeError, AttributeError):  # TOML has no null, and its document is a table
        return f"a = [{json.dumps(document)}]".encode()
