"""The toolchain that a directory pins for rustup: two files, in rustup's own order (`find_override_from_dir_walk`)."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.values.toml_text import parse_toml

FILES = ("rust-toolchain", "rust-toolchain.toml")
"""rustup reads the first one that exists, and warns if both do."""


def pinned_channel(texts: Mapping[str, str]) -> str | None:
    """The channel, such as `1.95.0` or `stable`. None if there is no file, or if it names no channel (a `path`, only components).

    `rust-toolchain` may contain TOML, too: only a file of one line is the channel itself. Raises `NotToml`, `MergeMarkers`.
    """
    name = next((file for file in FILES if file in texts), None)
    if name is None:
        return None
    if name == FILES[0] and len(texts[name].splitlines()) == 1:
        return texts[name].strip() or None
    return _entry(name, texts[name], "channel")


def pinned_path(texts: Mapping[str, str]) -> str | None:
    """The path of a toolchain that rustup would take instead. Raises what `pinned_channel` raises."""
    name = next((file for file in FILES if file in texts), None)
    if name is None or (name == FILES[0] and len(texts[name].splitlines()) == 1):
        return None
    return _entry(name, texts[name], "path")


def _entry(name: str, text: str, key: str) -> str | None:
    table = parse_toml(name, text).get("toolchain")
    value = table.get(key) if isinstance(table, Mapping) else None
    return str(value) if value else None
