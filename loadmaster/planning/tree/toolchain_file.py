"""The toolchain that rustup is told to use by files: two names, looked for in a directory and then above it, in rustup's own
order (`find_override_from_dir_walk`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from loadmaster.planning.values.toml_text import parse_toml

FILES = ("rust-toolchain", "rust-toolchain.toml")
"""rustup reads the first one that exists, and warns if both do."""


def candidates(folder: str) -> Iterator[str]:
    """Paths of the files that rustup looks for when it runs in `folder` of a repository, the nearest first."""
    while True:
        yield from (posixpath.join(folder, name) for name in FILES)
        if not folder:
            return
        folder = posixpath.dirname(folder)


def pinned_channel(texts: Mapping[str, str], folder: str = "") -> str | None:
    """The channel for `folder`, such as `1.95.0` or `stable`; `texts` are the candidates that exist, by path.

    None if there is no file, or if the nearest names no channel (a `path`, only components). `rust-toolchain` may contain TOML,
    too: only a file of one line is the channel itself. Raises `NotToml`, `MergeMarkers`.
    """
    path = _nearest(texts, folder)
    if path is None:
        return None
    if _is_one_word(path, texts[path]):
        return texts[path].strip() or None
    return _entry(path, texts[path], "channel")


def pinned_path(texts: Mapping[str, str], folder: str = "") -> str | None:
    """The path of a toolchain that rustup would take instead. Raises what `pinned_channel` raises."""
    path = _nearest(texts, folder)
    if path is None or _is_one_word(path, texts[path]):
        return None
    return _entry(path, texts[path], "path")


def _nearest(texts: Mapping[str, str], folder: str) -> str | None:
    return next((path for path in candidates(folder) if path in texts), None)


def _is_one_word(path: str, text: str) -> bool:
    return posixpath.basename(path) == FILES[0] and len(text.splitlines()) == 1


def _entry(path: str, text: str, key: str) -> str | None:
    table = parse_toml(path, text).get("toolchain")
    value = table.get(key) if isinstance(table, Mapping) else None
    return str(value) if value else None
