"""Receives the body of a publish request: the part before the crate file in memory, the crate file on disk.

However many uploads come at once, each holds no more than one piece of its crate file in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from loadmaster.rehearsal.registry.framing import head_length
from loadmaster.rehearsal.registry.records import Tarball


class Incoming:
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces, self._begun = pieces, bytearray()

    async def head(self) -> bytes:
        """The part before the crate file; less if the body ends earlier or the part is too long."""
        await self._have(4)
        length = head_length(bytes(self._begun[:4]))
        await self._have(length)
        head = bytes(self._begun[:length])
        del self._begun[:length]
        return head

    async def crate_file(self, place: Path, length: int) -> Tarball:
        """Reads the body to its end, and writes the first `length` bytes of the rest to `place`."""
        digest, size = hashlib.sha256(), 0
        piece: bytes | None = bytes(self._begun)
        with place.open("wb") as file:
            while piece is not None:
                kept = piece[: length - size]
                file.write(kept)
                digest.update(kept)
                size += len(kept)
                piece = await anext(self._pieces, None)
        return Tarball(path=place, size=size, sha256=digest.hexdigest())

    async def _have(self, size: int) -> None:
        while len(self._begun) < size:
            piece = await anext(self._pieces, None)
            if piece is None:
                return
            self._begun += piece


@contextlib.contextmanager
def place_beside(directory: Path) -> Iterator[Path]:
    """A file on the disk of `directory`, which can be renamed into it in the block; else it is removed at the end."""
    handle, name = tempfile.mkstemp(dir=directory, prefix=".incoming-")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
