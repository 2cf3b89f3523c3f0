"""Reads the Rust sources of a tree leniently: text that is not UTF-8, or a path that is no file, is no error here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from loadmaster.errors.files import FileUnreadable

_MARKS = (b"include", b"#[path", b"cfg(test", b"cfg(all(test")


def read_sources(directory: Path, paths: Iterable[str]) -> dict[str, str]:
    """Text by path of the files that include others, or that compile something for tests only. Raises `FileUnreadable`."""
    texts = {}
    for path in paths:
        place = directory / path
        try:
            content = place.read_bytes() if place.is_file() else b""
        except OSError as error:
            raise FileUnreadable(path, error.strerror or "") from error
        if any(mark in content for mark in _MARKS):
            texts[path] = content.decode("utf-8", errors="replace")
    return texts
