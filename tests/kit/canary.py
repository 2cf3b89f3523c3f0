"""Looks for a planted token wherever a release leaves something: in files as raw bytes, and in an exception's every text.

Knows how a token may be spelled, by its own reckoning and not by the redactor's. It reads files as they lie there, so that
neither a server nor a library can leave something out.
"""

from __future__ import annotations

import base64
import mmap
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

COMMON = 4
"""Characters at either end of a base64 text that a neighbour may have a part in."""


def spellings(canary: str) -> dict[str, bytes]:
    """How it may be written, by name."""
    found = {"plain": canary, "URL-encoded": quote(canary, safe="")}
    for before in range(3):
        padded = b"." * before + canary.encode()
        padded += b"." * (-len(padded) % 3)
        found[f"base64 after {before}"] = base64.b64encode(padded).decode()[COMMON:-COMMON]
    return {name: text.encode() for name, text in found.items()}


def in_files(canary: str, places: Iterable[Path]) -> list[str]:
    """`FILE: SPELLING` for every find."""
    wanted = spellings(canary)
    return [
        f"{file}: {name}"
        for place in places
        for file in _files(place)
        for name, text in wanted.items()
        if _contains(file, text)
    ]


def in_error(canary: str, error: BaseException | None) -> list[str]:
    """The spellings in an exception, in what caused it, in their attributes and in the traceback that a log would show."""
    if error is None:
        return []
    told = "".join(traceback.format_exception(error))
    chain: BaseException | None = error
    while chain is not None:
        told += f"{chain!r} {chain} {vars(chain)}"
        chain = chain.__cause__ or chain.__context__
    return [name for name, text in spellings(canary).items() if text in told.encode()]


def _files(place: Path) -> Iterator[Path]:
    found = place.rglob("*") if place.is_dir() else place.parent.glob(f"{place.name}*")
    return (each for each in found if each.is_file())


def _contains(file: Path, text: bytes) -> bool:
    try:
        if file.stat().st_size == 0:
            return False
    except FileNotFoundError:  # a server removes the journals of its databases when it ends
        return False
    with file.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(text) >= 0
