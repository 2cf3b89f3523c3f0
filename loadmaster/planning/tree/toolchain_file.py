"""The toolchain that a directory pins for rustup, by its two files and in rustup's own order (`find_override_from_dir_walk`)."""

from __future__ import annotations

from collections.abc import Mapping

from loadmaster.planning.values.toml_text import parse_toml

FILES = ("rust-toolchain", "rust-toolchain.toml")
"""rustup takes the first that is there; with both it warns."""


def pinned_channel(texts: Mapping[str, str]) -> str | None:
    """The channel, such as `1.95.0` or `stable`; None where none is named (a `path`, components alone) or no file is there.

    `rust-toolchain` may hold TOML, too: it is a channel by itself only where it has one line. Raises `NotToml`, `MergeMarkers`.
    """
    name = next((file for file in FILES if file in texts), None)
    if name is None:
        return None
    if name == FILES[0] and len(texts[name].splitlines()) == 1:
        return texts[name].strip() or None
    table = parse_toml(name, texts[name]).get("toolchain")
    channel = table.get("channel") if isinstance(table, Mapping) else None
    return str(channel) if channel else None
