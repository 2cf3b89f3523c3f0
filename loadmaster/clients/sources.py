"""The Rust sources of a tree, read leniently: what is no UTF-8, or is no file after all, is nobody's mistake here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from loadmaster.errors.files import FileUnreadable

_TELLING = (b"include", b"#[path", b"cfg(test", b"cfg(all(test")


def read_sources(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    """Text by path of those files that include others, or that say what is compiled for tests only. Raises `FileUnreadable`."""
    found = {}
    for path in paths:
        place = directory / path
        try:
            content = place.read_bytes() if place.is_file() else b""
        except OSError as error:
            raise FileUnreadable(path, error.strerror or "") from error
        if any(each in content for each in _TELLING):
            found[path] = content.decode("utf-8", errors="replace")
    return found
